"""The kinds of event that this room tells."""

from market.events.kinds import declare

_FORM = "民法典 469–491"
_SIGN = "电子签名法 13–14"
_TRADE = "数据安全法 33; 电子商务法 31"

declare(
    "negotiation.requested",
    basis=_FORM,
    offer=str,
    version=str,
    price_minor=int,
    currency=str,
    policy_sha256=str,
    turn=int,
)
declare("negotiation.offered", basis=_FORM, price_minor=int, currency=str, policy_sha256=str, turn=int)
declare("negotiation.accepted", basis=_FORM, price_minor=int, currency=str, turn=int)
declare(
    "negotiation.agreed",
    basis=_SIGN,
    agreement=str,
    agreement_sha256=str,
    price_minor=int,
    currency=str,
    supplier=str,
    buyer=str,
    signature=str,
    public_key=str,
)
declare("agreement.verified", basis=_SIGN, agreement=str, agreement_sha256=str, signature=str, public_key=str)
declare("agreement.finalized", basis=_FORM, agreement=str, agreement_sha256=str)
declare("negotiation.terminated", basis=_FORM, reason=str)
declare("period.funded", basis=_TRADE, n=int, amount_minor=int, currency=str)
declare("period.delivered", basis=_TRADE, n=int, acceptance_due_at=str)
declare("period.accepted", basis="民法典 621", n=int, by_silence=bool)
declare("period.settled", basis=_TRADE, n=int, amount_minor=int, currency=str)
declare("period.cancelled", basis=_TRADE, n=int, reason=str)
declare("period.expired", basis=_TRADE, n=int)
declare("period.refunded", basis=_TRADE, n=int, amount_minor=int, currency=str, reason=str)
declare("trade.closed", basis=_TRADE, number=str)
declare("trade.ended", basis=_TRADE, number=str, how=str)
declare("dispute.opened", basis="民法典 621; 电子商务法 63", dispute=str, reason=str)
declare("dispute.withdrawn", basis="电子商务法 63", dispute=str, answer=str)
declare("dispute.conceded", basis="电子商务法 63", dispute=str, answer=str)
