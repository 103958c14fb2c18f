"""The journal: who looked at whose files and why, refused attempts too; who stopped and decided what."""

import csv
import io
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from frontend import formats, kinds, subjects
from frontend.forms.supervision import JournalFilterForm
from market import access
from market.kernel import ids, spreadsheets
from market.participants.members import Member
from market.requests import MemberRequest
from supervision import journal
from supervision import subjects as things
from supervision.journal import Entry

GROUPS: Final = {"looks": journal.LOOKS, "measures": journal.MEASURES, "decisions": journal.DECISIONS}
ROWS: Final = 50
EXPORTED_MAX: Final = 1_000


@require_safe
@access.allow(access.MEMBER)
def listing(request: MemberRequest) -> HttpResponse:
    """The acts that this reader may see, newest first: a seat within its reach, a party those about its own files."""
    asked = request.GET.copy()
    asked.setdefault("kind", "looks")  # chosen from the form, an empty kind means all acts
    form = JournalFilterForm(asked)
    before = _moment(request)
    found: list[Entry] = []
    is_export = request.GET.get("format") == "csv"
    if form.is_valid():
        said = form.cleaned_data
        until = form.until()
        found = journal.entries(
            request.member,
            kinds=GROUPS.get(said["kind"], journal.ACTS),
            who=said["who"],
            since=form.since(),
            before=min((each for each in (before, until) if each), default=None),
            limit=EXPORTED_MAX if is_export else ROWS + 1,
        )
        if is_export:
            return _export(found, request.member)
    rows = found[:ROWS]
    context = {
        "form": form,
        "rows": _lines(rows, request.member),
        "older_url": _address(request, page=rows[-1].at.isoformat()) if len(found) > ROWS else "",
        "newest_url": _address(request) if before else "",
        "export_url": _address(request, format="csv") if rows else "",
        "pager_text": _span(rows),
        "is_seat": request.member.is_seat,
    }
    return render(request, "frontend/desk/journal.html", context, status=422 if form.errors else 200)


def _lines(rows: list[Entry], reader: Member) -> list[dict[str, Any]]:
    """Each act in words, with the names of what it was about, in one question for all."""
    about = [_about(row) for row in rows]
    named = things.named(about)
    return [
        {
            "entry": row,
            "what": kinds.words(row.kind),
            "is_refused": row.kind == "party.look_refused",
            "about": subjects.write(named.get(subject), subject, reader=reader),
            "reason": str(row.values.get("reason", "")),
            "case": str(row.values.get("case", "")),
            "basis": str(row.values.get("legal_basis", "")),
        }
        for row, subject in zip(rows, about, strict=True)
    ]


def _about(row: Entry) -> Any:
    """What an act was about: of an order the thing it stops, which is its thread."""
    return ids.from_urn(row.thread if row.kind.startswith("order.") and row.thread else row.subject)


def _export(rows: list[Entry], reader: Member) -> HttpResponse:
    """At most 1,000 acts as CSV that spreadsheets open rightly."""
    text = io.StringIO()
    writer = csv.writer(text)
    heads = (_t("Time"), _t("Act"), _t("Person"), _t("For"), _t("About"), _t("Number"), _t("Case"), _t("Reason"))
    writer.writerow(heads)
    for line in _lines(rows, reader):
        entry, about = line["entry"], line["about"]
        at = entry.at.astimezone(formats.market_zone()).isoformat(timespec="seconds")
        cells = (line["what"], entry.actor_name, entry.acting_for, about.name or about.kind, about.number)
        writer.writerow([at, *map(spreadsheets.harmless, (*cells, line["case"], line["reason"]))])
    response = HttpResponse(spreadsheets.BOM + text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = "attachment; filename=journal.csv"
    response["Cache-Control"] = "no-store"
    return response


def _span(rows: list[Entry]) -> str:
    if not rows:
        return ""
    newest, oldest = (formats.when(each.at, language=get_language()) for each in (rows[0], rows[-1]))
    return pgettext("times", "%(newest)s back to %(oldest)s") % {"newest": newest, "oldest": oldest}


def _moment(request: HttpRequest) -> datetime | None:
    """Where the last page ended; anything unreadable is the first page."""
    try:
        moment = datetime.fromisoformat(request.GET.get("page", "")[:40])
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _address(request: HttpRequest, **more: str) -> str:
    chosen = request.GET.copy()
    chosen.pop("page", None)
    chosen.pop("format", None)
    for name, value in more.items():
        chosen[name] = value
    return f"?{chosen.urlencode()}"
