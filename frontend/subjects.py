"""How the thing that a measure or a look is about is written, and where a seat reads it."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _t

from market.holds import Scope
from market.participants.members import Member, Role
from supervision.subjects import Subject

MOVERS: Final = (Role.REVIEWER, Role.APPROVER)  # who places and lifts


@dataclass(frozen=True, slots=True)
class Named:
    """A thing as pages write it; url is empty where no page of it opens to this reader."""

    kind: str
    name: str
    number: str
    url: str


def write(subject: Subject | None, subject_id: UUID, *, what: str = "", reader: Member) -> Named:
    """Kind, name, number and address of a thing; an id that nothing has any more stays an id."""
    if subject is None:
        return Named(_kind(what), "", str(subject_id), "")
    return Named(_kind(subject.what), subject.name, subject.number, _url(subject, reader))


def _kind(what: str) -> str:
    if what in Scope:
        return str(Scope(what).label)
    return {"admission": _t("application"), "order": _t("order")}.get(what, "")


def _url(subject: Subject, reader: Member) -> str:
    """Seats read others' things behind a reason; parties their own."""
    if not reader.is_seat:
        return reverse("frontend:trade", args=[subject.page]) if subject.what in {"trade", "delivery"} else ""
    match subject.what:
        case Scope.LISTING:
            return reverse("frontend:product_oversight", args=[subject.page])
        case Scope.TRADE | Scope.DELIVERY:
            return reverse("frontend:desk_trade", args=[subject.page])
        case "admission" if reader.has(Role.REVIEWER, Role.AUDITOR, Role.REGULATOR_DATA):
            return reverse("frontend:admission", args=[subject.id])
        case "order" if reader.organisation_kind != "authority":
            return reverse("frontend:order", args=[subject.id])
    return ""


def hold_url(scope: Scope, subject_id: UUID, reader: Member) -> str:
    """Where this thing is held, with the thing filled in; empty for those who place no holds."""
    if not reader.has(*MOVERS):
        return ""
    return f"{reverse('frontend:hold_new')}?{urlencode({'scope': str(scope), 'subject': str(subject_id)})}"
