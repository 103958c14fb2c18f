"""Who sees what of an entry: the public its leaf, parties the openings of their own, seats those of their task.

Source: regulation.md §2.15, the rows on log leaves, openings, contract texts, bills and identity papers. What is not
listed is denied. Seats see openings only under a case: `looked` records who looks, at what and why, before it reads.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from uuid import UUID

from market import access
from market.events.models import Opening
from market.kernel import ids
from market.kernel.errors import NotAllowed, NotFound
from market.participants.members import AUTHORITY_ROLES, Member, OrganisationKind, Role
from market.participants.models import Organisation
from provenance import evidence
from provenance.evidence import Evidence


class Sight(StrEnum):
    """How much of the openings a reader sees; the leaf itself is everybody's."""

    NOTHING = "nothing"
    META = "meta"  # which fields there are and whose they are, no value
    OPEN = "open"


class Family(StrEnum):
    """Kinds of event that one row of the matrix speaks of."""

    PARTY = "party"  # identity and admission
    LISTING = "listing"
    CONTRACT = "contract"  # contract text and the trade's steps
    BILL = "bill"  # money
    MEASURE = "measure"  # what operators and authorities did
    LOG = "log"


FAMILIES: Final[Mapping[str, Family]] = {
    **dict.fromkeys(("organisation", "membership", "admission", "key", "api_key"), Family.PARTY),
    **dict.fromkeys(("resource", "version", "listing", "offer"), Family.LISTING),
    **dict.fromkeys(
        ("negotiation", "agreement", "turn", "period", "trade", "dispute", "grant", "use"), Family.CONTRACT
    ),
    **dict.fromkeys(
        ("obligation", "payment", "escrow", "earnings", "payout", "receipt", "statement", "suspense", "bank_account"),
        Family.BILL,
    ),
    **dict.fromkeys(("booking", "accounting_period"), Family.BILL),
    **dict.fromkeys(("hold", "order", "party", "erasure", "opening"), Family.MEASURE),
    **dict.fromkeys(("log", "certificate"), Family.LOG),
}
# Whose task it is at the operator. The clerk reads bills and no contract, the reviewer contracts and no bill.
TASKS: Final[Mapping[Family, frozenset[Role]]] = {
    Family.PARTY: frozenset({Role.REVIEWER}),
    Family.LISTING: frozenset({Role.REVIEWER}),
    Family.CONTRACT: frozenset({Role.REVIEWER, Role.APPROVER}),
    Family.BILL: frozenset({Role.CLERK, Role.APPROVER}),
    Family.MEASURE: frozenset({Role.REVIEWER, Role.APPROVER}),
    Family.LOG: frozenset({Role.REVIEWER, Role.APPROVER}),
}
# Authorities that read bills one by one: none. The data authority has sums, the others nothing.
UNDER_A_CASE: Final = frozenset(Family) - {Family.BILL}


def of_kind(kind: str, seat: Member) -> Sight:
    """How much of an entry of this kind a seat sees under a case; of others' entries a party sees none."""
    family = FAMILIES.get(kind.partition(".")[0])
    if family is None or not seat.is_seat:
        return Sight.NOTHING
    if seat.organisation_kind == OrganisationKind.OPERATOR and seat.has(*TASKS[family]):
        return Sight.OPEN
    is_authority = seat.organisation_kind == OrganisationKind.AUTHORITY
    if is_authority and seat.has(*AUTHORITY_ROLES) and family in UNDER_A_CASE:
        return Sight.OPEN
    return Sight.META if seat.has(Role.AUDITOR) else Sight.NOTHING


def looked(index: int, *, case: str, reason: str, by: Member) -> tuple[Evidence, Sight]:
    """The entry at an index as a seat sees it under a case; the look is recorded first, a refused one too.

    Raises NotFound, NotAllowed where the seat sees nothing of this kind, OutOfScope, Invalid for no case or reason.
    """
    found = evidence.at(index, reader=None)
    if found is None:
        raise NotFound
    opening = Opening.objects.filter(event_id=found.row.event_id).first()
    sight = of_kind(found.row.kind, by)
    if sight is Sight.NOTHING:
        raise NotAllowed
    subject, parties = ids.urn(found.row.event_id), [] if opening is None else list(opening.parties)
    place = _nearest(parties, by)
    if place is not None:
        access.require_sight(
            by, subject=subject, district=place[0], sector=place[1], parties=parties, case=case, reason=reason
        )
    names = [] if opening is None else sorted(opening.fields)
    access.look(by, subject=subject, parties=parties, case=case, reason=reason, fields=names or ["nothing"])
    if opening is None or sight is Sight.META:
        return found, sight
    return evidence.opened(found, opening), sight


def _nearest(parties: list[UUID], by: Member) -> tuple[str, str] | None:
    """District and sector of a party that the seat reaches, else of any; None for an entry of no party."""
    places = list(
        Organisation.objects.filter(id__in=parties)
        .exclude(kind__in=[OrganisationKind.OPERATOR, OrganisationKind.AUTHORITY])
        .values_list("district", "sector")
    )
    reached = [place for place in places if access.sees(by, district=place[0], sector=place[1])]
    return next(iter(reached or places), None)
