"""Certificates on paper: each kind fits one A4 page, and a real browser proves the entries that stand on it."""

import re

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from contracts import papers
from contracts.models import Trade
from provenance import sequencer
from tests.builders import given_settled
from tests.frontend.clients import client_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = re.compile(rb"/Type\s*/Page[^s]")


def test_each_certificate_prints_on_one_page_and_proves_itself(browser: Browser, live_server: LiveServer) -> None:
    stage = given_settled()
    assert stage.trade is not None
    trade, buyer = Trade.objects.get(id=stage.trade.id), stage.buyer.member
    made = {str(kind): papers.of_trade(trade, kind, by=buyer).id for kind in papers.OF_TRADES}
    made["product"] = papers.of_version(stage.offer.version_id, by=stage.supplier.member).id
    sequencer.drain()
    session = client_of(buyer).cookies["sessionid"].value
    context, public = browser.new_context(), browser.new_page()
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page = context.new_page()

    found = {}
    for kind, certificate_id in made.items():
        page.goto(f"{live_server.url}/certificates/{certificate_id}/")
        page.wait_for_selector('[data-step="values"][data-status]')
        steps = page.eval_on_selector_all("[data-step]", "all => all.map(each => each.dataset.status)")
        public.goto(page.url)
        assert len(PAGES.findall(public.pdf(format="A4"))) == 1, kind
        found[kind] = (len(PAGES.findall(page.pdf(format="A4"))), set(steps) - {"not claimed"})
    public.close()
    context.close()

    assert found == dict.fromkeys(made, (1, {"proved"}))
