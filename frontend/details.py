"""How the public page of a version is written: facts, tabs, plans, measures, versions, each formatted to print."""

from functools import partial
from typing import Any
from urllib.parse import quote

from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _t

from frontend import formats, listings, origins, statheads
from listings import detail, oversight, quality
from listings.detail import Detail, PublicOffer
from listings.models import PreviewAudience
from listings.states import VersionState
from market import licences, places
from market.holds import Hold, Scope
from market.participants.members import Member


def context(found: Detail, member: Member | None) -> dict[str, Any]:
    """What frontend/listing/show.html prints."""
    version, language = found.version, get_language()
    is_chinese = formats.is_chinese(language)
    shown = statheads.of(found)
    title = version.title if is_chinese else version.title_en or version.title
    return {
        "found": found,
        "version": version,
        "title": title,
        "abstract": version.abstract if is_chinese else version.abstract_en or version.abstract,
        "crumbs": _crumbs(found, title),
        "supplier": version.product.supplier,
        "trades": listings.trades(found.trade_count),
        "facts": _facts(found, language),
        "tabs": _tabs(found, len(shown.fields)),
        "heads": shown.heads,
        "rows": shown.rows,
        "fields": shown.fields,
        "columns_pager": _columns_pager(found),
        "preview_note": _preview_note(found),
        "no_preview": _no_preview(found),
        "plans": [_plan(offer, language, is_first=at == 0) for at, offer in enumerate(found.offers)],
        "measures": _measures(found),
        "measured_on": version.resource.ready_at,
        "versions": [_version_line(line, found) for line in found.versions],
        "steps": origins.steps(found),
        "is_listed": version.state == VersionState.LISTED,
        "notice": _notice(found),
        "holds": [_hold(each) for each in found.holds],
        "is_own": member is not None and member.organisation_id == version.product.supplier_id,
        "may_trade": member is None or not member.is_seat,
        "may_oversee": member is not None and member.has(*oversight.READERS),
    }


def _crumbs(found: Detail, title: str) -> list[dict[str, str]]:
    sector = found.version.sector
    catalogue = reverse("frontend:catalogue")
    return [
        {"label": _t("Data products"), "url": catalogue},
        {"label": listings.capital(places.sector(sector)), "url": f"{catalogue}?sector={quote(sector)}"},
        {"label": title, "url": ""},
    ]


def _facts(found: Detail, language: str | None) -> list[dict[str, Any]]:
    version, resource = found.version, found.version.resource
    day = partial(formats.day, language=language)
    if version.time_from and version.time_to:
        span = formats.days(version.time_from, version.time_to, language=language)
    elif version.time_to:
        span = _t("until %(time)s") % {"time": day(version.time_to)}
    elif version.time_from:
        span = _t("from %(time)s on") % {"time": day(version.time_from)}
    else:
        span = _t("not stated")
    score = quality.overall(found.measures)
    return [
        {"label": _t("Data of"), "value": span, "basis": listings.capital(listings.renewal(version.frequency))},
        {
            "label": _t("Size"),
            "value": listings.dimensions(resource.row_count, resource.column_count, resource.file_bytes),
            "basis": formats.size(resource.file_bytes),
        },
        {
            "label": _t("Area"),
            "value": version.region or places.district(version.district),
            "basis": _t("supplier in %(district)s") % {"district": places.district(version.district)},
        },
        {"label": _t("Form"), "value": listings.format_name(found.format), "basis": _t("one file, whole")},
        {
            "label": _t("Quality"),
            "value": f"{score} / 100" if score is not None else _t("not measured"),
            "basis": _measured(found, language),
        },
        {
            "label": _t("Licence"),
            "value": listings.capital(listings.licence(found.licences)) if found.offers else _t("no open offer"),
            "basis": _t("each plan has its own terms") if len(found.offers) > 1 else _t("market standard clauses"),
        },
        {
            "label": _t("Version"),
            "value": listings.capital(_t("version %(n)s") % {"n": version.n}),
            "basis": _t("listed %(day)s") % {"day": formats.when(version.listed_at, language=language, form="date")}
            if version.listed_at
            else "",
        },
        {"label": _t("Fingerprint"), "hash": resource.file_sha256, "basis": "SHA-256"},
    ]


def _measured(found: Detail, language: str | None) -> str:
    ready = found.version.resource.ready_at
    if not found.measures or ready is None:
        return _t("not a table")
    day = formats.when(ready, language=language, form="date")
    count = len(found.measures)
    return ngettext("measured %(day)s, %(count)d dimension", "measured %(day)s, %(count)d dimensions", count) % {
        "day": day,
        "count": count,
    }


def _tabs(found: Detail, fields: int) -> list[dict[str, Any]]:
    tabs = [
        ("#main", _t("Overview"), None, True),
        ("#preview", _t("Preview"), None, False),
        ("#licence", _t("Licence"), None, True),
        ("#quality", _t("Quality"), None, bool(found.measures)),
        ("#fields", _t("Fields"), found.version.resource.column_count or fields, bool(fields)),
        ("#versions", _t("Versions"), len(found.versions), bool(found.versions)),
        ("#provenance", _t("Provenance"), None, True),
    ]
    return [
        {"url": url, "label": label, "count": count, "is_current": url == "#main"}
        for url, label, count, is_shown in tabs
        if is_shown or url == "#preview"
    ]


def _columns_pager(found: Detail) -> dict[str, str] | None:
    total = found.version.resource.column_count or 0
    if total <= detail.COLUMNS_WHOLE_MAX or not found.columns:
        return None
    last = found.first_column + len(found.columns)
    number = found.first_column // detail.COLUMNS_A_PAGE + 1
    return {
        "text": _t("columns %(first)s–%(last)s of %(total)s")
        % {"first": f"{found.first_column + 1:,}", "last": f"{last:,}", "total": f"{total:,}"},
        "previous_url": f"?columns={number - 1}#preview" if number > 1 else "",
        "next_url": f"?columns={number + 1}#preview" if last < total else "",
    }


def _preview_note(found: Detail) -> str:
    shown, total = len(found.rows), found.version.resource.row_count or 0
    return _t("first %(shown)s of %(total)s rows, identifiers masked; the heads speak for all rows") % {
        "shown": shown, "total": f"{total:,}",
    }  # fmt: skip


def _no_preview(found: Detail) -> str:
    """Why there is none; empty where there is one."""
    version = found.version
    if not found.may_preview:
        if version.preview == PreviewAudience.ADMITTED:
            return _t("The supplier shows preview and statistics to admitted organisations only.")
        return _t("The supplier shows no preview and no statistics.")
    if not version.resource.is_table:
        return _t("This form is kept and delivered byte for byte; the market cannot show its content.")
    return "" if found.rows else _t("The file holds no rows.")


def _plan(offer: PublicOffer, language: str | None, *, is_first: bool) -> dict[str, Any]:
    notes = [_t("for this organisation only")] if offer.is_for_reader_only else []
    notes.append(_t("price can be talked about") if offer.is_negotiable and offer.price_minor else _t("fixed price"))
    return {
        "id": str(offer.id),
        "name": offer.name,
        "minor": offer.price_minor,
        "currency": offer.currency,
        "price": formats.money(offer.price_minor, offer.currency, language=language),
        "note": _t(", ").join(notes),
        "words": licences.sentences(offer.words),
        "acceptance_days": offer.acceptance_days,
        "is_first": is_first,
    }


def _measures(found: Detail) -> list[dict[str, Any]]:
    said = {
        "completeness": (_t("Completeness"), _t("%(bad)s of %(all)s cells are empty or say “nothing” (NA, NaN)")),
        "uniqueness": (_t("Uniqueness"), _t("%(bad)s of %(all)s rows repeat an earlier row exactly")),
        "validity": (_t("Validity"), _t("%(bad)s of %(all)s filled cells do not fit the type of their column")),
    }
    return [
        {
            "name": said[each.dimension][0],
            "score": f"{each.score / 10:.1f}",
            "value": each.score,
            "found": said[each.dimension][1] % {"bad": f"{each.bad:,}", "all": f"{each.all:,}"},
        }
        for each in found.measures
    ]


def _version_line(line: detail.VersionLine, found: Detail) -> dict[str, Any]:
    return {
        "n": line.n,
        "url": "" if line.id == found.version.id else listings.url_of(line.id),
        "state": line.state,
        "listed_at": line.listed_at,
        "size": listings.dimensions(line.row_count, line.column_count, 0) if line.row_count is not None else "",
        "hash": line.file_sha256,
        "changes": _changes(line.change),
    }


def _changes(change: detail.Change | None) -> list[str]:
    if change is None:
        return [_t("first version")]
    said = []
    if change.rows_before is not None and change.rows_after is not None:
        said.append(
            _t("rows %(before)s → %(after)s") % {"before": f"{change.rows_before:,}", "after": f"{change.rows_after:,}"}
        )
    for names, pattern in ((change.added, _t("new: %(names)s")), (change.removed, _t("gone: %(names)s"))):
        if names:
            listed = _t(", ").join(names[:5]) + ("…" if len(names) > 5 else "")
            said.append(pattern % {"names": listed})
    if not change.added and not change.removed:
        said.append(_t("same fields"))
    return said


def _hold(hold: Hold) -> dict[str, Any]:
    return {
        "scope": Scope(hold.scope).label,
        "reason": hold.reason,
        "legal_basis": hold.legal_basis,
        "placed_at": hold.placed_at,
    }


def _notice(found: Detail) -> dict[str, str] | None:
    """What stands in the way of buying, said first."""
    version = found.version
    if version.state == VersionState.DELISTED:
        if found.successor:
            text = _t("This version was replaced by version %(n)s.") % {"n": found.successor.n}
            return {"text": text, "url": listings.url_of(found.successor.id), "go": _t("See the listed version")}
        return {"text": _t("This product is not listed any more."), "why": version.review_reason}
    if version.state == VersionState.PUBLICITY and version.publicity_until:
        until = formats.when(version.publicity_until, language=get_language())
        return {"text": _t("In public notice until %(time)s; it can be bought after that.") % {"time": until}}
    if version.state in (VersionState.WITHDRAWN, VersionState.REJECTED, VersionState.RETURNED):
        return {"text": _t("This version was taken back after its public notice and is not for sale.")}
    return None
