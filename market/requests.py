"""The request as endpoints see it: with the member that acts."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Header, Query

from market.participants.members import Member

Page = Annotated[int, Query(ge=1, le=100_000)]  # of a list, from 1
Size = Annotated[int, Query(ge=1, le=100)]  # rows a page
Words = Annotated[str, Query(max_length=100)]  # what somebody searches for
# The caller's own name for a request that makes something: sent again after a lost answer, it makes nothing new.
RequestKey = Annotated[str, Header(alias="Idempotency-Key", max_length=80)]


class MemberRequest(HttpRequest):
    """A request that passed a door which asks for a member."""

    auth: Member
    member: Member
