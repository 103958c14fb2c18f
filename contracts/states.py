"""The machines of this room: a negotiation (DSP 2025-1, spelled as on the wire), a trade, its periods, a dispute."""

from collections.abc import Mapping
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class NegotiationState(models.TextChoices):
    """States of the Dataspace Protocol's contract negotiation."""

    REQUESTED = "REQUESTED", _("requested")
    OFFERED = "OFFERED", _("counter-offer made")
    ACCEPTED = "ACCEPTED", _("terms accepted")
    AGREED = "AGREED", _("signed by the supplier")
    VERIFIED = "VERIFIED", _("signed by the buyer")
    FINALIZED = "FINALIZED", _("in force")
    TERMINATED = "TERMINATED", _("ended without agreement")


N = NegotiationState
NEGOTIATION_FOLLOWS: Final[Mapping[NegotiationState, frozenset[NegotiationState]]] = {
    N.REQUESTED: frozenset({N.OFFERED, N.AGREED, N.TERMINATED}),
    N.OFFERED: frozenset({N.REQUESTED, N.ACCEPTED, N.TERMINATED}),
    N.ACCEPTED: frozenset({N.AGREED, N.TERMINATED}),
    N.AGREED: frozenset({N.VERIFIED, N.TERMINATED}),
    N.VERIFIED: frozenset({N.FINALIZED, N.TERMINATED}),
    N.FINALIZED: frozenset(),
    N.TERMINATED: frozenset(),
}
NEGOTIATION_ENDED: Final = frozenset({N.FINALIZED, N.TERMINATED})


class TradeState(models.TextChoices):
    """A trade runs until it is closed, or ends early. Suspended is a hold, disputed an open dispute: no states."""

    AGREED = "agreed", _("agreed")
    RUNNING = "running", _("in performance")
    CLOSED = "closed", _("closed")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired unpaid")
    REFUNDED = "refunded", _("refunded")


T = TradeState
TRADE_FOLLOWS: Final[Mapping[TradeState, frozenset[TradeState]]] = {
    T.AGREED: frozenset({T.RUNNING, T.CANCELLED}),
    T.RUNNING: frozenset({T.CLOSED, T.CANCELLED, T.EXPIRED, T.REFUNDED}),
    T.CLOSED: frozenset(),
    T.CANCELLED: frozenset(),
    T.EXPIRED: frozenset(),
    T.REFUNDED: frozenset(),
}


class PeriodState(models.TextChoices):
    """One paid stretch of a trade: a one-off sale has one."""

    DUE = "due", _("payment due")
    FUNDED = "funded", _("paid into escrow")
    DELIVERING = "delivering", _("delivered, in acceptance")
    ACCEPTED = "accepted", _("accepted")
    SETTLED = "settled", _("settled")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired unpaid")
    REFUNDED = "refunded", _("refunded")


P = PeriodState
PERIOD_FOLLOWS: Final[Mapping[PeriodState, frozenset[PeriodState]]] = {
    P.DUE: frozenset({P.FUNDED, P.CANCELLED, P.EXPIRED}),
    P.FUNDED: frozenset({P.DELIVERING, P.REFUNDED}),
    P.DELIVERING: frozenset({P.ACCEPTED, P.REFUNDED}),
    P.ACCEPTED: frozenset({P.SETTLED}),
    P.SETTLED: frozenset(),
    P.CANCELLED: frozenset(),
    P.EXPIRED: frozenset(),
    P.REFUNDED: frozenset(),
}


class DisputeState(models.TextChoices):
    """A quarrel over a trade, opened by the buyer; it stops acceptance by silence."""

    OPEN = "open", _("open")
    WITHDRAWN = "withdrawn", _("withdrawn")
    CONCEDED = "conceded", _("conceded by the supplier")


D = DisputeState
DISPUTE_FOLLOWS: Final[Mapping[DisputeState, frozenset[DisputeState]]] = {
    D.OPEN: frozenset({D.WITHDRAWN, D.CONCEDED}),
    D.WITHDRAWN: frozenset(),
    D.CONCEDED: frozenset(),
}
