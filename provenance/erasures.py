"""Erasing what is behind leaves: one person proposes with a reason and a legal basis, another carries it out.

A leaf is public for ever and holds only salted commitments; with value and salt gone nobody can guess it back, and
the log still verifies (ledgers.md B3). Each entry gets an event of its own that names it by its leaf hash.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _t

from market import holds
from market.events import kinds, openings, outbox
from market.events.models import Opening
from market.holds import TwoPersons
from market.kernel import clock, ids
from market.kernel.errors import IllegalStep, Invalid, NotAllowed, NotFound
from market.participants.admissions import next_number
from market.participants.members import Member, OrganisationKind, Role
from market.verbs import verb
from provenance.errors import ErasureOpen
from provenance.merkle import leaf_hash
from provenance.models import ErasedField, Erasure, ErasureState

# Random ids and hashes of documents tell of nobody, and without them no proof finds its entry.
KEPT: Final = re.compile(r"subject|thread|signature|public_key|.*_sha256")
NAMING: Final = ("person", "owner", "proposed_by", "supplier", "buyer")  # fields whose value is somebody's urn
OWN: Final = ("erasure.", "opening.")  # an erasure does not erase that it was
FIELDS_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class Erased:
    """What is to be said in the place of a value that is gone."""

    at: datetime
    legal_basis: str
    number: str


@verb("erasure.proposed")
def propose(subject: UUID, *, fields: Collection[str], reason: str, legal_basis: str, by: Member) -> Erasure:
    """Ask that values be erased: the named fields of every event about the subject, and those that name it itself.

    subject: a person, an organisation, a trade or whatever else events are about. Raises NotAllowed, Invalid,
    NotFound where nothing is there to be erased, ErasureOpen, Held: what is held may be evidence.
    """
    _require_seat(by, Role.REVIEWER, Role.APPROVER)
    wanted = sorted({name.strip() for name in fields if name.strip()})
    _require_right(wanted, reason, legal_basis)
    holds.check(ids.urn(subject))
    if not affected(subject, wanted).exists():
        raise NotFound(_t("No entry about this holds such a value."))
    erasure = Erasure(
        number=next_number("provenance_erasure_number", "E"),
        subject=subject,
        fields=wanted,
        reason=reason.strip(),
        legal_basis=legal_basis.strip(),
        proposed_by=by.urn,
    )
    try:
        with transaction.atomic():
            erasure.save(force_insert=True)
    except IntegrityError as error:
        raise ErasureOpen from error
    outbox.record(
        "erasure.proposed",
        subject=erasure.urn,
        actor=by.urn,
        parties=[by.organisation_id],
        number=erasure.number,
        erased=wanted,
        about=ids.urn(subject),
        reason=erasure.reason,
        legal_basis=erasure.legal_basis,
    )
    return erasure


@verb("erasure.confirmed")
def confirm(erasure_id: UUID, *, by: Member) -> Erasure:
    """Carry out what another person proposed; it cannot be undone.

    Raises NotAllowed, NotFound, IllegalStep, TwoPersons, Held.
    """
    _require_seat(by, Role.APPROVER)
    erasure = _locked(erasure_id)
    holds.check(ids.urn(erasure.subject))
    if erasure.proposed_by == by.urn:
        raise TwoPersons(_t("An erasure is carried out by another person than proposed it."))
    _move(erasure, ErasureState.CONFIRMED, by)
    count = 0
    for opening in affected(erasure.subject, erasure.fields).select_related("event").order_by("event_id"):
        holds.check(*(ids.urn(each) for each in (opening.subject, opening.thread) if each))
        _erase(opening, _gone(opening, erasure), erasure, by)
        count += 1
    outbox.record(
        "erasure.confirmed",
        subject=erasure.urn,
        actor=by.urn,
        parties=[by.organisation_id],
        number=erasure.number,
        entries=count,
    )
    return erasure


@verb("erasure.withdrawn")
def withdraw(erasure_id: UUID, *, reason: str, by: Member) -> Erasure:
    """Drop a proposal. Raises NotAllowed, NotFound, Invalid, IllegalStep."""
    _require_seat(by, Role.REVIEWER, Role.APPROVER)
    if not reason.strip():
        raise Invalid.field("reason", _t("is empty"), _t("say why not"))
    erasure = _locked(erasure_id)
    _move(erasure, ErasureState.WITHDRAWN, by)
    outbox.record(
        "erasure.withdrawn",
        subject=erasure.urn,
        actor=by.urn,
        parties=[by.organisation_id],
        number=erasure.number,
        reason=reason.strip(),
    )
    return erasure


def affected(subject: UUID, fields: Collection[str]) -> QuerySet[Opening]:
    """The openings in which an erasure would find something."""
    urn = ids.urn(subject)
    about = Q(subject=subject) | Q(thread=subject)
    found = about & Q(fields__has_any_keys=list(fields))
    if "actor" in fields:
        found |= Q(actor=urn)
    for name in set(fields) & set(NAMING):
        kinds_so = [kind.name for kind in kinds.KINDS.values() if name in kind.fields]
        found |= Q(event__kind__in=kinds_so, **{f"fields__{name}__value": urn})
    own = Q()
    for family in OWN:
        own |= Q(event__kind__startswith=family)
    return Opening.objects.filter(found).exclude(own)


def of_events(event_ids: Iterable[UUID]) -> dict[UUID, dict[str, Erased]]:
    """What is gone behind these events: field by field, when and on which basis."""
    found: dict[UUID, dict[str, Erased]] = {}
    rows = ErasedField.objects.filter(event_id__in=list(event_ids)).select_related("erasure")
    for row in rows:
        if row.erasure.decided_at is None:
            raise RuntimeError(f"{row.erasure} erased {row} without a decision")
        said = Erased(row.erasure.decided_at, row.erasure.legal_basis, row.erasure.number)
        found.setdefault(row.event_id, {})[row.field] = said
    return found


def told_of(event_ids: Iterable[UUID]) -> set[UUID]:
    """The events that say of these events that values behind them were erased."""
    return set(ErasedField.objects.filter(event_id__in=list(event_ids)).values_list("told_id", flat=True))


def listing(by: Member, *, limit: int = 100) -> list[Erasure]:
    """Erasures, those that wait first, newest first. Raises NotAllowed."""
    _require_seat(by, Role.REVIEWER, Role.APPROVER, Role.AUDITOR)
    return sorted(
        Erasure.objects.order_by("-proposed_at")[: min(limit, 100)], key=lambda row: row.state != ErasureState.PROPOSED
    )


def find(erasure_id: UUID, *, by: Member) -> Erasure:
    """One erasure. Raises NotAllowed, NotFound."""
    _require_seat(by, Role.REVIEWER, Role.APPROVER, Role.AUDITOR)
    erasure = Erasure.objects.filter(id=erasure_id).first()
    if erasure is None:
        raise NotFound
    return erasure


def _gone(opening: Opening, erasure: Erasure) -> list[str]:
    """The fields of an opening that this erasure takes."""
    urn = ids.urn(erasure.subject)
    is_about = erasure.subject in {opening.subject, opening.thread}
    return [
        name
        for name, each in opening.fields.items()
        if name in erasure.fields and (is_about or each["value"] == urn) and not KEPT.fullmatch(name)
    ]


def _erase(opening: Opening, names: list[str], erasure: Erasure, by: Member) -> None:
    openings.erase(opening, names)
    told = outbox.record(
        "opening.erased",
        subject=ids.urn(opening.event_id),
        actor=by.urn,
        thread=ids.urn(opening.thread or opening.subject),
        parties=opening.parties,
        number=erasure.number,
        entry_sha256=leaf_hash(bytes(opening.event.body)).hex(),
        erased=names,
        legal_basis=erasure.legal_basis,
    )
    ErasedField.objects.bulk_create(
        ErasedField(event_id=opening.event_id, field=name, erasure=erasure, told_id=told) for name in names
    )


def _move(erasure: Erasure, to: ErasureState, by: Member) -> None:
    """Take one step; the caller holds the row lock. Raises IllegalStep."""
    if erasure.state != ErasureState.PROPOSED:
        state = ErasureState(erasure.state).label
        raise IllegalStep(_t("The erasure is %(state)s.") % {"state": state}, state=erasure.state)
    erasure.state, erasure.decided_by, erasure.decided_at = to, by.urn, clock.now()
    erasure.save(update_fields=["state", "decided_by", "decided_at"])


def _locked(erasure_id: UUID) -> Erasure:
    erasure = Erasure.objects.select_for_update(no_key=True).filter(id=erasure_id).first()
    if erasure is None:
        raise NotFound
    return erasure


def _require_seat(by: Member, *roles: Role) -> None:
    """Erasing is the operator's: a party asks it to, an authority orders it to."""
    by.require(*roles)
    if by.organisation_kind != OrganisationKind.OPERATOR:
        raise NotAllowed(_t("Only the operator erases what is behind the ledger."))


def _require_right(fields: list[str], reason: str, legal_basis: str) -> None:
    wrong = []
    if not fields or len(fields) > FIELDS_MAX:
        wrong.append(("fields", _t("names no field, or too many"), _t("name the fields, such as name or actor")))
    declared = {name for kind in kinds.KINDS.values() for name in kind.fields if name not in kind.public} | {"actor"}
    for name in fields:
        if name not in declared:
            wrong.append(("fields", _t("%(name)s is no sealed field") % {"name": name}, _t("see an entry's page")))
        elif KEPT.fullmatch(name):
            why = _t("%(name)s is a random number or a hash: it tells of nobody") % {"name": name}
            wrong.append(("fields", why, _t("leave it out")))
    for name, text in (("reason", reason), ("legal_basis", legal_basis)):
        if not text.strip():
            wrong.append((name, _t("is empty"), _t("say why, and on which article or rule it rests")))
    if wrong:
        raise Invalid([{"field": field, "reason": said, "fix": fix} for field, said, fix in wrong])
