"""Trades as pages show them: one row of the list, and one trade from request to proof."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import JSONObject

from contracts import clauses, standstills, terms, turns
from contracts.models import Dispute, Period, Side, Signature, Trade
from contracts.queries.parties import Page, cut, mine, side_of, titles, trade_of_party
from contracts.queries.stops import DisputeRow, HoldRow, dispute_rows, hold_rows
from contracts.states import DisputeState, PeriodState, TradeState
from delivery import queries as delivery
from delivery.queries import GrantRow, UseRow
from market import holds, policy
from market.kernel import canonical_json
from market.kernel.errors import NotFound
from market.participants.members import Member
from provenance import queries as log
from provenance.models import Certificate
from provenance.queries import EntryRow
from settlement import fees, whereabouts
from settlement import queries as money
from settlement.fees import Shares
from settlement.whereabouts import Whereabouts

# What the list can be narrowed to, and the states behind it.
SHOWN: Final[Mapping[str, tuple[TradeState, ...]]] = {
    "running": (TradeState.AGREED, TradeState.RUNNING),
    "closed": (TradeState.CLOSED,),
    "ended": (TradeState.CANCELLED, TradeState.EXPIRED, TradeState.REFUNDED),
    "all": tuple(TradeState),
}
# The events that a page of the trade tells; single uses are rows of their own.
TOLD: Final = (
    "negotiation.requested", "negotiation.offered", "negotiation.accepted", "negotiation.agreed",
    "agreement.verified", "agreement.finalized", "payment.received", "period.funded", "grant.opened",
    "period.delivered", "dispute.opened", "dispute.withdrawn", "dispute.conceded", "period.accepted",
    "escrow.released", "escrow.refunded", "period.settled", "period.cancelled", "period.expired", "period.refunded",
    "trade.closed", "trade.ended", "certificate.issued",
)  # fmt: skip
USES_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class TradeRow:
    """One line of the list. Amounts in minor units."""

    id: UUID
    number: str
    title: str
    side: Side
    other: str
    amount_minor: int
    currency: str
    state: TradeState
    period_state: PeriodState
    is_disputed: bool
    turn: turns.Turn | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """The times of the trade's period; None for what has not come."""

    id: UUID
    state: PeriodState
    due_at: datetime | None
    funded_at: datetime | None
    delivered_at: datetime | None
    acceptance_due_at: datetime | None
    accepted_at: datetime | None
    accepted_by_silence: bool
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """The contract behind a trade."""

    negotiation_id: UUID
    number: str
    sha256: str
    clauses: int
    changed: int  # clauses that read otherwise than on the standard terms
    rounds: int
    silence_clause: str  # the paragraph by which silence accepts, e.g. 9.2; empty where there is none
    providers: Mapping[str, str]  # side → own_key or sealed_key
    purposes: tuple[str, ...]
    use_ends_at: datetime | None
    delete_by_at: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """One event of the trade, opened for its reader."""

    kind: str
    entry: EntryRow
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TradeDetail:
    """One trade with all that its page needs."""

    row: TradeRow
    supplier: str
    buyer: str
    plan: str
    version_n: int
    product_id: UUID
    ended_at: datetime | None
    period: PeriodRow
    agreement: AgreementRow
    told: list[Told]
    money: Whereabouts | None  # None where nothing is owed
    shares: Shares | None  # how the amount is, or will be, divided
    grant: GrantRow | None
    uses: list[UseRow]  # the newest few
    holds: list[HoldRow]
    disputes: list[DisputeRow]
    certificate_id: UUID | None

    @property
    def open_dispute(self) -> DisputeRow | None:
        """The dispute that stops acceptance now."""
        return next((each for each in self.disputes if each.is_open), None)

    def last(self, *kinds: str) -> Told | None:
        """The newest event of any of these kinds."""
        return next((each for each in reversed(self.told) if each.kind in kinds), None)


def trade_page(by: Member, *, shown: str = "running", side: Side | None = None, number: int = 1) -> Page[TradeRow]:
    """The caller's trades, newest first. shown: a key of SHOWN; side: only those in which the caller stands there."""
    found = Trade.objects.filter(mine(by), state__in=SHOWN[shown])
    # what both signed is long, and a list says none of it
    found = found.select_related("supplier", "buyer", "agreement__negotiation").defer(
        "agreement__document", "agreement__negotiation__terms"
    )
    if side is not None:
        found = found.filter(**{f"{side}_id": by.organisation_id})
    return cut(_with_periods(found).order_by("-created_at", "-id"), number, lambda models: _rows(models, by))


def _rows(models: list[Trade], by: Member) -> list[TradeRow]:
    english = titles(each.version_id for each in models)
    _give_back([each.first_periods[0] for each in models])  # type: ignore[attr-defined]
    # Django sets `trade` on what it prefetches along `periods`.
    return [
        _row(each.first_periods[0], side_of(each, by), english.get(each.version_id, ""))  # type: ignore[attr-defined]
        for each in models
    ]


def _give_back(found: Sequence[Period], *, grants: Mapping[str, UUID] | None = None) -> None:
    """Let the rows show their deadlines as they stand, with what holds took given back."""
    standstills.give_back_to_periods(found, grants=grants)
    unsigned = [period.trade for period in found if period.trade.state == TradeState.AGREED]
    standstills.give_back_to_negotiations(trade.agreement.negotiation for trade in unsigned)


def trade_counts(by: Member) -> dict[str, int]:
    """How many trades stand behind each key of SHOWN."""
    by_state = dict(Trade.objects.filter(mine(by)).values_list("state").annotate(Count("id")))
    return {shown: sum(by_state.get(state, 0) for state in wanted) for shown, wanted in SHOWN.items()}


def _with_periods(found: QuerySet[Trade]) -> QuerySet[Trade]:
    periods = Period.objects.filter(n=1).prefetch_related(_all_disputes())
    return found.prefetch_related(Prefetch("periods", periods, to_attr="first_periods"))


def _all_disputes() -> "Prefetch[str]":
    disputes = Dispute.objects.select_related("opened_by").order_by("opened_at")
    return Prefetch("disputes", disputes, to_attr="all_disputes")


def _row(period: Period, side: Side, title: str) -> TradeRow:
    trade = period.trade
    disputes: list[Dispute] = period.all_disputes  # type: ignore[attr-defined]
    dispute = next((each for each in disputes if each.state == DisputeState.OPEN), None)
    state = TradeState(trade.state)
    if state == TradeState.AGREED:
        due_at = trade.agreement.negotiation.expires_at
        turn: turns.Turn | None = turns.Turn(turns.Ask.SIGN_SECOND, trade.created_at, due_at)
    else:
        turn = turns.of_period(period, open_dispute=dispute)
    return TradeRow(
        id=trade.id,
        number=trade.number,
        title=title or trade.title,
        side=side,
        other=(trade.buyer if side == Side.SUPPLIER else trade.supplier).name,
        amount_minor=period.amount_minor,
        currency=period.currency,
        state=state,
        period_state=PeriodState(period.state),
        is_disputed=dispute is not None,
        turn=turn,
        created_at=trade.created_at,
    )


def trade_detail(by: Member, trade_id: UUID) -> TradeDetail:
    """One trade for one of its parties. Raises NotFound for strangers."""
    period = _loaded(Trade.objects.filter(mine(by), id=trade_id))
    grants = delivery.grants_of(by, reference=period.urn)
    grant = grants[0] if grants else None
    told = log.story([trade_id], by, kinds=TOLD)
    return _detail(
        period,
        side=side_of(period.trade, by),
        money=_money(period, by),
        grant=grant,
        uses=delivery.uses_of(grant.id, by=by)[:USES_SHOWN] if grant and grant.use_count else [],
        told=[Told(each.entry.kind, each.entry, each.values) for each in told],
    )


def whole_trade(trade_id: UUID, *, told: Iterable[Told], by: Member) -> TradeDetail:
    """One trade for a seat whose look was recorded (contracts.oversight), seen from the supplier's side.

    The money's places only for the operator's money desk. Raises NotFound.
    """
    period = _loaded(Trade.objects.filter(id=trade_id))
    return _detail(
        period,
        side=Side.SUPPLIER,
        money=_money(period, by) if by.has(*money.DESK) else None,
        grant=delivery.grant_of_reference(period.urn),
        uses=[],
        told=told,
    )


def _loaded(found: QuerySet[Trade]) -> Period:
    """The first period with its trade and contract, who holds their keys, and the certificate: one question."""
    issued = Certificate.objects.filter(kind=Certificate.Kind.TRADE, subject=OuterRef("trade_id"))
    certificate = issued.order_by("-n").values("id")[:1]
    signed = Signature.objects.filter(agreement=OuterRef("trade__agreement_id")).values(
        said=JSONObject(side="side", provider="provider")
    )
    period = (
        Period.objects.filter(trade__in=found, n=1)
        .select_related("trade__supplier", "trade__buyer", "trade__agreement__negotiation__offer__version")
        .prefetch_related(_all_disputes())
        .annotate(certificate_id=Subquery(certificate), signed=ArraySubquery(signed))
        .first()
    )
    if period is None:
        raise NotFound
    return period


def _detail(
    period: Period,
    *,
    side: Side,
    money: Whereabouts | None,
    grant: GrantRow | None,
    uses: list[UseRow],
    told: Iterable[Told],
) -> TradeDetail:
    _give_back([period], grants={period.urn: grant.id} if grant else {})
    trade = period.trade
    version = trade.agreement.negotiation.offer.version
    signed: list[dict[str, str]] = period.signed  # type: ignore[attr-defined]  # annotated
    subjects = [trade.id, trade.supplier_id, trade.buyer_id, trade.version_id, trade.product_id, period.id]
    return TradeDetail(
        row=_row(period, side, titles([version.id]).get(version.id, "")),
        supplier=trade.supplier.name,
        buyer=trade.buyer.name,
        plan=trade.agreement.negotiation.offer.name,
        version_n=version.n,
        product_id=trade.product_id,
        ended_at=trade.ended_at,
        period=_period_row(period),
        agreement=_agreement(trade, grant, {each["side"]: each["provider"] for each in signed}),
        told=sorted(told, key=lambda each: each.entry.at),
        money=money,
        shares=_shares(period, money),
        grant=grant,
        uses=uses,
        holds=hold_rows([*subjects, grant.id] if grant else subjects),
        disputes=dispute_rows(period.all_disputes),  # type: ignore[attr-defined]  # from the prefetch
        certificate_id=period.certificate_id,  # type: ignore[attr-defined]  # annotated
    )


def _period_row(period: Period) -> PeriodRow:
    return PeriodRow(
        id=period.id,
        state=PeriodState(period.state),
        due_at=period.due_at,
        funded_at=period.funded_at,
        delivered_at=period.delivered_at,
        acceptance_due_at=period.acceptance_due_at,
        accepted_at=period.accepted_at,
        accepted_by_silence=period.accepted_by_silence,
        settled_at=period.settled_at,
    )


def _money(period: Period, by: Member) -> Whereabouts | None:
    if period.amount_minor == 0 or period.due_at is None:  # nothing is owed before both have signed
        return None
    return whereabouts.where_is_money(period.urn, for_=by)


def _shares(period: Period, where: Whereabouts | None) -> Shares | None:
    """How the amount is divided by the rule fixed for the period; before it is owed, by the rule of today."""
    if period.amount_minor == 0:
        return None
    if where is None:
        return fees.divide(period.amount_minor, fees.fixed(period.trade.supplier_id), fees.tax_rate_bp())
    return where.shares


def _agreement(trade: Trade, grant: GrantRow | None, providers: Mapping[str, str]) -> AgreementRow:
    agreement, negotiation = trade.agreement, trade.agreement.negotiation
    document = canonical_json.loads(bytes(agreement.document))
    signed = policy.parse(document["policy"])
    simple = policy.terms_of(signed)
    use_ends_at = agreement.agreed_at + timedelta(days=simple.term_days) if simple and simple.term_days else None
    if use_ends_at is None and grant is not None:
        use_ends_at = grant.expires_at
    delete_days = simple.delete_within_days if simple else None
    return AgreementRow(
        negotiation_id=negotiation.id,
        number=agreement.number,
        sha256=agreement.sha256,
        clauses=len(document["clauses"]),
        changed=sum(clause["differs_from_template"] for clause in document["clauses"]),
        rounds=negotiation.turns,
        silence_clause=clauses.paragraph_number("acceptance", "silence", terms.of(negotiation)),
        providers=providers,
        purposes=purposes_of(document["policy"]),
        use_ends_at=use_ends_at,
        delete_by_at=use_ends_at + timedelta(days=delete_days) if use_ends_at and delete_days is not None else None,
    )


def purposes_of(document: Mapping[str, object]) -> tuple[str, ...]:
    """The purposes that a use may declare, as the policy lists them; empty where any or none is listed."""
    plain = policy.words(policy.parse(document))
    named = next((phrase.params["purposes"] for phrase in plain.may if phrase.code == "use_for"), ())
    return tuple(str(each) for each in named) if isinstance(named, tuple) else ()


def trade_for(by: Member, trade_id: UUID) -> dict[str, Any]:
    """A trade with its periods, payment and grant, for the API."""
    trade = trade_of_party(by, trade_id)
    periods = list(Period.objects.filter(trade=trade).select_related("trade").order_by("n"))
    standstills.give_back_to_periods(periods)
    last = periods[-1]
    subjects = [trade.id, trade.supplier_id, trade.buyer_id, trade.version_id, trade.product_id, last.id]
    shown = {
        name: getattr(trade, name)
        for name in (
            "id",
            "number",
            "state",
            "title",
            "supplier_id",
            "buyer_id",
            "agreement_id",
            "created_at",
            "ended_at",
        )
    }
    return shown | {
        "periods": periods,
        "payment": money.payment_of(last.urn),
        "grant": delivery.grant_id_of(last.urn),
        "is_held": bool(holds.active(subjects)),
        "is_disputed": Dispute.objects.filter(period=last, state=DisputeState.OPEN).exists(),
    }


def numbers_of(by: Member, trade_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The numbers of the caller's own trades among these."""
    return dict(Trade.objects.filter(mine(by), id__in=set(trade_ids)).values_list("id", "number"))
