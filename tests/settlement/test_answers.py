"""The same request under the same Idempotency-Key is answered once and done once, however many come at once."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from market.kernel import clock, ids
from market.participants.members import Role
from settlement import accounts, answers, escrow, ledger
from settlement.models import BankAccount, Payout, Statement, StatementLine, StoredAnswer
from settlement.states import LineState, PayoutState
from tests.settlement.builders import Market, given_member
from tests.settlement.test_doors import Program
from tests.settlement.test_races import together

JSON = "application/json"
ACCOUNT = {"number": "6222021234567890123", "bank": "某银行太原分行", "bank_code": "102161000015"}


@pytest.fixture
def market(lasting_market: Market) -> Market:
    return lasting_market


@pytest.fixture
def finance(market: Market) -> Program:
    """The supplier's finance: 456.00 yuan earned, a bank account known."""
    obligation = market.funded(48_000)
    escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)
    program = Program(market.finance, "finance")
    program.put("/bank-account", ACCOUNT | {"holder": market.supplier.name})
    return program


def send(program: Program, key: str, path: str, body: Any, method: str = "POST") -> Any:
    """One request under a key."""
    call = program.client.put if method == "PUT" else program.client.post
    headers = program.headers | {"Idempotency-Key": key}
    return call(f"/api/settlement{path}", body, content_type=JSON, headers=headers)


def test_the_same_request_gets_the_first_answer_and_moves_nothing_again(market: Market, finance: Program) -> None:
    first = send(finance, "pay-1", "/payouts", {"amount_minor": 10_000})

    second = send(finance, "pay-1", "/payouts", {"amount_minor": 10_000})

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert ("Idempotent-Replayed" in first.headers, second.headers["Idempotent-Replayed"]) == (False, "true")
    assert Payout.objects.count() == 1


def test_the_stored_answer_is_the_first_one_though_the_payout_went_on(market: Market, finance: Program) -> None:
    first = send(finance, "pay-1", "/payouts", {"amount_minor": 10_000})
    Program(market.approver, "operate").post(f"/payouts/{first.json()['id']}/approve", {})

    second = send(finance, "pay-1", "/payouts", {"amount_minor": 10_000})

    assert Payout.objects.get().state == PayoutState.APPROVED
    assert second.json()["state"] == "requested"


@pytest.mark.parametrize(
    ("path", "body"),
    [("/payouts", {"amount_minor": 10_001}), ("/payouts/{id}/cancel", {"reason": "x"})],
    ids=["another amount", "another door"],
)
def test_another_request_under_the_same_key_is_refused(
    market: Market, finance: Program, path: str, body: dict[str, Any]
) -> None:
    first = send(finance, "pay-1", "/payouts", {"amount_minor": 10_000})

    second = send(finance, "pay-1", path.format(id=first.json()["id"]), body)

    assert second.status_code == 409
    assert second.json()["type"].endswith("key-reused")
    assert Payout.objects.get().state == PayoutState.REQUESTED


def test_a_refused_request_leaves_its_key_free(market: Market, finance: Program) -> None:
    refused = send(finance, "pay-1", "/payouts", {"amount_minor": 99_000})

    accepted = send(finance, "pay-1", "/payouts", {"amount_minor": 45_600})

    assert (refused.status_code, accepted.status_code) == (409, 201)
    assert StoredAnswer.objects.get().status == 201


def test_a_key_belongs_to_one_person(market: Market, finance: Program) -> None:
    send(finance, "pay-1", "/payouts", {"amount_minor": 10_000})
    colleague = Program(given_member(market.supplier, Role.FINANCE), "finance")

    other = send(colleague, "pay-1", "/payouts", {"amount_minor": 10_000})

    assert other.status_code == 201
    assert "Idempotent-Replayed" not in other.headers
    assert Payout.objects.count() == 2


def test_eight_twins_at_once_are_one_payout_and_one_answer(market: Market, finance: Program) -> None:
    def call() -> Any:
        return send(finance, "twin", "/payouts", {"amount_minor": 10_000})

    found = together(*[call] * 8)

    assert {answer.status_code for answer in found} == {201}
    assert len({answer.content for answer in found}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in found) == 1
    assert Payout.objects.get().amount_minor == 10_000


def test_of_twins_that_differ_one_is_done_and_the_other_refused(market: Market, finance: Program) -> None:
    found = together(
        lambda: send(finance, "twin", "/payouts", {"amount_minor": 10_000}),
        lambda: send(finance, "twin", "/payouts", {"amount_minor": 20_000}),
    )

    assert sorted(answer.status_code for answer in found) == [201, 409]
    assert Payout.objects.count() == 1


def test_the_operators_doors_keep_the_promise_too(market: Market, finance: Program) -> None:
    clerk, approver = Program(market.clerk, "operate"), Program(market.approver, "operate")
    market.imported(("10.00", "?"), ("20.00", "?"))
    small, large = StatementLine.objects.filter(state=LineState.SUSPENSE).order_by("amount_minor")
    due = market.opened(2_000)
    payout = finance.post("/payouts", {"amount_minor": 10_000}).json()["id"]
    calls = [
        (clerk, f"/suspense/{small.id}/return", {"reason": "x"}),
        (clerk, f"/suspense/{large.id}/assign", {"payment_reference": due.payment_reference, "reason": "x"}),
        (approver, f"/payouts/{payout}/approve", {}),
        (approver, "/payout-files", {"currency": "CNY"}),
        (clerk, f"/payouts/{payout}/fail", {"reason": "x"}),
    ]

    pairs = [[send(who, f"key {n}", path, body) for _ in range(2)] for n, (who, path, body) in enumerate(calls)]

    assert [first.status_code for first, _ in pairs] == [200, 200, 200, 201, 200], [a.content for a, _ in pairs]
    assert [second.content == first.content for first, second in pairs] == [True] * 5
    assert all(second.headers["Idempotent-Replayed"] == "true" for _, second in pairs)
    assert ledger.balance(accounts.org(market.supplier.id, "CNY")) == 45_600


def test_a_statement_under_a_key_is_the_same_request_by_its_bytes(market: Market) -> None:
    clerk = Program(market.clerk, "operate")
    clerk.headers |= {"Idempotency-Key": "day 1"}
    data = market.csv(("1.00", "?"))

    first, again, other = clerk.send(data), clerk.send(data), clerk.send(market.csv(("2.00", "?")))

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert again.content == first.content
    assert Statement.objects.count() == 1


def test_a_bank_account_put_twice_under_a_key_is_one(market: Market) -> None:
    program = Program(market.finance, "finance")
    body = ACCOUNT | {"holder": market.supplier.name}

    first, second = (send(program, "k", "/bank-account", body, "PUT") for _ in range(2))

    assert second.content == first.content
    assert BankAccount.objects.count() == 1


def test_an_answer_is_forgotten_after_thirty_days_and_not_before(market: Market, finance: Program) -> None:
    send(finance, "pay-1", "/payouts", {"amount_minor": 10_000})

    with clock.shifted(timedelta(days=29)):
        early = answers.forget_old()
    with clock.shifted(timedelta(days=31)):
        late = answers.forget_old()

    assert (early, late) == (0, 1)


def test_a_stored_answer_cannot_be_rewritten(market: Market, finance: Program) -> None:
    send(finance, f"{ids.new_id()}", "/payouts", {"amount_minor": 10_000})

    with connection.cursor() as cursor:
        cursor.execute("SELECT has_column_privilege('settlement_storedanswer', 'body', 'UPDATE')")
        row = cursor.fetchone()

    assert row == (False,)
