"""Grants: opened from a signed agreement, closed when its period ends. No grant, no access."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _t

from delivery import uses
from delivery.errors import GrantDiffers
from delivery.models import Grant
from delivery.states import GRANT_FOLLOWS, GrantState
from market import holds, policy
from market.events import outbox
from market.kernel import canonical_json, clock, ids, rows
from market.kernel.errors import IllegalStep, Invalid, NotFound
from market.participants.members import Actor, Process
from market.policy import Constraint, Operand, Operator, Policy, values
from market.verbs import verb

# What makes two calls for one reference the same call.
_TERMS: Final = (
    "thread", "supplier_id", "buyer_id", "version", "agreement", "agreement_sha256", "storage_key",
    "file_bytes", "policy", "agreed_at",
)  # fmt: skip


@verb("grant.opened")
def open(
    *,
    reference: str,
    thread: str,
    supplier_id: UUID,
    buyer_id: UUID,
    version: str,
    agreement: str,
    agreement_sha256: str,
    storage_key: str,
    filename: str,
    media_type: str,
    file_bytes: int,
    file_sha256: str,
    policy: Mapping[str, Any],
    agreed_at: datetime,
    by: Actor,
) -> Grant:
    """Give the buyer access to one file under the policy as both signed it; contracts.trade says when.

    reference, thread, version, agreement: urn:uuid names. Hashes: SHA-256 in lower-case hex. file_bytes: bytes.
    policy: canonical form (`market.policy.canonical`). The same call again answers the same grant.
    Raises Invalid for a policy that cannot be enforced, GrantDiffers, Held.
    """
    terms: dict[str, Any] = {
        "reference": ids.from_urn(reference),
        "thread": ids.from_urn(thread),
        "supplier_id": supplier_id,
        "buyer_id": buyer_id,
        "version": ids.from_urn(version),
        "agreement": ids.from_urn(agreement),
        "agreement_sha256": agreement_sha256,
        "storage_key": storage_key,
        "file_bytes": file_bytes,
        "file_sha256": file_sha256,
        "policy": dict(policy),
        "agreed_at": agreed_at,
    }
    signed = _parse(policy)
    holds.check(reference, thread, supplier_id, buyer_id, version)
    grant = Grant(
        **terms,
        filename=filename,
        media_type=media_type,
        opened_at=clock.now(),
        expires_at=_term_end(signed, agreed_at),
    )
    # Two callers at once: the second waits here for the first and then finds its row.
    if not rows.create_once(grant):
        stored = Grant.objects.get(reference=grant.reference, file_sha256=file_sha256)
        if any(getattr(stored, name) != terms[name] for name in _TERMS):
            raise GrantDiffers(grant=stored.urn)
        outbox.unchanged()
        return stored
    outbox.record(
        "grant.opened",
        subject=grant.urn,
        actor=by.urn,
        thread=thread,
        parties=[supplier_id, buyer_id],
        reference=reference,
        version=version,
        agreement=agreement,
        agreement_sha256=agreement_sha256,
        policy_sha256=hashlib.sha256(canonical_json.dumps(terms["policy"])).hexdigest(),
        file_sha256=file_sha256,
        file_bytes=file_bytes,
        supplier=ids.urn(supplier_id),
        buyer=ids.urn(buyer_id),
    )
    return grant


@verb("grant.closed")
def close(reference: str, *, reason: str, by: Actor) -> list[Grant]:
    """End every access under a reference, uses that are open too; one that is closed already stays as it is.

    A hold does not stop this: it only ever takes access away. Raises NotFound, IllegalStep for no open grant.
    """
    grants = list(locked(Grant.objects.filter(reference=ids.from_urn(reference))))
    if not grants or not (isinstance(by, Process) or _is_party(grants[0], by)):
        raise NotFound
    ended = [grant for grant in grants if grant.state == GrantState.OPEN]
    if not ended:
        outbox.unchanged()
    for grant in ended:
        uses.end_all(grant, by=by)
        _move(grant, GrantState.CLOSED)
        grant.closed_at, grant.close_reason = clock.now(), reason[:200]
        grant.save(update_fields=["state", "closed_at", "close_reason"])
        outbox.record(
            "grant.closed",
            subject=grant.urn,
            actor=by.urn,
            thread=ids.urn(grant.thread),
            parties=[grant.supplier_id, grant.buyer_id],
            reference=reference,
            reason=reason,
            uses=grant.use_count,
        )
    return grants


def locked(found: QuerySet[Grant]) -> QuerySet[Grant]:
    """The grants under their row locks, in one fixed order."""
    return found.select_for_update(of=("self",), no_key=True).order_by("id")


def _is_party(grant: Grant, by: Actor) -> bool:
    return by.organisation_id in {grant.supplier_id, grant.buyer_id}


def _move(grant: Grant, to: GrantState) -> None:
    if to not in GRANT_FOLLOWS[GrantState(grant.state)]:
        raise IllegalStep(_t("The delivery is %(state)s.") % {"state": GrantState(grant.state).label})
    grant.state = to


def _parse(document: Mapping[str, Any]) -> Policy:
    try:
        return policy.parse(document)
    except policy.PolicyInvalid as error:
        raise Invalid(
            [{"field": f"policy.{each.path}", "reason": each.reason, "fix": each.fix} for each in error.problems]
        ) from error


def _term_end(signed: Policy, agreed_at: datetime) -> datetime | None:
    """When the last permission ends; None where one has no end. For display and to end uses, never to permit."""
    ends = [_end(rule.constraints, agreed_at) for rule in signed.permissions]
    found = [end for end in ends if end is not None]
    return max(found) if found and len(found) == len(ends) else None


def _end(parts: Sequence[object], agreed_at: datetime) -> datetime | None:
    found: list[datetime] = []
    for part in parts:
        if not isinstance(part, Constraint) or part.operator not in {Operator.LT, Operator.LTEQ}:
            continue
        if part.left is Operand.ELAPSED_TIME and (duration := values.duration(part.texts[0])):
            found.append(duration.after(agreed_at))
        if part.left is Operand.DATE_TIME and (moment := values.moment(part.texts[0])):
            found.append(moment.end if moment.end and part.operator is Operator.LTEQ else moment.start)
    return min(found) if found else None
