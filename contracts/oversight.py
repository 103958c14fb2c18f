"""Trades as the seats of the operator and of authorities read them: a list within reach, one trade after a look.

The list names the parties and says whose turn it is, never a price. What a trade holds besides opens only with a
reason, and the look is recorded first (regulation.md §2.15).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import (
    BooleanField,
    Count,
    DateTimeField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Greatest
from django.utils.translation import get_language

from contracts import turns
from contracts.models import Dispute, Period, Signature, Trade
from contracts.queries import trades
from contracts.queries.parties import Page
from contracts.queries.trades import TOLD, Told, TradeDetail
from contracts.states import DisputeState, PeriodState, TradeState
from delivery.models import Grant
from listings.models import ProductVersion
from market import access
from market.events.models import Opening
from market.holds import Hold
from market.kernel import ids
from market.kernel.errors import NotFound
from market.participants.members import AUTHORITY_ROLES, OPERATOR_ROLES, Member, Role
from market.participants.models import Membership
from provenance import queries as log
from provenance.queries import EntryRow
from settlement import queries as money

READERS: Final = (Role.REVIEWER, Role.APPROVER, Role.AUDITOR, *sorted(AUTHORITY_ROLES))
# Who reads prices and sums (§2.15, price list and bills).
PRICED: Final = (*sorted(OPERATOR_ROLES), Role.REGULATOR_DATA)
FIELDS: Final = ("agreement", "amount", "deadlines", "delivery", "events", "holds", "objections", "parties")
EVENTS_SHOWN: Final = 200
RECENT: Final = 200
OPEN: Final = (TradeState.AGREED, TradeState.RUNNING)
# What the list can be narrowed to: the key of a tab and the rows behind it.
STAGES: Final[Mapping[str, Q]] = {
    "open": Q(trade__state__in=OPEN),
    "sign": Q(trade__state=TradeState.AGREED),
    "pay": Q(trade__state=TradeState.RUNNING, state=PeriodState.DUE),
    "fetch": Q(trade__state=TradeState.RUNNING, state=PeriodState.FUNDED, disputed_at=None),
    "accept": Q(trade__state=TradeState.RUNNING, state=PeriodState.DELIVERING, disputed_at=None),
    "settle": Q(trade__state=TradeState.RUNNING, state=PeriodState.ACCEPTED),
    "disputed": Q(trade__state__in=OPEN, disputed_at__isnull=False),
    "held": Q(trade__state__in=OPEN, is_held=True),
    "ended": ~Q(trade__state__in=OPEN),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader narrows the list to. stage: a key of STAGES; district: a prefix of a code."""

    stage: str = "open"
    words: str = ""  # a trade's number, a party's name or code
    district: str = ""


@dataclass(frozen=True, slots=True)
class WatchedRow:
    """One line of the list. since: when the step that is waited for could first be taken."""

    id: UUID
    number: str
    title: str
    supplier: str
    buyer: str
    district: str
    state: TradeState
    period_state: PeriodState
    is_disputed: bool
    is_held: bool
    turn: turns.Turn | None
    since: datetime
    ended_at: datetime | None


def page(by: Member, choice: Choice, *, counts: Mapping[str, int], number: int = 1) -> Page[WatchedRow]:
    """The trades that this seat may see, those that wait longest first; ended ones newest first. Raises NotAllowed.

    counts: what `stage_counts` answered for the same choice, so that nothing is counted twice.
    """
    by.require(*READERS)
    found = _marked(_within(by, choice)).filter(STAGES[choice.stage])
    total = counts[choice.stage] if choice.stage in counts else found.count()
    size = settings.PAGE_SIZE
    number = max(1, min(number, -(-total // size)))
    order = ("-trade__created_at", "-id") if choice.stage == "ended" else ("since", "id")
    rows = found.select_related("trade__supplier", "trade__buyer").order_by(*order)
    chosen = rows[(number - 1) * size : number * size]
    return Page(rows=[_row(period) for period in chosen], number=number, size=size, total=total)


def stage_counts(by: Member, choice: Choice) -> dict[str, int]:
    """How many open trades stand at each stage, for the reader's words and district. Ended ones are not counted."""
    by.require(*READERS)
    found = _marked(_within(by, choice)).filter(trade__state__in=OPEN)
    counted = {stage: Count("id", filter=rows) for stage, rows in STAGES.items() if stage != "ended"}
    return dict(found.aggregate(**counted))


def within_reach(by: Member) -> QuerySet[Period]:
    """The periods of the trades in the seat's district and sector."""
    found = Period.objects.filter(n=1)
    if by.district:
        found = found.filter(trade__district__startswith=by.district)
    return found.filter(trade__sector=by.sector) if by.sector else found


def _within(by: Member, choice: Choice) -> QuerySet[Period]:
    found = within_reach(by)
    if choice.district:
        found = found.filter(trade__district__startswith=choice.district)
    if words := choice.words.strip():
        found = found.filter(
            Q(trade__number__iexact=words)
            | Q(trade__supplier__name__icontains=words)
            | Q(trade__buyer__name__icontains=words)
            | Q(trade__supplier__uscc__iexact=words)
            | Q(trade__buyer__uscc__iexact=words)
        )
    return found


def _marked(found: QuerySet[Period]) -> QuerySet[Period]:
    """With what stops each trade and since when its step is waited for."""
    held = Hold.objects.filter(lifted_at__isnull=True).values("subject")
    stopped = Q(pk__in=Grant.objects.filter(id__in=held).values("reference"))
    for name in ("pk", "trade_id", "trade__supplier_id", "trade__buyer_id", "trade__version_id", "trade__product_id"):
        stopped |= Q(**{f"{name}__in": held})
    open_disputes = Dispute.objects.filter(period=OuterRef("pk"), state=DisputeState.OPEN)
    signatures = Signature.objects.filter(agreement=OuterRef("trade__agreement")).order_by("-signed_at")
    english = ProductVersion.objects.filter(id=OuterRef("trade__version_id"))
    return found.annotate(
        disputed_at=Subquery(open_disputes.values("opened_at")[:1], output_field=DateTimeField(null=True)),
        is_held=ExpressionWrapper(stopped, output_field=BooleanField()),
        signed_at=Subquery(signatures.values("signed_at")[:1]),
        since=Greatest(F("trade__created_at"), F("signed_at"), F("funded_at"), F("delivered_at"), F("disputed_at")),
        title_en=Subquery(english.values("title_en")[:1]),
        negotiation_expires_at=F("trade__agreement__negotiation__expires_at"),
    )


def _row(period: Period) -> WatchedRow:
    trade = period.trade
    marks = vars(period)  # what `_marked` added; the model does not declare it
    state, disputed_at = TradeState(trade.state), marks["disputed_at"]
    if state == TradeState.AGREED:
        turn: turns.Turn | None = turns.Turn(turns.Ask.SIGN_SECOND, trade.created_at, marks["negotiation_expires_at"])
    elif state == TradeState.RUNNING:
        dispute = Dispute(period=period, opened_at=disputed_at) if disputed_at else None
        turn = turns.of_period(period, open_dispute=dispute)
    else:
        turn = None
    is_english = (get_language() or "").startswith("en")
    return WatchedRow(
        id=trade.id,
        number=trade.number,
        title=(marks["title_en"] if is_english else "") or trade.title,
        supplier=trade.supplier.name,
        buyer=trade.buyer.name,
        district=trade.district,
        state=state,
        period_state=PeriodState(period.state),
        is_disputed=disputed_at is not None,
        is_held=marks["is_held"],
        turn=turn,
        since=marks["since"],
        ended_at=trade.ended_at,
    )


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of a trade. who: supplier, buyer, seat, or market where no person acted."""

    entry: EntryRow
    who: str


@dataclass(frozen=True, slots=True)
class WatchedTrade:
    """One trade as a seat reads it. may_see_price: whether amounts are this reader's to see (§2.15, price list)."""

    found: TradeDetail
    version_id: UUID
    grant_id: UUID | None
    supplier_id: UUID
    buyer_id: UUID
    district: str
    sector: str
    happened: list[Happened]  # newest first, at most EVENTS_SHOWN
    may_see_price: bool


def require(trade_id: UUID, *, by: Member, reason: str = "") -> Trade:
    """The trade, if the seat's district and sector reach it. Raises NotAllowed, NotFound, and OutOfScope, recorded."""
    by.require(*READERS)
    trade = Trade.objects.filter(id=trade_id).first()
    if trade is None:
        raise NotFound
    access.require_sight(
        by,
        subject=trade.urn,
        district=trade.district,
        sector=trade.sector,
        parties=[trade.supplier_id, trade.buyer_id],
        case=trade.number,
        reason=reason,
    )
    return trade


def read(trade_id: UUID, *, reason: str, by: Member) -> WatchedTrade:
    """Everything about a trade; the look is recorded first, and both parties see it in their journal.

    Raises as `require`, and Invalid for an empty reason.
    """
    trade = require(trade_id, by=by, reason=reason)
    parties = [trade.supplier_id, trade.buyer_id]
    access.look(by, subject=trade.urn, parties=parties, case=trade.number, reason=reason, fields=FIELDS)
    openings = {each.event_id: each for each in log.about([trade.id]).order_by("-event_id")[:EVENTS_SHOWN]}
    entries = log.of_events(openings)
    # An auditor reads what happened, not what was declared (§2.15, openings of a leaf).
    is_opened = not by.has(Role.AUDITOR)
    told = [
        Told(entry.kind, entry, _values(openings[entry.event_id]) if is_opened else {})
        for entry in entries
        if entry.kind in TOLD
    ]
    found = trades.whole_trade(trade_id, told=told, by=by)
    sides = _sides(trade, [each.actor for each in openings.values()])
    happened = [Happened(entry, sides.get(openings[entry.event_id].actor, "market")) for entry in entries]
    return WatchedTrade(
        found=found,
        version_id=trade.version_id,
        grant_id=found.grant.id if found.grant else None,
        supplier_id=trade.supplier_id,
        buyer_id=trade.buyer_id,
        district=trade.district,
        sector=trade.sector,
        happened=sorted(happened, key=lambda each: each.entry.at, reverse=True),
        may_see_price=by.has(*PRICED),
    )


def _values(opening: Opening) -> dict[str, Any]:
    return {name: each["value"] for name, each in opening.fields.items()}


def _sides(trade: Trade, actors: Iterable[str]) -> dict[str, str]:
    """For which side each acting person stood; people of neither side are seats, processes are left out."""
    people = {actor: ids.from_urn(actor) for actor in actors if actor.startswith("urn:uuid:")}
    members = Membership.objects.filter(
        person_id__in=people.values(), organisation_id__in=[trade.supplier_id, trade.buyer_id]
    )
    names = {trade.supplier_id: "supplier", trade.buyer_id: "buyer"}
    stood = {person: names[firm] for person, firm in members.values_list("person_id", "organisation_id")}
    return {actor: stood.get(person, "seat") for actor, person in people.items()}


def in_escrow_minor(by: Member) -> int | None:
    """What lies in escrow for the trades in reach, in minor units; None for seats that read no money (§2.15)."""
    if not by.has(*PRICED):
        return None
    references = within_reach(by).values("id") if by.district or by.sector else None
    return money.in_escrow_minor(references)


def recent(by: Member) -> list[UUID]:
    """The newest trades in reach, whose events a bounded seat follows live; at most 200."""
    return list(within_reach(by).order_by("-trade__created_at").values_list("trade_id", flat=True)[:RECENT])


def numbers(trade_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The numbers of these trades, for seats: a number says nothing of what was agreed."""
    return dict(Trade.objects.filter(id__in=set(trade_ids)).values_list("id", "number"))
