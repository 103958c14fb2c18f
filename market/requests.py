"""The request as endpoints see it: with the member that acts."""

from django.http import HttpRequest

from market.participants.members import Member


class MemberRequest(HttpRequest):
    """A request that passed a door which asks for a member."""

    auth: Member
    member: Member
