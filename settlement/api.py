"""The settlement room's doors for programs."""

from typing import Any
from uuid import UUID

from ninja import Router, Status

from market.access import MEMBER, allow
from market.kernel import ids
from market.participants.members import Role
from market.requests import MemberRequest
from settlement import queries, statements
from settlement.models import Statement
from settlement.schemas import ObligationOut, StatementOut
from settlement.uploads import read_limited

router = Router(tags=["settlement"])


@router.post("/statements", response={201: StatementOut})
@allow(Role.CLERK, scope="operate")
def import_statement(request: MemberRequest, name: str = "statement.csv") -> Status[Statement]:
    """Import a bank statement: the body, or the part `file` of a form. The same file again changes nothing."""
    return Status(201, statements.import_file(name=name, data=read_limited(request), by=request.auth))


@router.get("/obligations/{reference}", response=ObligationOut)
@allow(MEMBER, scope="read")
def obligation(request: MemberRequest, reference: UUID) -> Any:
    """What is owed for a reference, for its two sides and the operator."""
    return queries.obligation(ids.urn(reference), for_=request.auth)
