"""Uses: each one asked of the signed policy, counted, and told. The one place where access begins."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _t

from delivery import addresses, meters
from delivery.errors import GrantClosed, UseRefused
from delivery.models import Grant, Use
from delivery.states import USE_FOLLOWS, GrantState, UseState
from market import holds, policy
from market.events import outbox
from market.kernel import clock, ids, prepared, rows
from market.kernel.errors import Conflict, IllegalStep, Invalid, NotAllowed, NotFound
from market.participants.members import Actor, Member, Process, Role
from market.policy import Action, Constraint, Decision, Logical, Operand
from market.policy.language import Condition
from market.verbs import verb

USERS: Final = (Role.TRADER, Role.DEVELOPER, Role.CDO, Role.ADMIN)
TEXT_MAX: Final = 200
# A use that is past its time but still sending ends by itself; one that says nothing for so long has ended.
SILENCE: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Opened:
    """A use and where its file can be fetched until then. The address is a key: show it to the buyer alone."""

    use: Use
    address: str
    expires_at: datetime


def open(grant_id: UUID, *, purpose: str, recipient: str | None = None, key: str = "", by: Member) -> Opened:
    """Ask the signed policy for one use, count it, and answer the address of the file.

    purpose: as the policy lists them. recipient: urn of the organisation that will hold the data, else the
    buyer. key: the caller's own name for this request; the same again answers the same use.
    Raises NotFound to strangers, NotAllowed, GrantClosed, Held, and UseRefused naming the clause: that
    refusal is told in a transaction of its own, so this is never called inside another verb.
    """
    recipient = recipient or by.organisation_urn
    for name, value in (("purpose", purpose), ("recipient", recipient), ("key", key)):
        if len(value) > (80 if name == "key" else TEXT_MAX) or not value.isprintable():
            raise Invalid.field(name, _t("is too long or holds signs that cannot be printed"), _t("shorten it"))
    try:
        use = _take(grant_id, purpose=purpose, recipient=recipient, key=key, by=by)
    except UseRefused as refusal:
        _tell_refusal(grant_id, refusal.decision, purpose=purpose, recipient=recipient, by=by)
        raise
    return Opened(use=use, address=addresses.of(use.id, use.expires_at), expires_at=use.expires_at)


@verb("use.opened", durable=True)
def _take(grant_id: UUID, *, purpose: str, recipient: str, key: str, by: Member) -> Use:
    siblings = _locked_with_siblings(grant_id)
    grant = siblings[grant_id]
    _require_buyer(grant, by)
    if grant.state != GrantState.OPEN:
        raise GrantClosed(grant.close_reason)
    holds.check(*subjects(grant))
    if key and (earlier := grant.uses.filter(key=key).first()):
        if (earlier.purpose, earlier.recipient) != (purpose, recipient):
            raise Conflict(_t("This key names another use: %(number)d.") % {"number": earlier.number})
        outbox.unchanged()
        return earlier
    now = clock.now()
    taken = sum(each.use_count for each in siblings.values())
    decision = _decide(grant, taken, purpose=purpose, recipient=recipient, at=now)
    if not decision.allowed:
        raise UseRefused(decision)
    until = now.replace(microsecond=0) + timedelta(minutes=settings.USE_MINUTES)
    grant.use_count += 1
    rows.save(grant, "use_count")
    use = rows.create(
        Use(
            grant=grant,
            number=grant.use_count,
            opened_by=by.person_id,
            purpose=purpose,
            recipient=recipient,
            key=key,
            opened_at=now,
            expires_at=max(min(until, grant.expires_at or until), now + timedelta(seconds=1)),
        )
    )
    meters.count_use(grant, at=now)
    outbox.record(
        "use.opened",
        subject=use.urn,
        actor=by.urn,
        thread=ids.urn(grant.thread),
        parties=[grant.supplier_id, grant.buyer_id],
        grant=grant.urn,
        reference=ids.urn(grant.reference),
        number=use.number,
        purpose=purpose,
        recipient=recipient,
        expires_at=clock.text(use.expires_at),
        clause=decision.clause or "",
    )
    return use


@verb("use.refused", durable=True)
def _tell_refusal(grant_id: UUID, decision: Decision, *, purpose: str, recipient: str, by: Member) -> None:
    grant = Grant.objects.get(id=grant_id)
    outbox.record(
        "use.refused",
        subject=grant.urn,
        actor=by.urn,
        thread=ids.urn(grant.thread),
        parties=[grant.supplier_id, grant.buyer_id],
        grant=grant.urn,
        reference=ids.urn(grant.reference),
        code=decision.code,
        clause=decision.clause,
        purpose=purpose,
        recipient=recipient,
    )


@verb("use.closed")
def close(use_id: UUID, *, by: Actor) -> Use:
    """End a use and tell what left under it; one that is closed already is answered as it is.

    A range that is still running stops within two seconds. A hold does not stop this: it only ever takes
    access away. Raises NotFound to strangers.
    """
    use = rows.lock(Use, "grant", id=use_id)
    if use is None:
        raise NotFound
    if not isinstance(by, Process):
        _require_buyer(use.grant, by)
    if use.state == UseState.CLOSED:
        outbox.unchanged()
        return use
    _end(use, why="expired" if isinstance(by, Process) else "asked", by=by)
    return use


def end_all(grant: Grant, *, by: Actor) -> None:
    """Close the uses of a grant that is being closed; inside that verb, which holds the grant's lock."""
    found = grant.uses.select_for_update(of=("self",), no_key=True).filter(state=UseState.OPEN)
    for use in found.order_by("id"):
        use.grant = grant
        _end(use, why="grant closed", by=by)


def subjects(grant: Grant) -> tuple[UUID, ...]:
    """Everything that a hold may stand on and that stops a delivery."""
    return (grant.reference, grant.thread, grant.supplier_id, grant.buyer_id, grant.version, grant.id)


def _end(use: Use, *, why: str, by: Actor) -> None:
    if UseState.CLOSED not in USE_FOLLOWS[UseState(use.state)]:
        raise IllegalStep
    use.state, use.closed_at = UseState.CLOSED, clock.now()
    rows.save(use, "state", "closed_at")
    outbox.record(
        "use.closed",
        subject=use.urn,
        actor=by.urn,
        thread=ids.urn(use.grant.thread),
        parties=[use.grant.supplier_id, use.grant.buyer_id],
        grant=use.grant.urn,
        reference=ids.urn(use.grant.reference),
        number=use.number,
        bytes=use.bytes_sent,
        ranges=use.ranges,
        complete=_has_left_whole(use.grant),
        why=why,
    )


_IS_WHOLE: Final = """
SELECT int8range(0, %s) <@ range_agg(covered) AND sum(ranges) > 0 FROM delivery_use WHERE grant_id = %s
"""


def _has_left_whole(grant: Grant) -> bool:
    """Whether every byte of the file has left, under whichever uses of the grant."""
    (is_whole,) = prepared.run(_IS_WHOLE, [grant.file_bytes, grant.id]).fetchone()
    return bool(is_whole)


def _locked_with_siblings(grant_id: UUID) -> dict[UUID, Grant]:
    """The grant and every other under its agreement, locked: the policy counts uses for the agreement."""
    grant = rows.get(Grant, id=grant_id)
    if grant is None:
        raise NotFound
    return {each.id: each for each in rows.lock_all(Grant, "buyer", agreement=grant.agreement)}


def _require_buyer(grant: Grant, by: Actor) -> None:
    """Refuse all but the buyer's people. Raises NotFound to strangers, NotAllowed."""
    if by.organisation_id not in {grant.buyer_id, grant.supplier_id}:
        raise NotFound
    if not isinstance(by, Member) or by.organisation_id != grant.buyer_id:
        raise NotAllowed(_t("Only the buyer may use this delivery."))
    by.require_trading(*USERS)


def _decide(grant: Grant, taken: int, *, purpose: str, recipient: str, at: datetime) -> Decision:
    """Ask the signed policy; taken: uses so far under the agreement.

    Handing the file to another organisation is distribution, unless the policy names recipients.
    """
    signed = policy.parse(grant.policy)
    request = policy.Request(
        action=Action.READ,
        at=at,
        agreed_at=grant.agreed_at,
        use_count=taken,
        purpose=purpose or None,
        recipient=recipient,
        region=f"CN-{grant.buyer.district}",
        claims={"industry": grant.buyer.sector},
    )
    decision = policy.evaluate(signed, request)
    if not decision.allowed or recipient == ids.urn(grant.buyer_id):
        return decision
    if decision.rule and any(_names_recipients(part) for part in decision.rule.constraints):
        return decision
    return policy.evaluate(
        signed,
        policy.Request(
            action=Action.DISTRIBUTE,
            at=at,
            agreed_at=grant.agreed_at,
            use_count=taken,
            purpose=purpose or None,
            recipient=recipient,
            region=request.region,
            claims=request.claims,
        ),
    )


def _names_recipients(part: Condition) -> bool:
    if isinstance(part, Logical):
        return any(_names_recipients(inner) for inner in part.parts)
    return isinstance(part, Constraint) and part.left is Operand.RECIPIENT
