"""What each kind of event is called. A kind without words is an error, never shown as its code."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

WORDS: Final[Mapping[str, Promise]] = {
    "admission.documented": _("Admission paper filed"),
    "admission.drafted": _("Admission begun"),
    "admission.rejected": _("Admission rejected"),
    "admission.returned": _("Admission returned"),
    "admission.submitted": _("Admission applied for"),
    "agreement.finalized": _("Contract in force"),
    "agreement.verified": _("Contract signed by the buyer"),
    "api_key.issued": _("Access key issued"),
    "api_key.revoked": _("Access key revoked"),
    "accounting_period.closed": _("Accounting period closed"),
    "accounting_period.reopened": _("Accounting period reopened"),
    "accounting_period.reopening_asked": _("Reopening of an accounting period asked for"),
    "bank_account.registered": _("Bank account registered"),
    "booking.booked": _("Manual booking made"),
    "booking.proposed": _("Manual booking proposed"),
    "booking.refused": _("Manual booking refused"),
    "certificate.issued": _("Certificate issued"),
    "certificate.revoked": _("Certificate revoked"),
    "erasure.confirmed": _("Erasure carried out"),
    "erasure.proposed": _("Erasure proposed"),
    "erasure.withdrawn": _("Erasure dropped"),
    "opening.erased": _("Values of an entry erased"),
    "dispute.conceded": _("Objection conceded"),
    "turn.reminded": _("Other side reminded"),
    "dispute.opened": _("Objection raised"),
    "dispute.withdrawn": _("Objection withdrawn"),
    "earnings.freed": _("Earnings freed for payout"),
    "escrow.refunded": _("Escrow refunded"),
    "escrow.released": _("Escrow divided and released"),
    "grant.closed": _("Access closed"),
    "grant.opened": _("Access opened under the contract"),
    "hold.lifted": _("Hold lifted"),
    "hold.placed": _("Hold placed"),
    "key.refused": _("Signing key refused"),
    "key.registered": _("Signing key registered"),
    "key.revoked": _("Signing key revoked"),
    "listing.delisted": _("Product delisted"),
    "listing.published": _("Product listed"),
    "log.key_rotated": _("Log's signing key changed"),
    "log.repaired": _("Log put right"),
    "membership.changed": _("Member's roles changed"),
    "membership.ended": _("Membership ended"),
    "membership.invited": _("Member invited"),
    "membership.joined": _("Member joined"),
    "membership.withdrawn": _("Invitation withdrawn"),
    "negotiation.accepted": _("Terms accepted"),
    "negotiation.agreed": _("Contract signed by the supplier"),
    "negotiation.offered": _("Counter-offer made"),
    "negotiation.requested": _("Contract asked for"),
    "negotiation.terminated": _("Negotiation ended"),
    "obligation.cancelled": _("Payment called off"),
    "obligation.expired": _("Payment overdue, trade expired"),
    "obligation.opened": _("Payment due"),
    "offer.opened": _("Price offered"),
    "offer.withdrawn": _("Offer withdrawn"),
    "order.confirmed": _("Order confirmed by a second person"),
    "order.proposed": _("Order proposed"),
    "order.withdrawn": _("Order withdrawn"),
    "organisation.admitted": _("Organisation admitted"),
    "organisation.changed": _("Organisation's details changed"),
    "organisation.created": _("Organisation registered"),
    "party.look_refused": _("Look at a party's file refused"),
    "party.looked": _("Look at a party's file"),
    "payment.received": _("Payment received in escrow"),
    "payout.approved": _("Payout approved"),
    "payout.cancelled": _("Payout cancelled"),
    "payout.confirmed": _("Payout confirmed by the bank"),
    "payout.failed": _("Payout failed"),
    "payout.instructed": _("Payout sent to the bank"),
    "payout.requested": _("Payout requested"),
    "payout.returned": _("Payout returned by the bank"),
    "period.accepted": _("Data accepted"),
    "period.cancelled": _("Trade period cancelled"),
    "period.delivered": _("Data delivered"),
    "period.expired": _("Trade period expired unpaid"),
    "period.funded": _("Trade period paid into escrow"),
    "period.refunded": _("Trade period refunded"),
    "period.settled": _("Trade period settled"),
    "receipt.judged": _("Doubtful receipt judged"),
    "receipt.returned": _("Receipt returned to its payer"),
    "receipt.suspended": _("Receipt held in suspense"),
    "resource.reading": _("File being read"),
    "resource.reopened": _("File to be read again"),
    "resource.ready": _("File read"),
    "resource.received": _("File received"),
    "resource.refused": _("File could not be read"),
    "statement.imported": _("Bank statement imported"),
    "suspense.assigned": _("Suspended receipt assigned"),
    "trade.closed": _("Trade closed"),
    "trade.ended": _("Trade ended early"),
    "use.closed": _("Use closed"),
    "use.completed": _("Whole file delivered"),
    "use.opened": _("Use opened"),
    "use.overran": _("Use delivered more than it counted"),
    "use.refused": _("Use refused"),
    "version.changed": _("Product description changed"),
    "version.drafted": _("Product drafted"),
    "version.publicised": _("Product in publicity"),
    "version.rejected": _("Product rejected"),
    "version.returned": _("Product returned"),
    "version.submitted": _("Product submitted for review"),
    "version.withdrawn": _("Product withdrawn"),
}


def words(kind: str) -> str:
    """What a kind of event is called. Raises LookupError for a kind without words."""
    try:
        return str(WORDS[kind])
    except KeyError:
        raise LookupError(f"no words for the event kind {kind}: add them to frontend/kinds.py") from None


def sentence(kind: str, public: Mapping[str, Any]) -> str:
    """One entry in plain words, with what of it is public."""
    if "title" in public and "n" in public:
        return _t("%(what)s: %(title)s, version %(n)s") % {
            "what": words(kind), "title": public["title"], "n": public["n"],
        }  # fmt: skip
    return words(kind)


def choices() -> list[tuple[str, str]]:
    """All kinds with their words, for a filter."""
    return [(kind, str(name)) for kind, name in WORDS.items()]
