"""Organisations: made by a person, who is then their first administrator."""

import re
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _t

from market import holds, places
from market.events import outbox
from market.kernel import seals
from market.kernel.errors import Conflict, FieldProblem, Invalid, NotFound
from market.participants import codes
from market.participants.errors import AlreadyRegistered
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
_PHONE = re.compile(r"\+?[0-9](?:[ -]?[0-9]){5,19}")
FIRST_ROLES = [Role.ADMIN, Role.TRADER, Role.SIGNATORY, Role.FINANCE]


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
    wrong = _wrong(name, district) + _wrong_sector(sector)
    if kind not in SELF_MADE:
        wrong.append(FieldProblem(field="kind", reason=_t("cannot be registered here"), fix=_t("choose another kind")))
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
    _insert(organisation)
    Membership.objects.create(organisation=organisation, person=by, roles=list(FIRST_ROLES))
    _tell_created(organisation, actor=by.urn)
    return organisation


@verb("organisation.changed")
def change(
    *,
    contact_name: str,
    contact_phone: str,
    contact_email: str,
    name: str | None = None,
    district: str | None = None,
    sector: str | None = None,
    by: Member,
) -> Organisation:
    """Change what stands about the caller's organisation. Name, district and sector: only before it was admitted.

    Raises NotAllowed, Invalid, Conflict, Held. Without a difference nothing is told.
    """
    by.require(Role.ADMIN, Role.SECADMIN)
    organisation = Organisation.objects.select_for_update(no_key=True).filter(id=by.organisation_id).first()
    if organisation is None:
        raise NotFound
    holds.check(organisation.urn)
    wanted = {
        "contact_name": contact_name.strip(),
        "contact_phone": contact_phone.strip(),
        "contact_email": contact_email.strip(),
        "name": organisation.name if name is None else name.strip(),
        "district": organisation.district if district is None else district,
        "sector": organisation.sector if sector is None else sector.strip(),
    }
    wrong = _wrong(wanted["name"], wanted["district"]) + _wrong_contact(wanted)
    if wanted["sector"] != organisation.sector:  # the operator's own stands outside the list
        wrong += _wrong_sector(wanted["sector"])
    if wrong:
        raise Invalid(wrong)
    changed = [field for field, value in wanted.items() if getattr(organisation, field) != value]
    if set(changed) & {"name", "district", "sector"} and not _is_open_to_change(organisation):
        raise Conflict(_t("Name, district and sector were admitted as they are; apply to the operator to change them."))
    if not changed:
        outbox.unchanged()
        return organisation
    for field in changed:
        setattr(organisation, field, wanted[field])
    organisation.save(update_fields=changed)
    outbox.record(
        "organisation.changed",
        subject=organisation.urn,
        actor=by.urn,
        thread=organisation.urn,
        parties=[organisation.id],
        changed=changed,
    )
    return organisation


def _wrong(name: str, district: str) -> list[FieldProblem]:
    wrong: list[FieldProblem] = []
    if not name.strip():
        wrong.append(FieldProblem(field="name", reason=_t("is empty"), fix=_t("give the registered name")))
    if not (len(district) == 6 and district.isascii() and district.isdigit()):
        fix = _t("six digits, e.g. 140105")
        wrong.append(FieldProblem(field="district", reason=_t("is not a division code"), fix=fix))
    return wrong


def _wrong_sector(sector: str) -> list[FieldProblem]:
    if not sector.strip():
        return [FieldProblem(field="sector", reason=_t("is empty"), fix=_t("choose a sector"))]
    return places.sector_problems(sector)


def _wrong_contact(wanted: dict[str, str]) -> list[FieldProblem]:
    wrong: list[FieldProblem] = []
    if wanted["contact_phone"] and not _PHONE.fullmatch(wanted["contact_phone"]):
        fix = _t("digits, with blanks or hyphens between them, e.g. 0351-1234567")
        wrong.append(FieldProblem(field="contact_phone", reason=_t("is not a telephone number"), fix=fix))
    if wanted["contact_email"]:
        try:
            validate_email(wanted["contact_email"])
        except ValidationError:
            fix = _t("write it like name@example.org")
            wrong.append(FieldProblem(field="contact_email", reason=_t("is not an e-mail address"), fix=fix))
    return wrong


def _is_open_to_change(organisation: Organisation) -> bool:
    """Not admitted, and no application on the reviewer's desk."""
    return organisation.admitted_at is None and not organisation.admissions.filter(state="submitted").exists()


def _insert(organisation: Organisation) -> None:
    try:
        with transaction.atomic():
            organisation.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyRegistered(_t("Ask an administrator of the organisation for an invitation.")) from error


def _tell_created(organisation: Organisation, *, actor: str) -> None:
    outbox.record(
        "organisation.created",
        subject=organisation.urn,
        actor=actor,
        parties=[organisation.id],
        kind=str(organisation.kind),
        name=organisation.name,
        uscc=organisation.uscc,
    )


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
