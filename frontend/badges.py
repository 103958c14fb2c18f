"""The word, icon and tone of every state a page shows. A state without an entry is an error, never a grey default."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contracts.states import DisputeState, NegotiationState, PeriodState, TradeState
from delivery.states import GrantState, UseState
from listings.states import ResourceState, VersionState
from market.participants.states import AdmissionState
from provenance.anchor_models import Anchor
from settlement.states import BookingState, LineState, ObligationState, PayoutState
from settlement.states import PeriodState as MonthState
from supervision.states import OrderState


@dataclass(frozen=True, slots=True)
class Badge:
    """How one state looks: icon name, tone class, and a word where the state's own label does not say enough."""

    icon: str
    tone: str
    word: str | Promise = ""


DONE: Final = Badge("check", "success")  # reached and good
WAITING: Final = Badge("open", "")  # open, nobody is late
RUNNING: Final = Badge("clock", "")  # a machine is at it
LOCKED: Final = Badge("lock", "")  # money waits here
WARNED: Final = Badge("warn", "warn")  # somebody should look
FAILED: Final = Badge("cross", "danger")  # ended badly, or stopped

# The state machines of the rooms; words are the labels of their states.
MACHINES: Final[Mapping[str, tuple[type[TextChoices], Mapping[str, Badge]]]] = {
    "anchor": (
        Anchor.State,
        {
            Anchor.State.PLANNED: WAITING,
            Anchor.State.SENT: RUNNING,
            Anchor.State.MINED: RUNNING,
            Anchor.State.FINAL: DONE,
            Anchor.State.REFUSED: FAILED,
            Anchor.State.RESET: WARNED,
        },
    ),
    "admission": (
        AdmissionState,
        {
            AdmissionState.DRAFT: WAITING,
            AdmissionState.SUBMITTED: WAITING,
            AdmissionState.RETURNED: WARNED,
            AdmissionState.ADMITTED: DONE,
            AdmissionState.REJECTED: FAILED,
        },
    ),
    "resource": (
        ResourceState,
        {
            ResourceState.RECEIVED: WAITING,
            ResourceState.PROCESSING: RUNNING,
            ResourceState.READY: DONE,
            ResourceState.REFUSED: FAILED,
        },
    ),
    "version": (
        VersionState,
        {
            VersionState.DRAFT: WAITING,
            VersionState.SUBMITTED: WAITING,
            VersionState.RETURNED: WARNED,
            VersionState.PUBLICITY: WAITING,
            VersionState.LISTED: DONE,
            VersionState.REJECTED: FAILED,
            VersionState.WITHDRAWN: FAILED,
            VersionState.DELISTED: FAILED,
        },
    ),
    "negotiation": (
        NegotiationState,
        {
            NegotiationState.REQUESTED: WAITING,
            NegotiationState.OFFERED: WAITING,
            NegotiationState.ACCEPTED: WAITING,
            NegotiationState.AGREED: WAITING,
            NegotiationState.VERIFIED: WAITING,
            NegotiationState.FINALIZED: DONE,
            NegotiationState.TERMINATED: FAILED,
        },
    ),
    "trade": (
        TradeState,
        {
            TradeState.AGREED: WAITING,
            TradeState.RUNNING: WAITING,
            TradeState.CLOSED: DONE,
            TradeState.CANCELLED: FAILED,
            TradeState.EXPIRED: FAILED,
            TradeState.REFUNDED: WARNED,
        },
    ),
    "period": (
        PeriodState,
        {
            PeriodState.DUE: WAITING,
            PeriodState.FUNDED: LOCKED,
            PeriodState.DELIVERING: WAITING,
            PeriodState.ACCEPTED: DONE,
            PeriodState.SETTLED: DONE,
            PeriodState.CANCELLED: FAILED,
            PeriodState.EXPIRED: FAILED,
            PeriodState.REFUNDED: WARNED,
        },
    ),
    "dispute": (
        DisputeState,
        {DisputeState.OPEN: WARNED, DisputeState.WITHDRAWN: WAITING, DisputeState.CONCEDED: WARNED},
    ),
    "grant": (GrantState, {GrantState.OPEN: DONE, GrantState.CLOSED: WAITING}),
    "use": (UseState, {UseState.OPEN: RUNNING, UseState.CLOSED: DONE}),
    "obligation": (
        ObligationState,
        {
            ObligationState.DUE: WAITING,
            ObligationState.FUNDED: LOCKED,
            ObligationState.RELEASED: DONE,
            ObligationState.REFUNDED: WARNED,
            ObligationState.CANCELLED: FAILED,
            ObligationState.EXPIRED: FAILED,
        },
    ),
    "line": (LineState, {LineState.MATCHED: DONE, LineState.SUSPENSE: WARNED, LineState.RETURNED: WARNED}),
    "booking": (
        BookingState,
        {BookingState.PROPOSED: WAITING, BookingState.BOOKED: DONE, BookingState.REFUSED: FAILED},
    ),
    "month": (MonthState, {MonthState.CLOSED: LOCKED, MonthState.ASKED: WARNED, MonthState.OPEN: WARNED}),
    "order": (
        OrderState,
        {OrderState.PROPOSED: WAITING, OrderState.CONFIRMED: DONE, OrderState.WITHDRAWN: FAILED},
    ),
    "payout": (
        PayoutState,
        {
            PayoutState.REQUESTED: WAITING,
            PayoutState.APPROVED: WAITING,
            PayoutState.INSTRUCTED: RUNNING,
            PayoutState.CONFIRMED: DONE,
            PayoutState.FAILED: FAILED,
            PayoutState.CANCELLED: FAILED,
            PayoutState.RETURNED: WARNED,
        },
    ),
}

# What pages say that is no state machine of a room.
WORDS: Final[Mapping[str, Mapping[str, Badge]]] = {
    "turn": {
        "ours": Badge("arrow", "turn-mark", _("Your turn")),
        "supplier": Badge("clock", "", _("Waiting for the supplier")),
        "buyer": Badge("clock", "", _("Waiting for the buyer")),
        "market": Badge("clock", "", _("Waiting for the market")),
    },
    "job": {
        "queued": Badge("open", "", _("Queued")),
        "running": Badge("clock", "", _("Running")),
        "done": Badge("check", "success", _("Done")),
        "interrupted": Badge("cross", "danger", _("Interrupted")),
    },
    "fetched": {
        "whole": Badge("check", "success", _("Fetched whole")),
        "part": Badge("warn", "warn", _("Fetched in part")),
        "open": Badge("clock", "", _("Address open")),
    },
    "hold": {"active": Badge("warn", "warn", _("On hold")), "lifted": Badge("check", "success", _("Hold lifted"))},
    "risk": {
        "high": Badge("warn", "danger", _("High")),
        "middle": Badge("warn", "warn", _("Middle")),
        "low": Badge("open", "", _("Low")),
    },
    "task": {
        "todo": Badge("open", "", _("Not started")),
        "doing": Badge("open", "", _("In progress")),
        "done": Badge("check", "success", _("Done")),
        "wrong": Badge("warn", "warn", _("Needs a change")),
    },
    "firm": {"verified": Badge("check", "success", _("Verified firm")), "open": Badge("open", "", _("Not verified"))},
    "standing": {
        "pending": Badge("clock", "", _("Not on the ledger yet")),
        "valid": Badge("check", "success", _("Valid")),
        "held": Badge("warn", "warn", _("Valid, on hold")),
        "refunded": Badge("warn", "warn", _("Refunded")),
        "ended": Badge("cross", "danger", _("Ended without settlement")),
        "superseded": Badge("warn", "warn", _("Superseded")),
        "revoked": Badge("cross", "danger", _("Revoked")),
        "erased": Badge("warn", "warn", _("Valid, values erased")),
    },
    "erasure": {
        "proposed": Badge("clock", "warn", _("Waits for a second person")),
        "confirmed": Badge("check", "success", _("Carried out")),
        "withdrawn": Badge("cross", "", _("Dropped")),
    },
    "certificate": {
        "valid": Badge("check", "success", _("Valid")),
        "superseded": Badge("warn", "warn", _("Superseded")),
        "revoked": Badge("cross", "danger", _("Revoked")),
        "erased": Badge("warn", "warn", _("Valid, values erased")),
    },
}


def badge(kind: str, state: str) -> Badge:
    """The badge of a state with its word. Raises LookupError naming both when this file lacks the state."""
    try:
        if kind in WORDS:
            return WORDS[kind][state]
        machine, looks = MACHINES[kind]
        look = looks[state]
    except KeyError:
        raise LookupError(f"no badge for {kind} {state}: add it to frontend/badges.py") from None
    label = str(machine(state).label)
    return Badge(look.icon, look.tone, label[:1].upper() + label[1:])
