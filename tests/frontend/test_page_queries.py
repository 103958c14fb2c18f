"""How many questions each page of the workbench and of the desk asks the database: at most eight of its own."""

from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts import disputes, negotiations, trade
from delivery import meters, uses
from delivery.models import Grant
from listings import offers, products
from tests.builders import (
    USAGE,
    Stage,
    given_applicant,
    given_draft,
    given_funded,
    given_submitted_admission,
    pay,
)
from tests.frontend.clients import client_of

# Session, person, membership, the count of what waits, the organisations to choose from.
FRAME: Final = 5
EIGHT: Final = 8


@dataclass(frozen=True, slots=True)
class Visit:
    """One page as one of the stage's people sees it, and how many questions it may ask beside the frame's."""

    who: str
    page: str
    own: int
    of: str = ""

    def __str__(self) -> str:
        return f"{self.page} ({self.who}{', ' + self.of if self.of else ''})"


WALK: Final = (
    Visit("buyer", "inbox", 1),
    Visit("reviewer", "inbox", 1),
    Visit("buyer", "negotiations", 2),
    Visit("buyer", "negotiation", 4, of="negotiation"),
    Visit("supplier", "contract", 5, of="negotiation"),
    Visit("buyer", "trades", 7),
    Visit("buyer", "trade", 8, of="trade"),
    Visit("supplier", "trade", 8, of="trade"),
    Visit("buyer", "trade", 8, of="refunded trade"),
    Visit("buyer", "trade_download", 8, of="trade"),
    Visit("buyer", "money", 8),
    Visit("supplier", "money", 8),
    Visit("supplier", "resources", 1),
    Visit("supplier", "resource", 3, of="resource"),
    Visit("supplier", "products", 1),
    Visit("supplier", "version", 3, of="version"),
    Visit("supplier", "version", 5, of="draft"),
    Visit("supplier", "organisation", 5),
    Visit("supplier", "keys", 2),
    Visit("reviewer", "reviews", 1),
    Visit("reviewer", "review", 7, of="submitted"),
    Visit("reviewer", "admissions", 1),
    Visit("reviewer", "admission", 1, of="admission"),
    Visit("buyer", "product", 5, of="version"),
    Visit("buyer", "home", 7),
    Visit("buyer", "catalogue", 4),
    Visit("buyer", "ledger", 4),
)


@pytest.mark.django_db
def test_every_page_keeps_to_its_number_of_questions() -> None:
    stage = given_used()
    subjects = given_subjects(stage)
    people = {"buyer": stage.buyer.member, "supplier": stage.supplier.member, "reviewer": stage.reviewer}
    clients = {who: client_of(member) for who, member in people.items()}

    asked = {str(visit): (own_questions(clients[visit.who], visit, subjects), visit.own) for visit in WALK}

    assert {page: numbers for page, numbers in asked.items() if numbers[0] > numbers[1]} == {}
    assert max(visit.own for visit in WALK) <= EIGHT


def own_questions(client: Client, visit: Visit, subjects: dict[str, UUID]) -> int:
    """What a page asks at the second look, beside the frame; rules are known for two seconds and do not count."""
    address = reverse(f"frontend:{visit.page}", args=[subjects[visit.of]] if visit.of else [])
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        response: Any = client.get(address)
    assert response.status_code == 200, visit
    return sum("market_rule" not in each["sql"] for each in queries.captured_queries) - FRAME


def given_used() -> Stage:
    """The buyer has the whole file, by one use."""
    stage = given_funded()
    use(stage)
    stage.dispatch()
    return stage


def given_refunded_trade(stage: Stage) -> UUID:
    """A second trade of the same two: paid, used, objected to, given back."""
    second = replace(stage, negotiation=None, trade=None)
    buyer, supplier = stage.buyer, stage.supplier
    second.negotiation = negotiations.request(stage.offer.id, purpose="internal-analysis", by=buyer.member)
    negotiations.agree(second.negotiation.id, provider=supplier.sign(second.draft()), by=supplier.member)
    second.trade = trade.sign(second.negotiation.id, provider=buyer.sign(second.draft()), by=buyer.member)
    pay(second)
    second.dispatch()
    use(second)
    dispute = disputes.open(second.period.id, reason="一半的行是空的", by=buyer.member)
    disputes.concede(dispute.id, answer="是的", by=supplier.member)
    return second.trade.id


def use(stage: Stage) -> None:
    """The whole file leaves under one use."""
    grant = Grant.objects.get(reference=stage.period.id)
    opened = uses.open(grant.id, purpose="internal-analysis", by=stage.buyer.member)
    meters.add(opened.use.id, sent_bytes=grant.file_bytes, arrived=(0, grant.file_bytes), has_ended=True)
    uses.close(opened.use.id, by=stage.buyer.member)


def given_subjects(stage: Stage) -> dict[str, UUID]:
    """What the pages are of."""
    supplier, version = stage.supplier.member, stage.offer.version
    submitted, draft = given_draft(supplier), given_draft(supplier)
    offers.open(submitted.id, name="单次下载", price_minor=100, usage=USAGE, acceptance_days=3, by=supplier)
    products.submit(submitted.id, by=supplier)
    assert stage.negotiation is not None
    return {
        "negotiation": stage.negotiation.id,
        "trade": stage.period.trade_id,
        "refunded trade": given_refunded_trade(stage),
        "version": version.id,
        "resource": version.resource_id,
        "submitted": submitted.id,
        "draft": draft.id,
        "admission": given_submitted_admission(given_applicant("乙公司")),
    }
