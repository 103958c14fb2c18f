"""Whose turn it is while a product version is reviewed."""

from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from listings import reviews
from listings.models import ProductVersion
from listings.states import VersionState
from market.events.dispatch import News
from market.kernel import ids
from market.notifications import kinds, todo
from market.notifications.todo import Turn
from market.participants.members import OrganisationKind, Role
from market.participants.models import Organisation

_REVIEW: Final = "/desk/reviews/{subject}/"
_OWN: Final = "/workbench/products/{subject}/"
_TOLD: Final = {"listing.published": "version.listed", "version.rejected": "version.refused"}

kinds.declare("version.review", title=_("Review %(title)s, %(number)s"), path=_REVIEW)
kinds.declare("version.mend", title=_("Mend %(title)s and submit it again"), path=_OWN)
kinds.declare("version.listed", title=_("%(title)s is listed"), path=_OWN)
kinds.declare("version.refused", title=_("%(title)s was rejected in review"), path=_OWN)


def hear(news: News) -> None:
    """A version was submitted, returned, decided or withdrawn. Heard twice or late, it changes nothing."""
    version = ProductVersion.objects.select_related("product").get(id=ids.from_urn(news.subject))
    todo.follow(version.id, lambda: turns(version.id), thread=version.product_id)
    if told := _TOLD.get(news.kind):
        turn = Turn(told, version.product.supplier_id, [Role.TRADER], _params(version))
        todo.notify(news.event_id, turn, subject=version.id, thread=version.product_id)


def turns(version_id: UUID) -> list[Turn]:
    """Who has to act on the version now: a reviewer, its supplier, or nobody."""
    version = ProductVersion.objects.select_related("product").get(id=version_id)
    if version.state == VersionState.RETURNED:
        return [Turn("version.mend", version.product.supplier_id, [Role.TRADER], _params(version))]
    if version.state != VersionState.SUBMITTED:
        return []
    operators = Organisation.objects.filter(kind=OrganisationKind.OPERATOR).values_list("id", flat=True)
    due_at = reviews.due_at(version)
    return [Turn("version.review", operator, [Role.REVIEWER], _params(version), due_at) for operator in operators]


def _params(version: ProductVersion) -> dict[str, str]:
    return {"title": version.title, "number": version.product.number}
