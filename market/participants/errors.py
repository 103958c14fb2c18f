"""What participants' verbs refuse."""

from http import HTTPStatus

from django.utils.translation import gettext_lazy as _

from market.kernel.errors import Conflict, MarketError, NotAllowed


class AdmissionOpen(Conflict):
    """There is an open application already."""

    title = _("An application is open already")


class AlreadyRegistered(Conflict):
    """An organisation with this code exists: ask its administrator to be invited."""

    title = _("This organisation is registered already")


class KeyTaken(Conflict):
    """A public key belongs to one signatory of one organisation, once."""

    title = _("This key is registered already")


class AlreadyMember(Conflict):
    """The person has a live membership, or an open invitation, in this organisation."""

    title = _("Already a member or invited")


class LastKeeper(Conflict):
    """An organisation must keep one member who can manage it."""

    title = _("The last administrator cannot go")


class OneOfficer(Conflict):
    """An organisation has one chief data officer at a time (Article 6 of the regulation)."""

    title = _("There is a chief data officer already")


class InvitationOver(MarketError):
    """The invitation was used, withdrawn or has expired."""

    status = HTTPStatus.GONE
    title = _("This invitation is over")


class OtherAddress(NotAllowed):
    """The invitation was sent to another address than the person's confirmed ones."""

    title = _("This invitation is for another address")


class SecondFactorNeeded(NotAllowed):
    """Seats of the operator and of authorities sign in with a second factor."""

    title = _("A second factor is needed")


class WrongPin(MarketError):
    """The PIN does not open the key; the try was counted."""

    status = HTTPStatus.FORBIDDEN
    title = _("The PIN does not fit")


class KeyLocked(MarketError):
    """Five wrong PINs: the key stays shut for good and a new one has to be made."""

    status = HTTPStatus.LOCKED
    title = _("This key is locked")


class LicenceTooLarge(MarketError):
    """A licence scan beyond ten MiB."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    title = _("The file is too large")
