"""Refusals of this room."""

from django.utils.translation import gettext_lazy as _

from market.kernel.errors import Conflict, TooLarge


class UploadTooLarge(TooLarge):
    """A file beyond the market's limit; nothing of it was kept."""

    title = _("The file is too large")


class ResourceNotReady(Conflict):
    """The file has not been read yet, or could not be."""

    title = _("The file is not ready yet")


class ChecksFailed(Conflict):
    """The automatic checks found reasons against a submission."""

    title = _("The automatic checks found something")


class OfferClosed(Conflict):
    """The offer was withdrawn, or its version is not listed."""

    title = _("This offer is not open")


class SameContent(Conflict):
    """The supplier holds a file with the same fingerprint."""

    title = _("The same file is here already")
