"""Uses: only under the signed policy, counted once, told always."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from delivery import grants, uses
from delivery.errors import GrantClosed, UseRefused
from delivery.models import Grant, Use
from market import holds, policy
from market.events.models import Event, Opening
from market.holds import Held, Scope
from market.kernel import clock, ids
from market.kernel.errors import Conflict, NotAllowed, NotFound
from market.participants.members import Role, system
from market.policy import Action, Constraint, Operand, Operator, Policy, Rule, RuleKind, UsageTerms, Value
from tests.delivery.given import given_delivery, given_member, given_organisation, given_policy, operator

pytestmark = pytest.mark.django_db(transaction=True)  # a refused verb leaves no transaction to go on in


def told(kind: str) -> int:
    """How many events of a kind there are."""
    return Event.objects.filter(kind=kind).count()


def test_the_buyer_opens_a_use_and_it_is_counted_and_told() -> None:
    delivery = given_delivery(purposes=("research",))

    opened = delivery.use("research")

    assert opened.use.number == 1
    assert opened.expires_at - opened.use.opened_at <= timedelta(minutes=30)
    assert opened.address.startswith(f"http://localhost:8001/d/{opened.use.id}?e=")
    assert Grant.objects.get().use_count == 1
    told_fields = Opening.objects.get(event__kind="use.opened")
    assert told_fields.fields["purpose"]["value"] == "research"
    assert set(told_fields.parties) == {delivery.buyer.organisation_id, delivery.supplier.organisation_id}


@pytest.mark.parametrize(
    ("terms", "asked", "agreed_days_ago", "code", "clause", "said"),
    [
        ({"uses_max": 1}, {"purpose": ""}, 0, None, None, ""),
        ({"purposes": ("research",)}, {"purpose": "advertising"}, 0, "purpose_not_allowed", 1, "advertising"),
        ({"purposes": ("research",)}, {"purpose": ""}, 0, "purpose_not_declared", 1, "research"),
        ({"term_days": 30}, {"purpose": ""}, 31, "term_ended", 0, "term of the agreement ended"),
        ({"territory": ("CN-310000",)}, {"purpose": ""}, 0, "region_not_allowed", 1, "CN-140105"),
    ],
    ids=["first of one use", "other purpose", "no purpose", "after the term", "outside the territory"],
)
def test_the_policy_is_asked_and_its_refusal_names_the_clause(
    terms: dict[str, Any],
    asked: dict[str, str],
    agreed_days_ago: float,
    code: str | None,
    clause: int | None,
    said: str,
) -> None:
    delivery = given_delivery(agreed_days_ago=agreed_days_ago, **terms)

    if code is None:
        assert delivery.use(**asked).use.number == 1
        return
    with translation.override("en"), pytest.raises(UseRefused) as refusal:
        delivery.use(**asked)

    assert refusal.value.extra["code"] == code
    assert refusal.value.extra["clause"] == f"permission[0].constraint[{clause}]"
    assert said in str(refusal.value.detail)
    assert (Use.objects.count(), Grant.objects.get().use_count, told("use.refused")) == (0, 0, 1)


def test_the_count_is_of_the_agreement_and_its_exhaustion_names_the_clause() -> None:
    delivery = given_delivery(uses_max=2)
    delivery.use()
    delivery.use()

    with pytest.raises(UseRefused) as refusal:
        delivery.use()

    assert refusal.value.extra["code"] == "count_exhausted"
    assert refusal.value.extra["params"] == {"limit": 2, "used": 2}
    assert refusal.value.extra["clause"] == "permission[0].constraint[1]"
    assert told("use.opened") == 2
    assert Opening.objects.get(event__kind="use.refused").fields["code"]["value"] == "count_exhausted"


def test_a_second_period_of_the_agreement_counts_on() -> None:
    first = given_delivery(uses_max=1)
    grant = first.grant
    second = grants.open(
        reference=ids.urn(ids.new_id()),
        thread=ids.urn(grant.thread),
        supplier_id=grant.supplier_id,
        buyer_id=grant.buyer_id,
        version=ids.urn(grant.version),
        agreement=ids.urn(grant.agreement),
        agreement_sha256=grant.agreement_sha256,
        storage_key=grant.storage_key,
        filename=grant.filename,
        media_type=grant.media_type,
        file_bytes=grant.file_bytes,
        file_sha256=grant.file_sha256,
        policy=grant.policy,
        agreed_at=grant.agreed_at,
        by=system("settlement"),
    )
    first.use()

    with pytest.raises(UseRefused) as refusal:
        uses.open(second.id, purpose="", by=first.buyer)

    assert refusal.value.extra["code"] == "count_exhausted"


def test_two_open_the_last_use_at_once_and_one_gets_it() -> None:
    delivery = given_delivery(uses_max=1)
    start, outcomes = threading.Barrier(2), list[str]()

    def take() -> None:
        start.wait()
        try:
            outcomes.append(f"use {delivery.use().use.number}")
        except UseRefused as refusal:
            outcomes.append(refusal.extra["code"])
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["count_exhausted", "use 1"]
    assert (Use.objects.count(), told("use.opened"), told("use.refused")) == (1, 1, 1)


def test_strangers_hear_that_there_is_nothing_and_the_supplier_that_it_is_the_buyers() -> None:
    delivery = given_delivery()
    stranger = given_member(given_organisation("别的公司"))
    finance = given_member(delivery.grant.buyer, frozenset({Role.FINANCE}))

    with pytest.raises(NotFound):
        uses.open(delivery.grant.id, purpose="", by=stranger)
    with pytest.raises(NotAllowed):
        uses.open(delivery.grant.id, purpose="", by=delivery.supplier)
    with pytest.raises(NotAllowed):
        uses.open(delivery.grant.id, purpose="", by=finance)

    assert not Use.objects.exists()


@pytest.mark.parametrize("held", ["reference", "thread", "supplier_id", "buyer_id", "version", "id"])
def test_a_hold_on_anything_of_the_trade_stops_the_next_use(held: str) -> None:
    delivery = given_delivery()
    hold = holds.place(
        ids.urn(getattr(delivery.grant, held)), scope=Scope.TRADE, reason="投诉", legal_basis="条例 28", by=operator()
    )

    with pytest.raises(Held):
        delivery.use()
    holds.lift(hold.id, reason="查清", by=operator())

    assert delivery.use().use.number == 1


def test_the_same_key_answers_the_same_use_and_takes_no_second_count() -> None:
    delivery = given_delivery(uses_max=1)

    first = delivery.use(key="order-7")
    second = delivery.use(key="order-7")

    assert (second.use.id, second.address) == (first.use.id, first.address)
    assert told("use.opened") == 1
    with pytest.raises(Conflict):
        delivery.use("research", key="order-7")


def test_another_recipient_needs_the_right_to_pass_the_data_on() -> None:
    affiliate = ids.urn(ids.new_id())
    strict, lenient = given_delivery(), given_delivery(may_redistribute=True)
    named = given_delivery(recipients=(affiliate,))

    with pytest.raises(UseRefused) as refusal:
        strict.use(recipient=affiliate)

    assert (refusal.value.extra["code"], refusal.value.extra["clause"]) == ("prohibited", "prohibition[0]")
    assert lenient.use(recipient=affiliate).use.recipient == affiliate
    assert named.use(recipient=affiliate).use.recipient == affiliate
    with pytest.raises(UseRefused):
        named.use()  # the buyer itself is not among the recipients


def test_a_policy_that_only_lets_aggregate_delivers_no_file() -> None:
    rule = Rule(RuleKind.PERMISSION, Action.AGGREGATE)
    delivery = given_delivery(signed=policy.canonical(Policy(permissions=(rule,))))

    with pytest.raises(UseRefused) as refusal:
        delivery.use()

    assert refusal.value.extra["code"] == "no_permission"


def test_a_use_never_outlasts_the_term() -> None:
    limit = Constraint(Operand.ELAPSED_TIME, Operator.LTEQ, Value("PT10M"))
    rule = Rule(RuleKind.PERMISSION, Action.USE, (limit,))
    delivery = given_delivery(signed=policy.canonical(Policy(permissions=(rule,))))

    opened = delivery.use()

    assert opened.expires_at == delivery.grant.expires_at
    assert opened.expires_at - delivery.grant.agreed_at == timedelta(minutes=10)


def test_closing_tells_once_and_is_not_stopped_by_a_hold() -> None:
    delivery = given_delivery()
    opened = delivery.use()
    holds.place(delivery.grant.urn, scope=Scope.DELIVERY, reason="投诉", legal_basis="条例 28", by=operator())

    uses.close(opened.use.id, by=delivery.buyer)
    again = uses.close(opened.use.id, by=delivery.buyer)

    assert (again.state, told("use.closed")) == ("closed", 1)
    fields = Opening.objects.get(event__kind="use.closed").fields
    assert (fields["bytes"]["value"], fields["complete"]["value"], fields["why"]["value"]) == (0, False, "asked")
    with pytest.raises(NotFound):
        uses.close(opened.use.id, by=given_member(given_organisation("别的公司")))


def test_closing_the_grant_ends_its_uses_and_opens_no_more() -> None:
    delivery = given_delivery()
    delivery.use()
    reference = ids.urn(delivery.grant.reference)

    grants.close(reference, reason="refunded", by=delivery.supplier)
    grants.close(reference, reason="refunded", by=system("contracts"))

    assert (told("use.closed"), told("grant.closed")) == (1, 1)
    with pytest.raises(GrantClosed):
        delivery.use()


def test_the_sweeper_closes_what_has_expired_and_is_silent() -> None:
    from delivery import meters, tasks

    silent, sending, fresh = given_delivery().use(), given_delivery().use(), given_delivery()
    with clock.shifted(timedelta(minutes=30, seconds=1)):
        meters.add(sending.use.id, sent_bytes=10, arrived=(0, 10), has_ended=False)
        open_still = fresh.use()

        closed = tasks.close_expired()

    states = dict(Use.objects.values_list("id", "state"))
    assert closed == 1
    assert states == {silent.use.id: "closed", sending.use.id: "open", open_still.use.id: "open"}


def test_what_was_signed_is_what_the_grant_holds_and_proves() -> None:
    delivery = given_delivery(uses_max=3)

    fields = Opening.objects.get(event__kind="grant.opened").fields

    assert delivery.grant.policy == given_policy(uses_max=3)
    assert policy.parse(delivery.grant.policy).rules == policy.build(UsageTerms(uses_max=3)).rules
    assert fields["file_sha256"]["value"] == delivery.grant.file_sha256
    assert fields["file_bytes"]["value"] == len(delivery.content)
