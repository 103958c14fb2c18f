"""A version as the operator's and the authorities' seats may read it: within their reach, with a reason, recorded."""

from typing import Final
from uuid import UUID

from listings import detail
from listings.detail import Detail
from listings.models import ProductVersion
from listings.states import VersionState
from market import access
from market.kernel.errors import NotFound
from market.participants.members import AUTHORITY_ROLES, Member, Role

READERS: Final = (Role.REVIEWER, Role.APPROVER, Role.AUDITOR, *sorted(AUTHORITY_ROLES))
FIELDS: Final = ("checks", "contact", "findings", "offers", "preview", "review_reason", "statistics")


def require(version_id: UUID, *, by: Member, reason: str = "") -> ProductVersion:
    """The version, if the seat's district and sector reach it. Raises NotAllowed, NotFound, and OutOfScope, recorded.

    A draft is its supplier's own affair until it is handed in.
    """
    by.require(*READERS)
    version = (
        ProductVersion.objects.select_related("product__supplier")
        .exclude(state=VersionState.DRAFT)
        .filter(id=version_id)
        .first()
    )
    if version is None:
        raise NotFound
    access.require_sight(
        by,
        subject=version.urn,
        district=version.district,
        sector=version.sector,
        parties=[version.product.supplier_id],
        case=version.product.number,
        reason=reason,
    )
    return version


def read(version_id: UUID, *, reason: str, by: Member, column_page: int = 1) -> Detail:
    """Everything about a version; the look is recorded first and the supplier sees it in its journal.

    Raises as `require`, and Invalid for an empty reason.
    """
    version = require(version_id, by=by, reason=reason)
    access.look(
        by,
        subject=version.urn,
        parties=[version.product.supplier_id],
        case=version.product.number,
        reason=reason,
        fields=FIELDS,
    )
    return detail.read_whole(version_id, column_page=column_page)
