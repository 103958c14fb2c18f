"""The organisations a signed-in person may act for, and the choice between them."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _t

from market.kernel.errors import NotAllowed
from market.participants import organisations
from market.participants.middleware import SESSION_KEY
from market.participants.models import Membership


@dataclass(frozen=True, slots=True)
class Seat:
    """One organisation the person may act for."""

    organisation_id: UUID
    name: str
    is_current: bool


def of(request: HttpRequest) -> list[Seat]:
    """The live memberships of whoever is signed in, oldest first; the one acted for is marked."""
    if not request.user.is_authenticated:
        return []
    member = getattr(request, "member", None)
    current = member.organisation_id if member else None
    rows = (
        Membership.objects.filter(person_id=request.user.pk, ended_at__isnull=True)
        .order_by("created_at")
        .values_list("organisation_id", "organisation__name")
    )
    return [Seat(organisation_id=id_, name=name, is_current=id_ == current) for id_, name in rows]


def choose(request: HttpRequest, organisation_id: UUID) -> None:
    """Act for this organisation from the next request on. Raises NotAllowed without a live membership."""
    if not request.user.is_authenticated or organisations.member(request.user.pk, organisation_id) is None:
        raise NotAllowed(_t("This person is not a member of that organisation."))
    request.session[SESSION_KEY] = str(organisation_id)
