"""Whose turn it is when a measure waits for its second person, and who is told of measures."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from market.events.dispatch import News
from market.holds import Scope
from market.kernel import ids
from market.notifications import kinds, todo
from market.notifications.todo import Turn
from market.participants.members import OrganisationKind, Role
from market.participants.models import Organisation
from supervision import orders
from supervision.models import Order
from supervision.states import OrderState

kinds.declare("order.confirm", title=_("Confirm or refuse order %(number)s"), path="/desk/orders/{subject}/")
kinds.declare("hold.placed", title=_("On hold: %(reason)s"), path="/workbench/holds/{subject}/")
kinds.declare("hold.lifted", title=_("The hold is lifted: %(reason)s"), path="/workbench/holds/{subject}/")

_TOLD = (Role.ADMIN, Role.TRADER)


def hear(news: News) -> None:
    """An order moved, or a hold was placed or lifted. Heard twice, it changes nothing."""
    if news.kind.startswith("order."):
        order_id = ids.from_urn(news.subject)
        todo.follow(order_id, lambda: turns(order_id))
        return
    subject = ids.from_urn(news.subject)
    params = {"reason": news.fields["reason"], "scope": Scope(news.fields["scope"]).value}
    for organisation_id in sorted(orders.parties_of(subject)):
        turn = Turn(news.kind, organisation_id, _TOLD, params)
        todo.notify(news.event_id, turn, subject=subject)


def turns(order_id: UUID) -> list[Turn]:
    """Who has to act on the order now: the operator's approvers, while it is only proposed."""
    order = Order.objects.get(id=order_id)
    if order.state != OrderState.PROPOSED:
        return []
    operators = Organisation.objects.filter(kind=OrganisationKind.OPERATOR).values_list("id", flat=True)
    return [Turn("order.confirm", operator, [Role.APPROVER], {"number": order.number}) for operator in operators]
