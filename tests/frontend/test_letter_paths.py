"""Where the inbox and its letters send people: to a page that is there."""

from urllib.parse import urlsplit

from django.urls import Resolver404, resolve

from market.kernel import ids
from market.notifications import kinds


def test_every_kind_of_task_leads_to_a_page_that_exists() -> None:
    # rooms declare their kinds as they are loaded, so that a web process knows them all: nothing is imported here
    subject, thread = ids.new_id(), ids.new_id()
    dead = {}

    for kind in kinds.KINDS.values():
        address = kind.address(subject=subject, thread=thread)
        try:
            resolve(urlsplit(address).path)
        except Resolver404:
            dead[kind.name] = address

    assert {name.partition(".")[0] for name in kinds.KINDS} >= {"admission", "payout", "suspense", "order", "hold"}
    assert dead == {}
