"""One trade from the request to the proof, through the verbs."""

from pathlib import Path

import pytest

from contracts import certificates, trade
from contracts.models import Trade
from contracts.states import PeriodState, TradeState
from delivery import uses
from market.events.models import Event
from market.participants.members import system
from provenance import sequencer
from provenance.verifier.__main__ import main as verify
from tests.builders import given_funded

pytestmark = pytest.mark.django_db(transaction=True)

STORY = [
    "negotiation.requested",
    "negotiation.agreed",
    "agreement.verified",
    "agreement.finalized",
    "obligation.opened",
    "payment.received",
    "period.funded",
    "grant.opened",
    "use.opened",
    "period.delivered",
    "period.accepted",
    "escrow.released",
    "period.settled",
    "trade.closed",
]


def test_a_trade_runs_from_request_to_proof(tmp_path: Path) -> None:
    stage = given_funded(price_minor=48_000)

    opened = uses.open(stage.grant.id, purpose="internal-analysis", by=stage.buyer.member)
    trade.deliver(stage.period.id, by=system("delivery"))
    trade.accept(stage.period.id, by=stage.buyer.member)
    sequencer.drain()

    assert opened.address.startswith("http")
    assert stage.period.state == PeriodState.SETTLED
    closed = Trade.objects.get(id=stage.period.trade_id)
    assert closed.state == TradeState.CLOSED
    told = list(Event.objects.filter(opening__thread=closed.id).order_by("seq").values_list("kind", flat=True))
    assert [kind for kind in told if kind in STORY] == STORY
    path = tmp_path / "bundle.json"
    path.write_bytes(certificates.bundle(closed, stage.buyer.member))
    assert verify([str(path)]) == 0
