"""Negotiations as pages show them: what lies on the table, how it came there, and whose turn it is."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from contracts import standstills, turns
from contracts.models import Negotiation, Side, Turn
from contracts.queries.parties import Page, cut, mine, side_of, titles
from contracts.queries.stops import HoldRow, hold_rows
from contracts.states import NEGOTIATION_ENDED, NegotiationState
from market import licences, policy
from market.kernel.errors import NotFound
from market.licences import Sentences
from market.participants.members import Member
from market.policy import UsageTerms
from provenance import queries as log
from provenance.queries import EntryRow

# What the list can be narrowed to.
SHOWN: Final = ("open", "ended", "all")


@dataclass(frozen=True, slots=True)
class NegotiationRow:
    """One line of the list. Amounts in minor units."""

    id: UUID
    trade_id: UUID | None  # once both have signed
    title: str
    version_n: int
    side: Side
    other: str
    price_minor: int
    currency: str
    state: NegotiationState
    rounds: int
    changed_at: datetime
    expires_at: datetime
    turn: turns.Turn | None


@dataclass(frozen=True, slots=True)
class LicenceChange:
    """One sentence of the licence that came or went. column: may, may_not or must."""

    column: str
    is_added: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class TurnRow:
    """One thing put on the table, and what it changed; `…_before` is None where nothing changed."""

    n: int
    side: Side
    person: str
    price_minor: int
    price_before_minor: int | None
    acceptance_days: int | None
    has_new_days: bool
    licence: list[LicenceChange]
    note: str
    made_at: datetime
    entry: EntryRow | None


@dataclass(frozen=True, slots=True)
class NegotiationDetail:
    """One negotiation with all that its page needs."""

    row: NegotiationRow
    supplier: str
    buyer: str
    plan: str
    product_id: UUID
    is_negotiable: bool
    purpose: str
    acceptance_days: int | None
    licence: Sentences
    usage: UsageTerms | None  # None: the licence says more than the simple form can
    turns: list[TurnRow]
    end_reason: str
    ended_at: datetime | None
    holds: list[HoldRow] = field(default_factory=list)


def negotiation_page(by: Member, *, shown: str = "open", number: int = 1) -> Page[NegotiationRow]:
    """The caller's negotiations on both sides, last changed first. shown: open, ended or all."""
    found = Negotiation.objects.filter(mine(by)).select_related("supplier", "buyer", "offer")
    found = found.order_by("-changed_at", "-id")
    found = found.only(
        "thread", "state", "price_minor", "currency", "turns", "requested_at", "changed_at", "expires_at",
        "supplier__name", "buyer__name", "terms", "offer__version",
    )  # fmt: skip
    if shown != "all":
        ended = Q(state__in=sorted(NEGOTIATION_ENDED))
        found = found.filter(ended if shown == "ended" else ~ended)
    return cut(found, number, lambda models: _rows(models, by))


def _rows(models: list[Negotiation], by: Member) -> list[NegotiationRow]:
    english = titles(each.offer.version_id for each in models)
    standstills.give_back_to_negotiations(models)
    return [negotiation_row(each, by, title=english.get(each.offer.version_id, "")) for each in models]


def negotiation_row(negotiation: Negotiation, by: Member, *, title: str = "") -> NegotiationRow:
    """A negotiation as its list shows it; supplier and buyer are loaded. title: in the reader's language, if known."""
    side = side_of(negotiation, by)
    product = negotiation.terms["product"]
    state = NegotiationState(negotiation.state)
    return NegotiationRow(
        id=negotiation.id,
        trade_id=negotiation.thread if state == NegotiationState.FINALIZED else None,
        title=title or product["title"],
        version_n=product["version"],
        side=side,
        other=(negotiation.buyer if side == Side.SUPPLIER else negotiation.supplier).name,
        price_minor=negotiation.price_minor,
        currency=negotiation.currency,
        state=state,
        rounds=negotiation.turns,
        changed_at=negotiation.changed_at,
        expires_at=negotiation.expires_at,
        turn=turns.of_negotiation(negotiation),
    )


def negotiation_detail(by: Member, negotiation_id: UUID) -> NegotiationDetail:
    """One negotiation for one of its sides. Raises NotFound for strangers."""
    found = _mine(by).filter(id=negotiation_id).first()
    if found is None:
        raise NotFound
    standstills.give_back_to_negotiations([found])
    version = found.offer.version
    table = policy.parse(found.terms["policy"])
    is_over = found.state == NegotiationState.TERMINATED
    return NegotiationDetail(
        row=negotiation_row(found, by, title=titles([version.id]).get(version.id, "")),
        supplier=found.supplier.name,
        buyer=found.buyer.name,
        plan=found.offer.name,
        product_id=version.product_id,
        is_negotiable=found.offer.is_negotiable,
        purpose=found.purpose,
        acceptance_days=found.terms["acceptance_days"],
        licence=licences.sentences(policy.words(table)),
        usage=policy.terms_of(table),
        turns=list(_turns(found, by)),
        end_reason=found.end_reason,
        ended_at=found.changed_at if is_over else None,
        holds=hold_rows([found.thread, found.supplier_id, found.buyer_id, version.id, version.product_id]),
    )


def _mine(by: Member) -> QuerySet[Negotiation]:
    return Negotiation.objects.filter(mine(by)).select_related("supplier", "buyer", "offer__version")


def _turns(negotiation: Negotiation, by: Member) -> Iterator[TurnRow]:
    """Each turn beside the one before; the first beside the offer as it was listed."""
    offer = negotiation.offer
    told = log.story([negotiation.thread], by, kinds=("negotiation.requested", "negotiation.offered"))
    entries = {each.values.get("turn"): each.entry for each in told}
    price, days, licence = offer.price_minor, offer.acceptance_days, offer.policy
    for turn in Turn.objects.filter(negotiation=negotiation).select_related("made_by").order_by("n"):
        yield TurnRow(
            n=turn.n,
            side=Side(turn.side),
            person=turn.made_by.name,
            price_minor=turn.price_minor,
            price_before_minor=price if price != turn.price_minor else None,
            acceptance_days=turn.acceptance_days,
            has_new_days=days != turn.acceptance_days,
            licence=list(licence_changes(licence, turn.policy)),
            note=turn.note,
            made_at=turn.made_at,
            entry=entries.get(turn.n),
        )
        price, days, licence = turn.price_minor, turn.acceptance_days, turn.policy


def licence_changes(before: dict[str, object], after: dict[str, object]) -> Iterator[LicenceChange]:
    """What the later policy says otherwise, sentence by sentence: what went first, then what came."""
    old, new = policy.parse(before), policy.parse(after)
    if not policy.differences(old, new):
        return
    was, now = licences.sentences(policy.words(old)), licences.sentences(policy.words(new))
    for column in ("may", "may_not", "must"):
        gone, come = getattr(was, column), getattr(now, column)
        yield from (LicenceChange(column, False, each) for each in gone if each not in come)
        yield from (LicenceChange(column, True, each) for each in come if each not in gone)
