"""Grants: once for a reference and a file, on the terms that were signed, and never changed."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from delivery import grants
from delivery.errors import GrantDiffers
from delivery.models import Grant, Use
from market import holds
from market.events.models import Event
from market.holds import Held, Scope
from market.kernel import clock, ids
from market.kernel.errors import Invalid, NotFound
from market.participants.members import system
from tests.delivery.given import Delivery, given_delivery, given_member, given_organisation, given_policy, operator

pytestmark = pytest.mark.django_db(transaction=True)


def again(grant: Grant, **changed: Any) -> Grant:
    """The call that opened the grant, once more."""
    names = (
        "supplier_id", "buyer_id", "agreement_sha256", "storage_key", "filename", "media_type", "file_bytes",
        "file_sha256", "policy", "agreed_at",
    )  # fmt: skip
    terms: dict[str, Any] = {name: getattr(grant, name) for name in names}
    terms |= {name: ids.urn(getattr(grant, name)) for name in ("reference", "thread", "version", "agreement")}
    return grants.open(**(terms | changed), by=system("settlement"))


def test_the_same_call_answers_the_same_grant_and_tells_once() -> None:
    first = given_delivery().grant

    second = again(first)

    assert second.id == first.id
    assert Event.objects.filter(kind="grant.opened").count() == 1


def test_other_terms_for_the_same_reference_are_refused() -> None:
    first = given_delivery().grant

    with pytest.raises(GrantDiffers):
        again(first, policy=given_policy(uses_max=7))
    with pytest.raises(GrantDiffers):
        again(first, buyer_id=given_organisation("别的公司").id)

    assert Grant.objects.get().policy == first.policy


def test_two_open_at_once_and_there_is_one_grant() -> None:
    model = given_delivery().grant
    reference = ids.urn(ids.new_id())
    start, found = threading.Barrier(2), list[object]()

    def call() -> None:
        start.wait()
        try:
            found.append(again(model, reference=reference).id)
        finally:
            connection.close()

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 2
    assert len(set(found)) == 1
    assert Event.objects.filter(kind="grant.opened").count() == 2  # the model's and this one's


@pytest.mark.parametrize(
    "signed",
    [{}, {"@type": "Agreement", "permission": [{"action": "sell"}]}],
    ids=["empty", "unknown action"],
)
def test_a_policy_that_cannot_be_enforced_opens_nothing(signed: dict[str, Any]) -> None:
    model = given_delivery().grant

    with pytest.raises(Invalid) as refusal:
        again(model, reference=ids.urn(ids.new_id()), policy=signed)

    assert refusal.value.fields[0]["field"].startswith("policy.")
    assert Grant.objects.count() == 1


def test_a_hold_on_the_trade_opens_no_grant() -> None:
    model = given_delivery().grant
    holds.place(ids.urn(model.thread), scope=Scope.TRADE, reason="投诉", legal_basis="条例 28", by=operator())

    with pytest.raises(Held):
        again(model, reference=ids.urn(ids.new_id()))

    assert Grant.objects.count() == 1


def test_the_term_ends_when_the_policy_says() -> None:
    delivery = given_delivery(term_days=30)

    assert delivery.grant.expires_at == delivery.grant.agreed_at + timedelta(days=30)
    assert given_delivery(term_days=None).grant.expires_at is None


def test_a_stranger_closes_nothing() -> None:
    delivery = given_delivery()
    stranger = given_member(given_organisation("别的公司"))

    with pytest.raises(NotFound):
        grants.close(ids.urn(delivery.grant.reference), reason="x", by=stranger)
    with pytest.raises(NotFound):
        grants.close(ids.urn(ids.new_id()), reason="x", by=system("contracts"))

    assert Grant.objects.get().state == "open"


@pytest.fixture
def opened() -> Delivery:
    """A delivery with one use."""
    delivery = given_delivery()
    delivery.use()
    return delivery


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE delivery_grant SET policy = '{}'",
        "UPDATE delivery_grant SET file_sha256 = repeat('0', 64)",
        "UPDATE delivery_grant SET buyer_id = supplier_id",
        "DELETE FROM delivery_grant",
        "TRUNCATE delivery_grant CASCADE",
        "UPDATE delivery_use SET purpose = 'other'",
        "UPDATE delivery_use SET expires_at = now() + interval '1 year'",
        "DELETE FROM delivery_use",
    ],
)
def test_the_running_role_cannot_rewrite_terms_or_facts(opened: Delivery, statement: str) -> None:
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(statement)

    assert Grant.objects.get().policy == opened.grant.policy
    assert Use.objects.get().purpose == ""


@pytest.mark.parametrize(
    "statement", ["UPDATE delivery_grant SET policy = '{}'", "DELETE FROM delivery_use", "DELETE FROM delivery_grant"]
)
def test_not_even_the_owner_rewrites_what_was_signed(
    opened: Delivery, as_owner: Callable[[], Any], statement: str
) -> None:
    with as_owner() as owner, pytest.raises(DatabaseError, match="append-only"), owner.cursor() as cursor:
        cursor.execute(statement)

    assert Grant.objects.get().policy == opened.grant.policy


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        ({"state": "closed"}, "grant_closed_at_some_time"),
        ({"state": "gone"}, "grant_"),
        ({"use_count": -1}, "delivery_grant_use_count_check"),
    ],
)
def test_the_database_refuses_what_must_never_be_true(
    opened: Delivery, changed: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Grant.objects.update(**changed)


def test_a_grant_to_oneself_is_refused(opened: Delivery) -> None:
    with pytest.raises(IntegrityError, match="grant_never_to_oneself"):
        again(opened.grant, reference=ids.urn(ids.new_id()), buyer_id=opened.grant.supplier_id)


def test_a_use_has_its_own_number(opened: Delivery) -> None:
    twin = Use(
        grant=opened.grant,
        number=1,
        opened_by=ids.new_id(),
        recipient="x",
        opened_at=clock.now(),
        expires_at=clock.now() + timedelta(minutes=1),
    )

    with pytest.raises(IntegrityError, match="use_one_per_number"), transaction.atomic():
        twin.save(force_insert=True)
