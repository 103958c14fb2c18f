"""Organisations: made by a person, who is then their first administrator."""

from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from market.events import outbox
from market.kernel import seals
from market.kernel.errors import Conflict, FieldProblem, Invalid
from market.participants import codes
from market.participants.members import Member, OrganisationKind, Role
from market.participants.models import Membership, Organisation, Person
from market.verbs import verb

SELF_MADE = frozenset(
    {
        OrganisationKind.ENTERPRISE,
        OrganisationKind.INDIVIDUAL,
        OrganisationKind.PUBLIC_BODY,
        OrganisationKind.SERVICE_PARTY,
    }
)
FIRST_ROLES = [Role.ADMIN, Role.TRADER, Role.SIGNATORY, Role.FINANCE]


class AlreadyRegistered(Conflict):
    """An organisation with this code exists: ask its administrator to be invited."""

    title = _("This organisation is registered already")


@verb("organisation.created")
def create(
    *,
    kind: OrganisationKind,
    name: str,
    district: str,
    sector: str,
    uscc: str = "",
    identity_number: str = "",
    by: Person,
) -> Organisation:
    """Register an organisation; its maker becomes administrator, trader, signatory and finance.

    uscc: 18 characters (GB 32100), for all but natural persons, whose identity number (GB 11643) is sealed.
    Raises Invalid naming each wrong field, AlreadyRegistered.
    """
    wrong: list[FieldProblem] = []
    if kind not in SELF_MADE:
        wrong.append(FieldProblem(field="kind", reason=_t("cannot be registered here"), fix=_t("choose another kind")))
    if not name.strip():
        wrong.append(FieldProblem(field="name", reason=_t("is empty"), fix=_t("give the registered name")))
    if not (len(district) == 6 and district.isdigit()):
        wrong.append(
            FieldProblem(field="district", reason=_t("is not a division code"), fix=_t("six digits, e.g. 140105"))
        )
    if not sector.strip():
        wrong.append(FieldProblem(field="sector", reason=_t("is empty"), fix=_t("choose a sector")))
    if kind == OrganisationKind.INDIVIDUAL:
        wrong += codes.identity_problems(identity_number)
    else:
        wrong += codes.uscc_problems(uscc)
    if wrong:
        raise Invalid(wrong)
    person_number = identity_number.strip().upper() if kind == OrganisationKind.INDIVIDUAL else ""
    organisation = Organisation(kind=kind, name=name.strip(), district=district, sector=sector)
    if person_number:
        organisation.identity_sealed = seals.seal(person_number.encode(), settings.FIELD_KEY, purpose="identity")
        organisation.identity_digest = seals.digest(person_number.encode(), settings.FIELD_KEY, purpose="identity")
        organisation.identity_masked = f"{person_number[:6]}********{person_number[-4:]}"
    else:
        organisation.uscc = uscc.strip().upper()
    try:
        with transaction.atomic():
            organisation.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyRegistered(_t("Ask an administrator of the organisation for an invitation.")) from error
    Membership.objects.create(organisation=organisation, person=by, roles=list(FIRST_ROLES))
    outbox.record(
        "organisation.created",
        subject=organisation.urn,
        actor=f"urn:uuid:{by.id}",
        parties=[organisation.id],
        kind=str(kind),
        name=organisation.name,
        uscc=organisation.uscc,
    )
    return organisation


def member(person_id: UUID, organisation_id: UUID, scopes: frozenset[str] | None = None) -> Member | None:
    """The person as an actor for the organisation, or None where there is no live membership."""
    membership = (
        Membership.objects.select_related("organisation")
        .filter(
            person_id=person_id,
            organisation_id=organisation_id,
            ended_at__isnull=True,
            person__is_active=True,
        )
        .first()
    )
    return of(membership, scopes) if membership else None


def of(membership: Membership, scopes: frozenset[str] | None = None) -> Member:
    """A membership as an actor."""
    organisation = membership.organisation
    return Member(
        person_id=membership.person_id,
        organisation_id=organisation.id,
        organisation_name=organisation.name,
        organisation_kind=OrganisationKind(organisation.kind),
        roles=frozenset(Role(role) for role in membership.roles),
        is_admitted=organisation.admitted_at is not None,
        district=membership.district,
        sector=membership.sector,
        scopes=scopes,
    )
