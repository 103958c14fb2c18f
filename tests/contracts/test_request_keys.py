"""A buyer's request that is sent again under its key is the same negotiation; without one it names the open one."""

import pytest

from contracts import negotiations
from contracts.errors import NegotiationOpen
from contracts.models import Negotiation
from market.events.models import Event
from market.kernel.errors import Conflict
from tests.builders import given_stage

pytestmark = pytest.mark.django_db


def test_a_request_sent_twice_under_its_key_is_one_negotiation_however_far_it_came() -> None:
    stage = given_stage()
    buyer = stage.buyer.member
    first = negotiations.request(stage.offer.id, purpose="internal-analysis", consumer_pid="k-1", by=buyer)
    negotiations.terminate(first.id, reason="改日再谈", by=buyer)

    again = negotiations.request(stage.offer.id, purpose="internal-analysis", consumer_pid="k-1", by=buyer)

    assert again == first
    assert Event.objects.filter(kind="negotiation.requested").count() == 1
    with pytest.raises(Conflict) as refusal:
        negotiations.request(stage.offer.id, purpose="resale", consumer_pid="k-1", by=buyer)
    assert refusal.value.extra == {"negotiation": first.urn}
    assert Negotiation.objects.count() == 1


def test_a_second_request_names_the_negotiation_that_is_open() -> None:
    stage = given_stage()
    buyer = stage.buyer.member
    first = negotiations.request(stage.offer.id, by=buyer)

    with pytest.raises(NegotiationOpen) as refusal:
        negotiations.request(stage.offer.id, by=buyer)

    assert refusal.value.extra == {"negotiation": first.urn}
    assert Negotiation.objects.count() == 1
