"""The public ledger: its newest entries, look-ups, and one entry with all that a browser needs to check it."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _t

from frontend import checks, kinds, lookups, menus
from frontend.forms.ledger import ExplorerForm
from frontend.views import health as health_page
from market import access
from market.kernel import canonical_json
from market.kernel.errors import Invalid
from market.participants.members import Member
from provenance import anchors, browsing, evidence, queries
from provenance.erasures import Erased
from provenance.evidence import Evidence
from provenance.queries import EntryRow

PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the explorer."""

    entry: EntryRow
    what: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entry: public, opened for this reader, or closed."""

    name: str
    value: str = ""  # as people read it
    url: str = ""
    commitment: str = ""
    exact: str = ""  # canonical JSON, what the commitment is over
    salt: str = ""
    erased: Erased | None = None


@access.allow(access.PUBLIC, ceiling="look_up")
def explorer(request: HttpRequest) -> HttpResponse:
    """Newest entries, one kind if asked, from an index on; how the log is doing; a look-up."""
    asked = request.GET.get("q", "")
    answer, problem = None, None
    if asked:
        try:
            answer = lookups.find(asked, getattr(request, "member", None) or None)
        except Invalid as error:
            problem = error
        else:
            if answer.entry is not None and answer.entry.index is not None:
                return redirect("frontend:entry", answer.entry.index)
            if answer.certificate_id is not None:
                return redirect("frontend:certificate", answer.certificate_id)
            if answer.trade_id is not None:
                return redirect("frontend:trade", answer.trade_id)
    member: Member | None = getattr(request, "member", None) or None
    chosen = ExplorerForm(request.GET or None)
    before = _index(request.GET.get("before", ""))
    wanted, subject = chosen.filter(), chosen.subject() if member else None
    if subject is not None:
        rows = browsing.about(subject, member, wanted, before=before, limit=PAGE + 1)
    else:
        rows = browsing.entries(wanted, before=before, limit=PAGE + 1)
    lines = [Line(row, kinds.words(row.kind)) for row in rows[:PAGE]]
    health = queries.health()
    context = {
        "asked": asked,
        "answer": answer,
        "problem": problem,
        "chosen": chosen,
        "is_filtered": subject is not None or not wanted.is_none,
        "has_subject": member is not None,
        "lines": lines,
        "pages": _pages(lines, chosen.query(), before, has_more=len(rows) > PAGE, size=health.size),
        "health": health,
        "alarm": health_page.alarm(health),
        **checks.checkpoint(),
    }
    return render(request, "frontend/ledger/explorer.html", context, status=422 if problem or chosen.errors else 200)


@access.allow(access.PUBLIC, ceiling="look_up")
def entry(request: HttpRequest, index: int) -> HttpResponse:
    """One entry: what happened, what of it is public, and the proof, computed in the reader's browser."""
    if index > lookups.INDEX_MAX:
        raise Http404
    member: Member | None = getattr(request, "member", None) or None
    published = checks.published()
    found = evidence.at(index, reader=member, published=published)
    if found is None:
        raise Http404
    content = found.content
    context = {
        "entry": found.row,
        "number": index + 1,
        "sentence": kinds.sentence(found.row.kind, content["public"]),
        "what": kinds.words(found.row.kind),
        "schema": content["schema"],
        "public": [_public(name, value) for name, value in sorted(content["public"].items())],
        "committed": [_committed(name, digest, found) for name, digest in sorted(content["commitments"].items())],
        "opened": bool(found.openings),
        "previous": index - 1 if index else None,
        "following": index + 1 if found.row.index is not None and queries.health().size > index + 1 else None,
        "checked": checks.entry(found),
        "anchor": anchors.covering(index),
        "path_lines": "\n".join(found.path),
        **checks.checkpoint(published),
    }
    return render(request, "frontend/ledger/entry.html", context)


def _public(name: str, value: Any) -> Field:
    url = f"{reverse('frontend:verify')}?{urlencode({'q': value})}" if name == "file_sha256" else ""
    return Field(name=name, value=str(value), url=url)


def _committed(name: str, commitment: str, found: Evidence) -> Field:
    opening = found.openings.get(name)
    if opening is None:
        return Field(name=name, commitment=commitment, erased=found.erased.get(name))
    value = opening["value"]
    exact = canonical_json.dumps(value).decode()
    is_trade = name == "thread" and found.row.kind.partition(".")[0] in {"agreement", "period", "trade"}
    return Field(
        name=name,
        value=value if isinstance(value, str) else exact,
        url=menus.address("frontend:trade", str(value).removeprefix("urn:uuid:")) if is_trade else "",
        commitment=commitment,
        exact=exact,
        salt=opening["salt"],
    )


def _index(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _pages(lines: list[Line], kept: dict[str, str], before: int | None, *, has_more: bool, size: int) -> dict[str, str]:
    """Words and addresses of the pager; newer pages of a filter begin at the newest again."""
    indices = [line.entry.index for line in lines if line.entry.index is not None]
    if not indices:
        return {"text": "", "previous_url": "", "next_url": ""}
    first, last = indices[0], indices[-1]
    previous: dict[str, str | int] | None = None
    if before is not None and first + 1 < size:
        newer = first + 1 + PAGE
        previous = {} if kept or newer >= size else {"before": newer}
    following: dict[str, str | int] | None = {"before": last} if has_more else None
    if kept:
        return {"text": "", "previous_url": _address(previous, kept), "next_url": _address(following, kept)}
    text = _t("Entries %(first)s to %(last)s of %(size)s") % {
        "first": f"{last + 1:,}", "last": f"{first + 1:,}", "size": f"{size:,}",
    }  # fmt: skip
    return {"text": text, "previous_url": _address(previous, kept), "next_url": _address(following, kept)}


def _address(query: dict[str, str | int] | None, kept: dict[str, str]) -> str:
    if query is None:
        return ""
    return "?" + urlencode(query | kept)
