"""How money, times, sizes and hashes are written, in Chinese and in English.

The only place for these rules; templates reach them through the tags of `market_ui`, queries directly.
"""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext, ngettext

from market.kernel import money as amounts

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WAN: Final = 10_000
YI: Final = 100_000_000

MoneyForm = Literal["exact", "short", "balance"]
TimeForm = Literal["full", "short", "date"]


def is_chinese(language: str | None) -> bool:
    """Whether pages in this language follow Chinese habits (万元, 2026-11-23)."""
    return (language or "").lower().startswith("zh")


def money(minor: int, currency: str, *, language: str | None, form: MoneyForm = "exact") -> str:
    """An amount as people read it.

    minor: integer minor units (分). form: `exact` writes Free for zero, `balance` writes ¥0.00,
    `short` writes 1.23 万元 or 4.50 亿元 in Chinese from 10,000 yuan on.
    """
    if minor == 0 and form != "balance":
        return gettext("Free")
    if form == "short" and currency == "CNY" and is_chinese(language) and abs(minor) >= WAN * 100:
        return ("−" if minor < 0 else "") + _myriads(abs(minor))
    return amounts.text(minor, currency).replace("-", "−", 1)


def _myriads(fen: int) -> str:
    """At least 10,000 yuan in 万元, from 100,000,000 in 亿元, two decimals, half up on integers."""
    hundredths = (fen * 2 + WAN) // (2 * WAN)
    if hundredths < WAN * 100:
        return f"{hundredths // 100:,}.{hundredths % 100:02d} 万元"
    hundredths = (fen * 2 + YI) // (2 * YI)
    return f"{hundredths // 100:,}.{hundredths % 100:02d} 亿元"


@cache
def market_zone() -> ZoneInfo:
    """The zone in which pages tell times."""
    return ZoneInfo(settings.MARKET_TIME_ZONE)


def day(value: date, *, language: str | None) -> str:
    """A calendar day: 2026-11-23 or 23 Nov 2026."""
    if is_chinese(language):
        return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def when(value: date | datetime, *, language: str | None, form: TimeForm = "full") -> str:
    """A moment in Shanghai time: 2026-11-23 10:14 or 23 Nov 2026, 10:14; a plain date stays a date.

    form: `short` leaves the year out, `date` the time of day. Raises ValueError for a time without zone.
    """
    if not isinstance(value, datetime):
        return day(value, language=language)
    if value.tzinfo is None:
        raise ValueError("a time on a page needs its zone")
    local = value.astimezone(market_zone())
    if form == "date":
        return day(local, language=language)
    clock = f"{local.hour:02d}:{local.minute:02d}"
    if form == "short":
        if is_chinese(language):
            return f"{local.month:02d}-{local.day:02d} {clock}"
        return f"{local.day} {MONTHS[local.month - 1]}, {clock}"
    if is_chinese(language):
        return f"{day(local, language=language)} {clock}"
    return f"{day(local, language=language)}, {clock}"


def span(length: timedelta) -> str:
    """A length of time in its two largest units, rounded down: 2 days 23 hours, 13 h 12 min, under a minute."""
    minutes_all = int(abs(length).total_seconds()) // 60
    days, minutes = divmod(minutes_all, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    parts = [
        (days, ngettext("%(count)d day", "%(count)d days", days)),
        (hours, ngettext("%(count)d hour", "%(count)d hours", hours)),
        (minutes, ngettext("%(count)d minute", "%(count)d minutes", minutes)),
    ]
    first = next((index for index, (count, _) in enumerate(parts) if count), None)
    if first is None:
        return gettext("less than a minute")
    return " ".join(text % {"count": count} for count, text in parts[first : first + 2] if count)


def size(count: int) -> str:
    """Bytes in decimal units with three figures: 512 B, 80.5 kB, 343 kB, 1.2 GB."""
    if count < 1_000:
        return f"{count} B"
    value = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1_000
        if value < 999.5 or unit == "TB":  # 999.5 would print as 1000
            break
    text = f"{value:.0f}" if value >= 99.95 else f"{value:.1f}".removesuffix(".0")
    return f"{text} {unit}"


def short_hash(value: str, ends: int = 8) -> str:
    """The first and last `ends` characters of a hash; a hash no longer than both is left whole."""
    if len(value) <= 2 * ends:
        return value
    return f"{value[:ends]}…{value[-ends:]}"
