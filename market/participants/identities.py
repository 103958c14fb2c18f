"""Identity numbers of natural persons: sealed, shown masked; who sees one in full leaves a record first."""

from uuid import UUID

from django.conf import settings

from market import access
from market.kernel import seals
from market.kernel.errors import NotFound
from market.participants.members import Member, OrganisationKind, Role
from market.participants.models import Organisation


def reveal(organisation_id: UUID, *, case: str, reason: str, by: Member) -> str:
    """The identity number behind a natural person's registration. Raises NotAllowed, NotFound, Invalid.

    For the operator's reviewer only; the look stands in the journal, where the person sees it too.
    """
    by.require(Role.REVIEWER)
    organisation = Organisation.objects.filter(id=organisation_id, kind=OrganisationKind.INDIVIDUAL).first()
    if organisation is None or organisation.identity_sealed is None:
        raise NotFound
    access.look(
        by,
        subject=organisation.urn,
        parties=[organisation.id],
        case=case,
        reason=reason,
        fields=["identity_number"],
    )
    return seals.unseal(bytes(organisation.identity_sealed), settings.FIELD_KEY, purpose="identity").decode()
