"""What can be asked of this room: by parties only."""

from typing import Any
from uuid import UUID

from django.db.models import Q

from contracts.models import Agreement, Dispute, Negotiation, Period, Trade
from contracts.states import DisputeState
from delivery import queries as delivery
from market import holds
from market.kernel.errors import NotFound
from market.participants.members import Member
from settlement import queries as money


def _mine(by: Member) -> Q:
    return Q(supplier_id=by.organisation_id) | Q(buyer_id=by.organisation_id)


def negotiations_of(by: Member, *, page: int, size: int) -> list[Negotiation]:
    """The caller's negotiations, last changed first."""
    found = Negotiation.objects.filter(_mine(by)).order_by("-changed_at")
    return list(found[(page - 1) * size : page * size])


def negotiation_for(by: Member, negotiation_id: UUID) -> Negotiation:
    """A negotiation for one of its sides. Raises NotFound for strangers."""
    found = Negotiation.objects.select_related("offer__version").filter(_mine(by), id=negotiation_id).first()
    if found is None:
        raise NotFound
    return found


def agreement_for(by: Member, agreement_id: UUID) -> Agreement:
    """An agreement for one of its sides. Raises NotFound for strangers."""
    mine = Q(negotiation__supplier_id=by.organisation_id) | Q(negotiation__buyer_id=by.organisation_id)
    found = Agreement.objects.filter(mine, id=agreement_id).first()
    if found is None:
        raise NotFound
    return found


def trades_of(by: Member, *, page: int, size: int) -> list[Trade]:
    """The caller's trades, newest first."""
    return list(Trade.objects.filter(_mine(by)).order_by("-created_at")[(page - 1) * size : page * size])


def trade_of_party(by: Member, trade_id: UUID) -> Trade:
    """A trade for one of its parties. Raises NotFound for strangers."""
    found = Trade.objects.select_related("agreement__negotiation").filter(_mine(by), id=trade_id).first()
    if found is None:
        raise NotFound
    return found


def trade_for(by: Member, trade_id: UUID) -> dict[str, Any]:
    """A trade with all that its page needs."""
    trade = trade_of_party(by, trade_id)
    periods = list(Period.objects.filter(trade=trade).order_by("n"))
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
