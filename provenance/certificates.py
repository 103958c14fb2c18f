"""Certificates: a random address that anybody may open, and that leads into the log without naming the parties."""

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext as _t

from market.events import outbox
from market.kernel import ids, rows
from market.kernel.errors import NotFound
from market.participants.members import Actor
from market.verbs import verb
from provenance import queries
from provenance.models import Certificate
from provenance.queries import EntryRow


@verb("certificate.issued")
def issue(kind: Certificate.Kind, *, subject: UUID, parties: Iterable[UUID], by: Actor) -> Certificate:
    """Give a subject its certificate; the one it has already is answered again.

    subject: of a trade its thread. parties: organisations that may see what is behind it. Whether `by` may have one is
    the calling room's to check.
    """
    fresh = Certificate(kind=kind, subject=subject, parties=sorted(set(parties)))
    # Two callers at once: the second waits here for the first and then finds its row.
    if not rows.create_once(fresh):
        outbox.unchanged()
        return Certificate.objects.get(kind=kind, subject=subject)
    outbox.record(
        "certificate.issued",
        subject=ids.urn(subject),
        actor=by.urn,
        thread=ids.urn(subject) if kind == Certificate.Kind.TRADE else None,
        parties=fresh.parties,
        kind=str(kind),
        certificate=str(fresh.id),
    )
    return fresh


def find(certificate_id: UUID) -> Certificate:
    """The certificate of a random id. Raises NotFound."""
    certificate = Certificate.objects.filter(id=certificate_id).first()
    if certificate is None:
        raise NotFound(_t("There is no such certificate."))
    return certificate


def entries(certificate: Certificate) -> list[EntryRow]:
    """What anybody may see behind a certificate: kinds, times and places, no values."""
    openings = queries.about([certificate.subject])
    return queries.of_events(openings.values_list("event_id", flat=True))
