"""Memberships: who may act for an organisation, in which roles, and within which district and sector."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _t

from market import holds, places, rules
from market.events import outbox
from market.kernel import clock
from market.kernel.errors import Conflict, FieldProblem, Invalid, NotAllowed, NotFound
from market.notifications import mail, texts
from market.participants import keys
from market.participants.errors import AlreadyMember, InvitationOver, LastKeeper, OneOfficer, OtherAddress
from market.participants.members import Member, OrganisationKind, Role, keeper_of, roles_of
from market.participants.models import Invitation, Membership, Organisation, Person
from market.verbs import verb


@verb("membership.invited")
def invite(
    *,
    email: str,
    roles: Collection[Role],
    district: str = "",
    sector: str = "",
    organisation_id: UUID | None = None,
    by: Member,
) -> tuple[Invitation, str]:
    """Invite an address; the mail with the link leaves with the commit. Answers the link's secret once.

    district, sector: bounds of an authority's seat; a district counts as a prefix ("1401" sees 140105), "" sees all.
    organisation_id: another organisation than the caller's: an authority, whose seats the operator keeps.
    Raises NotAllowed, Invalid, AlreadyMember, Held.
    """
    organisation = _kept(organisation_id or by.organisation_id, by)
    address = email.strip()
    wrong = _wrong(OrganisationKind(organisation.kind), roles, district, sector)
    try:
        validate_email(address)
    except ValidationError:
        fix = _t("write it like name@example.org")
        wrong.append(FieldProblem(field="email", reason=_t("is not an e-mail address"), fix=fix))
    if wrong:
        raise Invalid(wrong)
    if organisation.memberships.filter(person__email__iexact=address, ended_at__isnull=True).exists():
        raise AlreadyMember
    now = clock.now()
    open_ones = organisation.invitations.filter(
        email__iexact=address, accepted_at__isnull=True, withdrawn_at__isnull=True
    )
    if open_ones.filter(expires_at__gt=now).exists():
        raise AlreadyMember(_t("This address has an open invitation; withdraw it to send another."))
    open_ones.update(withdrawn_at=now)  # an expired one makes room
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        organisation=organisation,
        email=address,
        roles=_sorted(roles),
        district=district,
        sector=sector,
        secret_digest=_digest(secret),
        invited_by_id=by.person_id,
        expires_at=now + timedelta(days=rules.current("invitation.days").value["days"]),
    )
    known = Person.objects.filter(email__iexact=address).first()
    language = known.language if known else texts.language_now()
    mail.post(
        to=address,
        message=texts.invitation(
            language, organisation=organisation.name, secret=secret, expires_at=invitation.expires_at
        ),
    )
    outbox.record(
        "membership.invited",
        subject=invitation.urn,
        actor=by.urn,
        thread=organisation.urn,
        parties=_parties(organisation, by),
        roles=invitation.roles,
        district=district,
        sector=sector,
    )
    return invitation, secret


@verb("membership.withdrawn")
def withdraw(invitation_id: UUID, *, by: Member) -> Invitation:
    """Take an invitation back; its link ends at once. Raises NotFound, NotAllowed, InvitationOver."""
    invitation = (
        Invitation.objects.select_for_update(of=("self",), no_key=True)
        .select_related("organisation")
        .filter(id=invitation_id)
        .first()
    )
    if invitation is None or not _keeps(invitation.organisation, by):
        raise NotFound
    if invitation.accepted_at or invitation.withdrawn_at:
        raise InvitationOver
    invitation.withdrawn_at = clock.now()
    invitation.save(update_fields=["withdrawn_at"])
    outbox.record(
        "membership.withdrawn",
        subject=invitation.urn,
        actor=by.urn,
        thread=invitation.organisation.urn,
        parties=_parties(invitation.organisation, by),
    )
    return invitation


def find(secret: str) -> Invitation | None:
    """The open invitation behind a link, for the page that asks whether to join."""
    found = Invitation.objects.select_related("organisation").filter(secret_digest=_digest(secret)).first()
    return found if found and _is_open(found) else None


@verb("membership.joined")
def accept(secret: str, *, by: Person) -> Membership:
    """Join by the link of an invitation. The address must be one that the person has confirmed.

    Raises NotFound, InvitationOver, OtherAddress, AlreadyMember, OneOfficer, Held.
    """
    invitation = (
        Invitation.objects.select_for_update(of=("self",), no_key=True).filter(secret_digest=_digest(secret)).first()
    )
    if invitation is None:
        raise NotFound
    if not _is_open(invitation):
        raise InvitationOver
    if not EmailAddress.objects.filter(user=by, verified=True, email__iexact=invitation.email).exists():
        raise OtherAddress(_t("It was sent to %(address)s.") % {"address": invitation.email})
    organisation = _locked(invitation.organisation_id)
    if organisation.memberships.filter(person=by, ended_at__isnull=True).exists():
        raise AlreadyMember
    _refuse_second_officer(organisation, invitation.roles)
    membership = Membership.objects.create(
        organisation=organisation,
        person=by,
        roles=invitation.roles,
        district=invitation.district,
        sector=invitation.sector,
    )
    invitation.accepted_at = clock.now()
    invitation.save(update_fields=["accepted_at"])
    outbox.record(
        "membership.joined",
        subject=membership.urn,
        actor=by.urn,
        thread=organisation.urn,
        parties=[organisation.id],
        person=by.urn,
        roles=membership.roles,
        district=membership.district,
        sector=membership.sector,
    )
    return membership


@verb("membership.changed")
def change(
    membership_id: UUID, *, roles: Collection[Role], district: str = "", sector: str = "", by: Member
) -> Membership:
    """Give a member other roles or bounds; a signatory who is one no longer loses the signing keys.

    Raises NotFound, NotAllowed, Invalid, LastKeeper, OneOfficer, Held.
    """
    membership, organisation = _locked_membership(membership_id, by)
    wrong = _wrong(OrganisationKind(organisation.kind), roles, district, sector)
    if wrong:
        raise Invalid(wrong)
    _refuse_last_keeper(organisation, membership, keeps=roles)
    _refuse_second_officer(organisation, roles, but=membership)
    membership.roles, membership.district, membership.sector = _sorted(roles), district, sector
    membership.save(update_fields=["roles", "district", "sector"])
    if Role.SIGNATORY not in roles:
        keys.revoke_of(membership, actor=by.urn)
    outbox.record(
        "membership.changed",
        subject=membership.urn,
        actor=by.urn,
        thread=organisation.urn,
        parties=_parties(organisation, by),
        person=membership.person.urn,
        roles=membership.roles,
        district=district,
        sector=sector,
    )
    return membership


@verb("membership.ended")
def end(membership_id: UUID, *, by: Member) -> Membership:
    """End a membership; its keys end with it. Members may leave by themselves. A hold does not keep anybody in.

    Raises NotFound, LastKeeper.
    """
    membership = (
        Membership.objects.select_related("organisation", "person")
        .filter(id=membership_id, ended_at__isnull=True)
        .first()
    )
    if membership is None or not (_keeps(membership.organisation, by) or _is_own(membership, by)):
        raise NotFound
    organisation = _locked(membership.organisation_id, check_holds=False)
    membership = Membership.objects.select_for_update(no_key=True).get(id=membership_id)
    if membership.ended_at is not None:
        raise Conflict(_t("This membership has ended already."))
    _refuse_last_keeper(organisation, membership, keeps=())
    membership.ended_at = clock.now()
    membership.save(update_fields=["ended_at"])
    keys.revoke_of(membership, actor=by.urn)
    outbox.record(
        "membership.ended",
        subject=membership.urn,
        actor=by.urn,
        thread=organisation.urn,
        parties=_parties(organisation, by),
        person=membership.person.urn,
    )
    return membership


def _wrong(kind: OrganisationKind, roles: Collection[Role], district: str, sector: str) -> list[FieldProblem]:
    allowed = roles_of(kind)
    wrong: list[FieldProblem] = []
    if not roles or set(roles) - allowed:
        fix = ", ".join(sorted(str(role) for role in allowed))
        wrong.append(FieldProblem(field="roles", reason=_t("names none or one that cannot be held here"), fix=fix))
    if district and not (district.isascii() and district.isdigit() and len(district) <= 6):
        fix = _t("the first digits of a division code, e.g. 1401")
        wrong.append(FieldProblem(field="district", reason=_t("is not a division code"), fix=fix))
    if Role.REGULATOR_SECTOR in roles and not sector:
        fix = _t("name the sector that this seat watches")
        wrong.append(FieldProblem(field="sector", reason=_t("is empty"), fix=fix))
    if sector:
        wrong += places.sector_problems(sector)
    return wrong


def _keeps(organisation: Organisation, by: Member) -> bool:
    """Whether the caller keeps this organisation's memberships."""
    keeper = keeper_of(OrganisationKind(organisation.kind))
    if keeper is None:
        return by.organisation_kind == OrganisationKind.OPERATOR and by.has(Role.SECADMIN)
    return organisation.id == by.organisation_id and by.has(keeper)


def _is_own(membership: Membership, by: Member) -> bool:
    return membership.person_id == by.person_id and membership.organisation_id == by.organisation_id


def _locked(organisation_id: UUID, *, check_holds: bool = True) -> Organisation:
    """Memberships of one organisation change one after the other: two who leave at once must not both succeed."""
    organisation = Organisation.objects.select_for_update(no_key=True).filter(id=organisation_id).first()
    if organisation is None:
        raise NotFound
    if check_holds:
        holds.check(organisation.urn)
    return organisation


def _kept(organisation_id: UUID, by: Member) -> Organisation:
    organisation = _locked(organisation_id)
    if not _keeps(organisation, by):
        raise NotAllowed(_t("Only who keeps this organisation's memberships may do this."))
    return organisation


def _locked_membership(membership_id: UUID, by: Member) -> tuple[Membership, Organisation]:
    found = Membership.objects.filter(id=membership_id, ended_at__isnull=True).values("organisation_id").first()
    if found is None:
        raise NotFound
    organisation = _kept(found["organisation_id"], by)
    membership = (
        Membership.objects.select_for_update(of=("self",), no_key=True)
        .select_related("person")
        .filter(id=membership_id, ended_at__isnull=True)
        .first()
    )
    if membership is None:
        raise NotFound
    return membership, organisation


def _refuse_last_keeper(organisation: Organisation, leaving: Membership, *, keeps: Collection[str]) -> None:
    keeper = keeper_of(OrganisationKind(organisation.kind))
    if keeper is None or keeper in keeps or keeper not in leaving.roles:
        return
    others = organisation.memberships.filter(ended_at__isnull=True, roles__contains=[keeper.value])
    if not others.exclude(id=leaving.id).exists():
        raise LastKeeper(_t("Make another member %(role)s first.") % {"role": keeper.label})


def _refuse_second_officer(organisation: Organisation, roles: Collection[str], but: Membership | None = None) -> None:
    if Role.CDO not in roles:
        return
    others = organisation.memberships.filter(ended_at__isnull=True, roles__contains=[Role.CDO.value])
    if any(other.id != (but and but.id) for other in others):
        raise OneOfficer


def _is_open(invitation: Invitation) -> bool:
    return not invitation.accepted_at and not invitation.withdrawn_at and invitation.expires_at > clock.now()


def _parties(organisation: Organisation, by: Member) -> set[UUID]:
    return {organisation.id, by.organisation_id}


def _sorted(roles: Collection[Role]) -> list[str]:
    return sorted({str(role) for role in roles})


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
