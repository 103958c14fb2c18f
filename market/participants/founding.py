"""The first seats: the operator and the authorities are founded from the machine's console, never over the web."""

from market.events import outbox
from market.kernel.errors import FieldProblem, Invalid
from market.participants.members import AUTHORITY_ROLES, OPERATOR_ROLES, Actor, OrganisationKind, Role
from market.participants.models import Membership, Organisation, Person
from market.verbs import verb

ROLES_OF = {
    OrganisationKind.OPERATOR: OPERATOR_ROLES | {Role.ADMIN},
    OrganisationKind.AUTHORITY: AUTHORITY_ROLES | {Role.ADMIN, Role.AUDITOR},
}


@verb("organisation.created")
def found(*, kind: OrganisationKind, name: str, district: str, sector: str = "", by: Actor) -> Organisation:
    """Make the operator's or an authority's organisation. There is one operator (the database says so)."""
    if kind not in ROLES_OF:
        raise Invalid([FieldProblem(field="kind", reason="registers itself", fix="operator or authority")])
    organisation = Organisation.objects.create(kind=kind, name=name, district=district, sector=sector or "public")
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
    """Give a person a seat there. Raises Invalid for a role that such an organisation does not have."""
    foreign = set(roles) - ROLES_OF[OrganisationKind(organisation.kind)]
    if foreign or not roles:
        raise Invalid([FieldProblem(field="roles", reason="do not belong there", fix=", ".join(sorted(foreign)))])
    membership = Membership.objects.create(
        organisation=organisation, person=person, roles=sorted(roles), district=district, sector=sector
    )
    outbox.record(
        "membership.joined",
        subject=organisation.urn,
        actor=by.urn,
        parties=[organisation.id],
        person=f"urn:uuid:{person.id}",
        roles=sorted(roles),
    )
    return membership
