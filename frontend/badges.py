"""The word, icon and tone of every state a page shows. A state without an entry is an error, never a grey default."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Badge:
    """How one state looks: icon name, tone class, word."""

    icon: str
    tone: str
    word: str | Promise


def done(word: str | Promise) -> Badge:
    """✓ in success: reached and good."""
    return Badge("check", "success", word)


def waiting(word: str | Promise) -> Badge:
    """○ in muted: open, nobody is late."""
    return Badge("open", "", word)


def warned(word: str | Promise) -> Badge:
    """⚠ in warn: somebody should look."""
    return Badge("warn", "warn", word)


def failed(word: str | Promise) -> Badge:
    """✕ in danger: ended badly or stopped."""
    return Badge("cross", "danger", word)


BADGES: Final[Mapping[str, Mapping[str, Badge]]] = {
    "turn": {
        "ours": Badge("arrow", "turn-mark", _("Your turn")),
        "theirs": Badge("clock", "", _("Waiting for the other side")),
        "market": Badge("clock", "", _("Waiting for the market")),
    },
    "admission": {
        "draft": waiting(_("Draft")),
        "submitted": waiting(_("Submitted")),
        "returned": warned(_("Returned")),
        "admitted": done(_("Admitted")),
        "rejected": failed(_("Rejected")),
    },
    "version": {
        "draft": waiting(_("Draft")),
        "submitted": waiting(_("Submitted")),
        "reviewing": waiting(_("In review")),
        "publicity": waiting(_("In public notice")),
        "listed": done(_("Listed")),
        "returned": warned(_("Returned")),
        "rejected": failed(_("Rejected")),
        "suspended": warned(_("Suspended")),
        "delisted": failed(_("Delisted")),
    },
    "job": {
        "queued": waiting(_("Queued")),
        "running": Badge("clock", "", _("Running")),
        "done": done(_("Done")),
        "failed": failed(_("Failed")),
        "interrupted": failed(_("Interrupted")),
    },
    "negotiation": {
        "requested": waiting(_("Requested")),
        "offered": waiting(_("Offered")),
        "accepted": done(_("Accepted")),
        "agreed": done(_("Agreed")),
        "verified": done(_("Signed by both")),
        "finalized": done(_("Contract in force")),
        "terminated": failed(_("Terminated")),
    },
    "trade": {
        "open": waiting(_("In progress")),
        "closed": done(_("Closed")),
        "cancelled": failed(_("Cancelled")),
        "expired": failed(_("Expired")),
        "refunded": warned(_("Refunded")),
    },
    "period": {
        "due": waiting(_("Payment due")),
        "funded": Badge("lock", "", _("Paid into escrow")),
        "delivering": waiting(_("Delivering")),
        "accepted": done(_("Accepted")),
        "settled": done(_("Settled")),
        "refunded": warned(_("Refunded")),
        "cancelled": failed(_("Cancelled")),
        "expired": failed(_("Expired")),
    },
    "hold": {
        "active": warned(_("On hold")),
        "lifted": done(_("Hold lifted")),
    },
    "dispute": {
        "open": warned(_("In dispute")),
        "resolved": done(_("Dispute resolved")),
    },
    "grant": {
        "open": done(_("Open")),
        "exhausted": waiting(_("Used up")),
        "expired": failed(_("Expired")),
        "revoked": failed(_("Revoked")),
    },
    "use": {
        "open": waiting(_("Running")),
        "closed": done(_("Closed")),
        "refused": failed(_("Refused")),
    },
    "payment": {
        "expected": waiting(_("Expected")),
        "matched": done(_("Matched")),
        "suspense": warned(_("In suspense")),
        "returned": failed(_("Sent back")),
    },
    "payout": {
        "requested": waiting(_("Requested")),
        "approved": waiting(_("Approved")),
        "sent": waiting(_("Sent to the bank")),
        "confirmed": done(_("Confirmed by the bank")),
        "rejected": failed(_("Rejected")),
        "failed": failed(_("Failed")),
    },
    "risk": {
        "high": Badge("warn", "danger", _("High")),
        "middle": warned(_("Middle")),
        "low": waiting(_("Low")),
    },
    "task": {
        "todo": waiting(_("Not started")),
        "doing": waiting(_("In progress")),
        "done": done(_("Done")),
        "wrong": warned(_("Needs a change")),
    },
    "certificate": {
        "valid": done(_("Valid")),
        "superseded": warned(_("Superseded")),
        "revoked": failed(_("Revoked")),
    },
}


def badge(kind: str, state: str) -> Badge:
    """The badge of a state; states are compared without regard to case (the protocol writes them in capitals).

    Raises LookupError naming both when this file lacks the state: add it here with its word.
    """
    try:
        return BADGES[kind][str(state).lower()]
    except KeyError:
        raise LookupError(f"no badge for {kind} {state}: add it to frontend/badges.py") from None
