"""Anchoring that stands is somebody's turn: the operator's system administrators, in the inbox and by letter."""

from datetime import timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from market.kernel import clock
from market.notifications import kinds, todo
from market.notifications.todo import Turn
from market.participants.members import OrganisationKind, Role
from market.participants.models import Organisation
from provenance.anchor_models import Anchoring

SUBJECT: Final = uuid5(NAMESPACE_URL, "urn:market:anchoring")
AFTER: Final = timedelta(minutes=10)  # a node that is away comes back by itself, mostly
PASSING: Final = (Anchoring.Problem.UNREACHABLE, Anchoring.Problem.REFUSED)

kinds.declare("anchoring.mend", title=_("Anchoring stands: %(problem)s"), path="/ledger/anchors/")


def tell() -> None:
    """Open the task for what hinders now, or close it when nothing does. Told twice, it changes nothing."""
    row = Anchoring.objects.get(id=1)
    todo.follow(SUBJECT, lambda: _turns(row))


def _turns(row: Anchoring) -> list[Turn]:
    # On the chain in memory nothing is at stake.
    if not row.problem or row.since is None or not settings.CHAIN_RPC_URL:
        return []
    if row.problem in PASSING and clock.now() - row.since < AFTER:
        return []
    with translation.override("zh-hans"):
        words = str(Anchoring.Problem(row.problem).label)
    operators = Organisation.objects.filter(kind=OrganisationKind.OPERATOR).values_list("id", flat=True)
    return [Turn("anchoring.mend", operator, [Role.SYSADMIN], {"problem": words}) for operator in operators]
