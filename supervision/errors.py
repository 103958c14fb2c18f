"""What supervision's verbs refuse."""

from django.utils.translation import gettext_lazy as _

from market.kernel.errors import Conflict


class AlreadyProposed(Conflict):
    """There is an open order of this kind on the same subject: confirm or withdraw it."""

    title = _("An order is open already")
