"""What this room refuses."""

from django.utils.translation import gettext_lazy as _

from market.kernel.errors import Conflict, Invalid


class NotCovered(Conflict):
    """An account holds less than the step would take. Nothing was moved."""

    title = _("There is not enough money in this account")


class AlreadyPosted(Conflict):
    """This business fact is in the journal already."""

    title = _("This was booked already")


class OtherTerms(Conflict):
    """The same reference or key was used before, with other amounts or parties."""

    title = _("This reference is taken with other terms")


class KeyReused(Conflict):
    """An Idempotency-Key names one request; this one asks for something else under the same key."""

    title = _("This key belongs to another request")


class PeriodClosed(Conflict):
    """The accounting period of this day is closed: nothing is booked into it unless two people reopen it."""

    title = _("The accounting period is closed")


class NotReversible(Conflict):
    """This transfer belongs to a step that has its own way back, or it was reversed already."""

    title = _("This entry is not reversed by hand")


class BooksDisagree(Conflict):
    """A period is not closed over books that do not agree. `findings` names what differs."""

    title = _("The books do not agree")


class NotFunded(Conflict):
    """There is no money in escrow for this reference."""

    title = _("Nothing is in escrow for this reference")


class UnreadableStatement(Invalid):
    """A statement file that cannot be read whole. `fields` name row and column; nothing of it was kept."""

    title = _("The statement could not be read")


class StatementGap(Conflict):
    """A statement does not follow the one before: lines are missing or were imported in another order."""

    title = _("The statement does not follow the one before")


class NameDiffers(Invalid):
    """A bank account must be held by the organisation itself."""

    title = _("The account holder is not the organisation")


class NeedsSecondPerson(Conflict):
    """The one who asked for a payout may not approve it."""

    title = _("A second person must approve")


class NoBankAccount(Conflict):
    """Nobody said where the money should go."""

    title = _("No bank account is known")


class NothingToSend(Conflict):
    """No approved payout waits, or all that wait are on hold."""

    title = _("No payout waits to be sent")
