"""The tags of the pages: states, money, times, proofs, hashes, icons, charts. Load with `{% load market_ui %}`."""

from datetime import UTC, date, datetime
from typing import Protocol

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from frontend import badges, charts, formats, icons, menus
from market import licences, places
from market.kernel import clock

register = template.Library()


class Entry(Protocol):
    """What a proof chip needs of an entry: its place (none while it waits) and whether a checkpoint covers it."""

    @property
    def index(self) -> int | None: ...
    @property
    def is_signed(self) -> bool: ...


@register.simple_tag
def icon(name: str, tone: str = "") -> SafeString:
    """`{% icon "check" "success" %}`: a drawn icon; put a word beside it."""
    return icons.draw(name, tone)


@register.simple_tag
def state_badge(kind: str, state: str) -> SafeString:
    """`{% state_badge "trade" trade.state %}`: icon and word of a state. LookupError if frontend/badges.py lacks it."""
    badge = badges.badge(kind, state)
    classes = f"status {badge.tone}" if badge.tone else "status"
    return format_html('<span class="{}">{}{}</span>', classes, icons.draw(badge.icon), badge.word)


@register.simple_tag
def money(minor: int, currency: str = "CNY", form: formats.MoneyForm = "exact", per: str = "") -> SafeString:
    """`{% money offer.price_minor "CNY" per=_("1,000 rows") %}`; form: exact, short (万元), balance (¥0.00)."""
    amount = formats.money(minor, currency, language=get_language(), form=form)
    if per and minor:
        return format_html('<span class="money">{} <span class="unit">/ {}</span></span>', amount, per)
    return format_html('<span class="money">{}</span>', amount)


@register.simple_tag
def change(count: int, unit: str = "") -> SafeString:
    """`{% change 5 _("trades") %}`: ▲ or ▼ with its sign; a rise is red in Chinese, green in English."""
    if count == 0:
        return format_html('<span class="nowrap">{}</span>', f"±0 {unit}".rstrip())
    name, sign = ("up", "+") if count > 0 else ("down", "−")
    classes = "rise" if count > 0 else "fall"
    return format_html(
        '<span class="{}">{} {}</span>', classes, icons.draw(name), f"{sign}{abs(count):,} {unit}".rstrip()
    )


@register.simple_tag
def when(value: date | datetime, form: formats.TimeForm = "full") -> SafeString:
    """`{% when event.at %}`: `<time>` in Shanghai time; form: full, short (no year), date."""
    text = formats.when(value, language=get_language(), form=form)
    return format_html('<time datetime="{}">{}</time>', _machine_time(value), text)


@register.simple_tag
def deadline(value: datetime) -> SafeString:
    """`{% deadline period.due_at %}`: time left and the moment, or by how much it is over."""
    left = value - clock.now()
    if left.total_seconds() < 0:
        overdue = gettext("%(span)s overdue") % {"span": formats.span(left)}
        return format_html('<span class="overdue">{}</span>', overdue)
    text = gettext("%(span)s left") % {"span": formats.span(left)}
    until = gettext("until %(time)s") % {"time": "{}"}
    return format_html("<span>{}{}" + until + "</span>", text, gettext(", "), when(value, "short"))


@register.filter
def time_left(value: datetime) -> str:
    """`{{ period.due_at|time_left }}`: only the words, for the large line of a turn box."""
    left = value - clock.now()
    pattern = gettext("%(span)s overdue") if left.total_seconds() < 0 else gettext("%(span)s left")
    return pattern % {"span": formats.span(left)}


@register.simple_tag
def proof(entry: Entry | None = None, state: str = "logged", url: str = "") -> SafeString:
    """`{% proof row %}`: the chip that stands right after the fact it proves.

    state: `checked` only where this page checked the proof, `failed` where it did not hold. Without an entry, or
    while no checkpoint covers it: not on the ledger yet. People count entries from 1, the log from 0.
    """
    if entry is None or entry.index is None or not entry.is_signed:
        return format_html(
            '<span class="proof pending">{}{}</span>', icons.draw("clock"), gettext("not on the ledger yet")
        )
    mark = f"#{entry.index + 1:,}"
    url = url or menus.address("frontend:entry", entry.index)
    if state == "failed":
        return _chip("proof failed", url, icons.draw("cross"), f"{mark} {gettext('check failed')}", "")
    if state == "checked":
        return _chip("proof", url, icons.draw("check", "success"), mark, gettext("proof checked here"))
    if state == "logged":
        return _chip("proof", url, icons.draw("open"), mark, gettext("on the ledger, not checked here"))
    raise ValueError(f"a proof is logged, checked or failed, not {state!r}")


def _chip(classes: str, url: str, drawn: SafeString, text: str, unseen: str) -> SafeString:
    note = format_html('<span class="unseen">{}</span>', f" {unseen}") if unseen else ""
    if url:
        return format_html('<a class="{}" href="{}">{}{}{}</a>', classes, url, drawn, text, note)
    return format_html('<span class="{}">{}{}{}</span>', classes, drawn, text, note)


@register.simple_tag
def short_hash(value: str, ends: int = 8) -> SafeString:
    """`{% short_hash version.sha256 %}`: first and last 8 characters (4 in narrow tables), in full by title."""
    return format_html('<code class="hash" title="{}">{}</code>', value, formats.short_hash(value, ends))


@register.simple_tag
def size(count: int) -> SafeString:
    """`{% size file.bytes %}`: 80.5 kB, never broken."""
    return format_html('<span class="nowrap">{}</span>', formats.size(count))


@register.filter
def district(code: str) -> str:
    """`{{ file.district|district }}`: the division by its name, with its code."""
    name = places.district(code)
    return name if name == code else f"{name} {code}"


@register.filter
def sector(code: str) -> str:
    """`{{ file.sector|sector }}`: in the reader's language."""
    return places.sector(code)


@register.filter
def purpose(text: str) -> str:
    """`{{ use.purpose|purpose }}`: in words where the market has some; a dash for none."""
    return licences.purpose(text) if text else "—"


@register.simple_tag
def number(count: int) -> str:
    """`{% number n %}`: 18,216."""
    return f"{count:,}"


@register.simple_tag
def meter(value: float, maximum: float = 100, tone: str = "") -> SafeString:
    """`{% meter 87 100 %}`: the bar beside a number; tone: near, over. It repeats the number, so readers skip it."""
    return charts.meter(value, maximum, tone=tone)


@register.simple_tag
def attributes(pairs: dict[str, str]) -> SafeString:
    """`<form {% attributes action.attributes %}>`: a mapping as HTML attributes, escaped."""
    return format_html_join(" ", '{}="{}"', sorted(pairs.items()))


def _machine_time(value: date | datetime) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return value.isoformat()
