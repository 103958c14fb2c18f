"""Measures on a party, a listing, a trade or a delivery. On a whole party one person proposes and another confirms."""

from collections.abc import Collection
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _t

from market import holds
from market.events import outbox
from market.events.models import Opening
from market.holds import Hold, Scope
from market.kernel import clock, ids
from market.kernel.errors import Conflict, IllegalStep, Invalid, NotFound
from market.participants.admissions import next_number
from market.participants.members import Member, OrganisationKind, Role
from market.participants.models import Organisation
from market.verbs import verb
from supervision.errors import AlreadyProposed
from supervision.models import Order
from supervision.states import FOLLOWS, OrderKind, OrderState

_SEATS = (OrganisationKind.OPERATOR, OrganisationKind.AUTHORITY)
_EVENTS_MAX = 500  # how far back the parties of a subject are looked for


@verb("hold.placed", composes=True)
def place(subject: UUID, *, scope: Scope, reason: str, legal_basis: str, by: Member) -> Hold:
    """Stop a listing, a trade or a delivery at once. A party takes `propose` and `confirm` (TwoPersons).

    Raises NotAllowed, NotFound for a subject that no event ever spoke of, Invalid, AlreadyHeld.
    """
    by.require(Role.APPROVER, Role.REVIEWER)
    _require_known(subject, scope)
    return holds.place(
        ids.urn(subject),
        scope=scope,
        reason=reason,
        legal_basis=legal_basis,
        parties=parties_of(subject),
        by=by,
    )


@verb("hold.lifted", composes=True)
def lift(hold_id: UUID, *, reason: str, by: Member) -> Hold:
    """End a hold that another person placed. One on a party, or one's own, takes `propose_lifting` and `confirm`.

    Raises NotAllowed, NotFound, Invalid, TwoPersons, Conflict.
    """
    by.require(Role.APPROVER, Role.REVIEWER)
    hold = _hold(hold_id)
    return holds.lift(hold_id, reason=reason, parties=parties_of(hold.subject), by=by)


@verb("order.proposed")
def propose(subject: UUID, *, scope: Scope, reason: str, legal_basis: str, by: Member) -> Order:
    """Ask for a hold; another person confirms it.

    Raises NotAllowed, NotFound, Invalid, AlreadyProposed, AlreadyHeld.
    """
    by.require(Role.APPROVER, Role.REVIEWER)
    _require_text(reason=reason, legal_basis=legal_basis)
    _require_known(subject, scope)
    if holds.active([subject]):
        raise holds.AlreadyHeld
    order = Order(kind=OrderKind.PLACE, scope=scope, subject=subject, legal_basis=legal_basis.strip())
    return _propose(order, reason, by)


@verb("order.proposed")
def propose_lifting(hold_id: UUID, *, reason: str, by: Member) -> Order:
    """Ask for the end of a hold; another person confirms it. Raises NotAllowed, NotFound, Invalid, AlreadyProposed."""
    by.require(Role.APPROVER, Role.REVIEWER)
    _require_text(reason=reason)
    hold = _hold(hold_id)
    if hold.lifted_at is not None:
        raise Conflict(_t("This hold was lifted already."))
    return _propose(Order(kind=OrderKind.LIFT, scope=hold.scope, subject=hold.subject, hold=hold), reason, by)


@verb("order.confirmed", composes=True)
def confirm(order_id: UUID, *, by: Member) -> Hold:
    """Carry out what another person proposed. Raises NotAllowed, NotFound, IllegalStep, TwoPersons, AlreadyHeld."""
    by.require(Role.APPROVER)
    order = _locked(order_id)
    if order.proposed_by == by.urn:
        raise holds.TwoPersons(_t("An order is confirmed by another person than proposed it."))
    _move(order, OrderState.CONFIRMED, by)
    parties = parties_of(order.subject)
    if order.kind == OrderKind.LIFT and order.hold_id is not None:
        hold = holds.lift(order.hold_id, reason=order.reason, proposed_by=order.proposed_by, parties=parties, by=by)
    else:
        hold = holds.place(
            ids.urn(order.subject),
            scope=Scope(order.scope),
            reason=order.reason,
            legal_basis=order.legal_basis,
            proposed_by=order.proposed_by,
            parties=parties,
            by=by,
        )
    order.hold = hold
    order.save(update_fields=["state", "decided_by", "decided_at", "hold"])
    outbox.record(
        "order.confirmed",
        subject=order.urn,
        actor=by.urn,
        thread=ids.urn(order.subject),
        parties=[by.organisation_id],
        number=order.number,
        does=order.kind,
        hold=ids.urn(hold.id),
    )
    return hold


@verb("order.withdrawn")
def withdraw(order_id: UUID, *, reason: str, by: Member) -> Order:
    """Drop a proposal: its proposer thinks better of it, or the second person refuses. Raises NotFound, IllegalStep."""
    by.require(Role.APPROVER, Role.REVIEWER)
    _require_text(reason=reason)
    order = _locked(order_id)
    _move(order, OrderState.WITHDRAWN, by)
    order.save(update_fields=["state", "decided_by", "decided_at"])
    outbox.record(
        "order.withdrawn",
        subject=order.urn,
        actor=by.urn,
        thread=ids.urn(order.subject),
        parties=[by.organisation_id],
        number=order.number,
        reason=reason.strip(),
    )
    return order


def parties_of(subject: UUID) -> set[UUID]:
    """The trading organisations that events about the subject were told to: they learn of the measure."""
    rows = Opening.objects.filter(Q(subject=subject) | Q(thread=subject)).order_by("-event_id")
    told = {party for parties in rows.values_list("parties", flat=True)[:_EVENTS_MAX] for party in parties}
    trading = Organisation.objects.filter(Q(id__in=told) | Q(id=subject)).exclude(kind__in=_SEATS)
    return set(trading.values_list("id", flat=True))


def _propose(order: Order, reason: str, by: Member) -> Order:
    order.number = next_number("supervision_order_number", "S")
    order.reason, order.proposed_by, order.proposed_at = reason.strip(), by.urn, clock.now()
    try:
        with transaction.atomic():
            order.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyProposed from error
    outbox.record(
        "order.proposed",
        subject=order.urn,
        actor=by.urn,
        thread=ids.urn(order.subject),
        parties=[by.organisation_id],
        number=order.number,
        does=str(order.kind),
        scope=str(order.scope),
        reason=order.reason,
        legal_basis=order.legal_basis,
    )
    return order


def _move(order: Order, to: OrderState, by: Member) -> None:
    """Take one step; the caller holds the row lock. Raises IllegalStep."""
    if to not in FOLLOWS[OrderState(order.state)]:
        raise IllegalStep(_t("The order is %(state)s.") % {"state": OrderState(order.state).label}, state=order.state)
    order.state, order.decided_by, order.decided_at = to, by.urn, clock.now()


def _locked(order_id: UUID) -> Order:
    order = Order.objects.select_for_update(of=("self",), no_key=True).filter(id=order_id).first()
    if order is None:
        raise NotFound
    return order


def _hold(hold_id: UUID) -> Hold:
    hold = Hold.objects.filter(id=hold_id).first()
    if hold is None:
        raise NotFound
    return hold


def _require_known(subject: UUID, scope: Scope) -> None:
    """A hold on a mistyped number would stop nothing and look as if it did. Raises NotFound."""
    if scope == Scope.PARTY:
        known = Organisation.objects.filter(id=subject).exclude(kind__in=_SEATS).exists()
    else:
        known = Opening.objects.filter(Q(subject=subject) | Q(thread=subject)).exists()
    if not known:
        raise NotFound(_t("Nothing of this market has that number."))


def _require_text(**texts: str) -> None:
    empty: Collection[str] = [name for name, value in texts.items() if not value.strip()]
    if empty:
        fix = _t("say why, and on which article or rule it rests")
        raise Invalid([{"field": name, "reason": _t("is empty"), "fix": fix} for name in empty])
