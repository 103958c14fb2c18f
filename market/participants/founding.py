"""The first seats: the operator and the authorities are founded from the machine's console, never over the web."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _t

from market.events import outbox
from market.kernel.errors import Invalid
from market.participants.errors import AlreadyMember, AlreadyRegistered
from market.participants.members import Actor, OrganisationKind, Role, roles_of
from market.participants.models import Membership, Organisation, Person
from market.verbs import verb

SEATS = (OrganisationKind.OPERATOR, OrganisationKind.AUTHORITY)


@verb("organisation.created")
def found(*, kind: OrganisationKind, name: str, district: str, sector: str = "", by: Actor) -> Organisation:
    """Make the operator's or an authority's organisation. Raises AlreadyRegistered for a second operator, Invalid."""
    if kind not in SEATS:
        raise Invalid.field("kind", _t("registers itself"), _t("sign up on the site"))
    organisation = Organisation(kind=kind, name=name, district=district, sector=sector or "public")
    try:
        with transaction.atomic():
            organisation.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyRegistered from error
    outbox.record(
        "organisation.created",
        subject=organisation.urn,
        actor=by.urn,
        parties=[organisation.id],
        kind=str(kind),
        name=name,
        uscc="",
    )
    return organisation


@verb("membership.joined")
def seat(
    organisation: Organisation, person: Person, roles: list[Role], *, district: str = "", sector: str = "", by: Actor
) -> Membership:
    """Give a person a seat there. Raises AlreadyMember, Invalid for a role that such an organisation does not have."""
    allowed = roles_of(OrganisationKind(organisation.kind))
    if not roles or set(roles) - allowed:
        fix = ", ".join(sorted(str(role) for role in allowed))
        raise Invalid.field("roles", _t("names none or one that cannot be held here"), fix)
    if organisation.memberships.filter(person=person, ended_at__isnull=True).exists():
        raise AlreadyMember
    membership = Membership.objects.create(
        organisation=organisation, person=person, roles=sorted(roles), district=district, sector=sector
    )
    outbox.record(
        "membership.joined",
        subject=membership.urn,
        actor=by.urn,
        thread=organisation.urn,
        parties=[organisation.id],
        person=person.urn,
        roles=sorted(roles),
        district=district,
        sector=sector,
    )
    return membership
