"""The desk's first page: whose turn it is, and what a new organisation does first."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from market.access import SIGNED_IN, allow
from market.notifications import queries
from market.requests import MemberRequest


@require_safe
@allow(SIGNED_IN)
def show(request: MemberRequest) -> HttpResponse:
    """What waits for this member; a person without an organisation is led to make or join one."""
    if not request.member:
        return redirect("frontend:organisation")
    return render(request, "frontend/account/inbox.html", {"tasks": queries.listing(request.member)})
