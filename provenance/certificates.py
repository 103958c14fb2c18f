"""Certificates: a random address that anybody may open, and that leads into the log without naming the parties."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from market.events import outbox
from market.kernel import ids, rows
from market.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from market.participants.members import Actor, Member, OrganisationKind, Role
from market.verbs import verb
from provenance import erasures, queries
from provenance.evidence import Evidence
from provenance.models import Certificate, Revocation
from provenance.queries import EntryRow

ISSUED = ("certificate.issued", "certificate.revoked")  # or a certificate would be waiting for itself


class Status(models.TextChoices):
    """How a certificate stands at the moment of looking."""

    VALID = "valid", _("valid")
    SUPERSEDED = "superseded", _("superseded")
    REVOKED = "revoked", _("revoked")
    ERASED = "erased", _("valid, values erased")


@dataclass(frozen=True, slots=True)
class Gone:
    """A value that was erased behind a certificate's entries. index: of the entry, None while it waits."""

    index: int | None
    field: str
    at: datetime
    legal_basis: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A certificate's live status with what explains it."""

    status: Status
    newer: UUID | None = None  # the certificate that took its place
    revoked_at: datetime | None = None
    legal_basis: str = ""  # of the revocation
    gone: tuple[Gone, ...] = ()


@verb("certificate.issued")
def issue(kind: Certificate.Kind, *, subject: UUID, parties: Iterable[UUID], by: Actor) -> Certificate:
    """Give a subject its certificate; the one it has already is answered again, a revoked one is followed by the next.

    subject: of a trade its thread. parties: organisations that may see what is behind it. Whether `by` may have one is
    the calling room's to check.
    """
    last = newest(kind, subject)
    n = 1 if last is None else last.n + 1 if _is_revoked(last) else last.n
    fresh = Certificate(kind=kind, subject=subject, n=n, parties=sorted(set(parties)))
    # Two callers at once: the second waits here for the first and then finds its row.
    if not rows.create_once(fresh):
        outbox.unchanged()
        return Certificate.objects.get(kind=kind, subject=subject, n=n)
    _tell_issued(fresh, by)
    return fresh


@verb("certificate.issued")
def renew(certificate_id: UUID, *, by: Member) -> Certificate:
    """Issue a subject's next certificate, by which the one before is superseded; its parties may.

    Raises NotFound for others, Conflict for one that is not the newest or was revoked.
    """
    old = find(certificate_id)
    if by.organisation_id not in old.parties:
        raise NotFound(_t("There is no such certificate."))
    by.require(Role.TRADER, Role.SIGNATORY, Role.ADMIN)
    fresh = Certificate(kind=old.kind, subject=old.subject, n=old.n + 1, parties=old.parties)
    if _is_revoked(old) or not rows.create_once(fresh):
        raise Conflict(_t("This certificate is not the one that stands."))
    _tell_issued(fresh, by)
    return fresh


@verb("certificate.revoked")
def revoke(certificate_id: UUID, *, reason: str, legal_basis: str, by: Member) -> Certificate:
    """Take a certificate back; the log keeps that it was issued. For the operator's approvers.

    Raises NotAllowed, NotFound, Invalid, Conflict for one that was revoked already.
    """
    by.require(Role.APPROVER)
    if by.organisation_kind != OrganisationKind.OPERATOR:
        raise NotAllowed(_t("Only the operator takes certificates back."))
    for name, text in (("reason", reason), ("legal_basis", legal_basis)):
        if not text.strip():
            raise Invalid.field(name, _t("is empty"), _t("say why, and on which article or rule it rests"))
    certificate = find(certificate_id)
    made = Revocation(
        certificate=certificate, reason=reason.strip(), legal_basis=legal_basis.strip(), revoked_by=by.urn
    )
    if not rows.create_once(made):
        raise Conflict(_t("This certificate was revoked already."))
    outbox.record(
        "certificate.revoked",
        subject=ids.urn(certificate.subject),
        actor=by.urn,
        thread=ids.urn(certificate.subject) if certificate.kind == Certificate.Kind.TRADE else None,
        parties=certificate.parties,
        kind=str(certificate.kind),
        certificate=str(certificate.id),
        reason=made.reason,
        legal_basis=made.legal_basis,
    )
    return certificate


def find(certificate_id: UUID) -> Certificate:
    """The certificate of a random id. Raises NotFound."""
    certificate = Certificate.objects.filter(id=certificate_id).first()
    if certificate is None:
        raise NotFound(_t("There is no such certificate."))
    return certificate


def newest(kind: Certificate.Kind, subject: UUID) -> Certificate | None:
    """The certificate of a subject that stands, or the last one that did."""
    return Certificate.objects.filter(kind=kind, subject=subject).order_by("-n").first()


def entries(certificate: Certificate) -> list[EntryRow]:
    """What anybody may see behind a certificate: kinds, times and places, no values."""
    openings = queries.about([certificate.subject])
    return queries.of_events(openings.values_list("event_id", flat=True))


def standing(certificate: Certificate, behind: Sequence[Evidence] | None = None) -> Standing:
    """The live status. Revoked weighs more than superseded, superseded more than erased.

    behind: the entries that the certificate rests on, if the caller has them already.
    """
    gone = _gone(entries(certificate)) if behind is None else _gone_of(behind)
    revocation = Revocation.objects.filter(certificate=certificate).first()
    if revocation is not None:
        return Standing(Status.REVOKED, None, revocation.revoked_at, revocation.legal_basis, gone)
    later = newest(Certificate.Kind(certificate.kind), certificate.subject)
    if later is not None and later.n > certificate.n:
        return Standing(Status.SUPERSEDED, later.id, gone=gone)
    return Standing(Status.ERASED if gone else Status.VALID, gone=gone)


def _gone(found: Sequence[EntryRow]) -> tuple[Gone, ...]:
    erased = erasures.of_events(row.event_id for row in found)
    return tuple(
        Gone(row.index, field, each.at, each.legal_basis)
        for row in found
        for field, each in sorted(erased.get(row.event_id, {}).items())
    )


def _gone_of(found: Sequence[Evidence]) -> tuple[Gone, ...]:
    return tuple(
        Gone(each.row.index, field, erased.at, erased.legal_basis)
        for each in found
        for field, erased in sorted(each.erased.items())
    )


def _is_revoked(certificate: Certificate) -> bool:
    return Revocation.objects.filter(certificate=certificate).exists()


def _tell_issued(certificate: Certificate, by: Actor) -> None:
    outbox.record(
        "certificate.issued",
        subject=ids.urn(certificate.subject),
        actor=by.urn,
        thread=ids.urn(certificate.subject) if certificate.kind == Certificate.Kind.TRADE else None,
        parties=certificate.parties,
        kind=str(certificate.kind),
        certificate=str(certificate.id),
    )
