"""Where a version comes from, step by step, each with its place on the ledger."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from frontend.statheads import PERSONAL
from listings.detail import Detail
from provenance.queries import EntryRow

NAMES: Final[dict[str, str | Promise]] = {
    "resource.received": _("Registered"),
    "resource.ready": _("Read and scanned"),
    "version.submitted": _("Submitted for review"),
    "version.publicised": _("In public notice"),
    "listing.published": pgettext_lazy("step", "Listed"),
    "listing.delisted": _("Delisted"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what happened, when, what is to be known of it, and its entry."""

    name: str
    at: datetime | date | None
    text: str
    entry: EntryRow | None


def steps(found: Detail) -> list[Step]:
    """The source as the supplier states it, then what the ledger holds, in its order."""
    version = found.version
    source = version.source_statement
    if version.attribution:
        source = _t("%(source)s Named source: %(name)s.") % {"source": source, "name": version.attribution}
    shown = [Step(_t("Source"), version.time_to, source, None)]
    return shown + [Step(str(NAMES[row.kind]), row.at, _text(row.kind, found), row) for row in found.story]


def _text(kind: str, found: Detail) -> str:
    version, resource = found.version, found.version.resource
    if kind == "resource.received":
        return _t("The file was received whole; its fingerprint is the one above.")
    if kind == "resource.ready":
        return _read(found)
    if kind == "version.submitted":
        return _t("Description and file are fixed from here on.")
    if kind == "version.publicised":
        return _t("Anybody may object until the notice ends.")
    if kind == "listing.delisted":
        return version.review_reason or _t("A newer version took its place.")
    passed = sum(answer["verdict"] != "failed" for answer in version.checks)
    return _t("%(count)d automatic checks and the reviewer passed it.") % {"count": passed} if passed else resource.name


def _read(found: Detail) -> str:
    """What reading the file brought to light, in numbers."""
    resource, table = found.version.resource, found.table
    said = []
    if resource.findings:
        kinds = sorted({str(PERSONAL.get(each["kind"], each["kind"])) for each in resource.findings})
        said.append(_t("found: %(kinds)s, masked") % {"kinds": _t(", ").join(kinds)})
    elif resource.is_table:
        said.append(_t("no personal identifiers found"))
    if repeated := table.get("duplicate_row_count"):
        said.append(_t("%(count)s repeated rows kept") % {"count": f"{repeated:,}"})
    if blank := table.get("blank_row_count"):
        said.append(_t("%(count)s blank lines left out") % {"count": f"{blank:,}"})
    if not resource.is_table:
        said.append(_t("kept byte for byte, not read"))
    return _t("; ").join(said)
