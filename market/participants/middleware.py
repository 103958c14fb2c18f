"""Who is asking: the signed-in person as a member of the organisation chosen in this session."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from market.participants import organisations
from market.participants.members import Member
from market.participants.models import Membership

SESSION_KEY = "organisation"


class MemberMiddleware:
    """Sets `request.member`: a Member, or None for visitors and for people without an organisation."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.member = SimpleLazyObject(lambda: of_session(request))  # type: ignore[attr-defined]  # ours
        return self.get_response(request)


def of_session(request: HttpRequest) -> Member | None:
    """The member behind a signed-in session; without a choice the oldest membership."""
    if not request.user.is_authenticated:
        return None
    chosen = request.session.get(SESSION_KEY)
    if chosen:
        member = organisations.member(request.user.pk, UUID(chosen))
        if member is not None:
            return member
    membership = (
        Membership.objects.select_related("organisation")
        .filter(person_id=request.user.pk, ended_at__isnull=True)
        .order_by("created_at")
        .first()
    )
    return organisations.of(membership) if membership else None
