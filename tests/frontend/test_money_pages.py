"""The page of an organisation's money: balances, payouts, statement, export."""

import csv
import io
from typing import Any

import pytest
from django.urls import reverse

from market.kernel import ids
from market.participants.members import Role
from market.participants.models import Membership
from settlement import bank_accounts, payouts
from settlement.models import BankAccount, Payout
from settlement.states import PayoutState
from tests.builders import Stage, given_delivered, given_funded, given_operator, given_settled, given_signatory
from tests.frontend.clients import client_of, text

pytestmark = pytest.mark.django_db
PAGE = "/workbench/money/"
ALL_DAYS = {"first_on": "2020-01-01", "last_on": "2099-12-31"}


def given_account(stage: Stage) -> BankAccount:
    """The supplier's bank account."""
    return bank_accounts.register(
        holder="供方公司", number="6222021234567890", bank="工商银行太原分行", by=stage.supplier.member
    )


def ask(stage: Stage, amount: str, **changed: str) -> Any:
    """Send the payout form."""
    form = {"amount_minor": amount, "key": str(ids.new_id())} | changed
    return client_of(stage.supplier.member).post(reverse("frontend:payout_request"), form)


def test_what_is_available_and_what_lies_in_escrow_stand_on_top() -> None:
    stage = given_funded()

    buyer = text(client_of(stage.buyer.member).get(PAGE))
    supplier = text(client_of(stage.supplier.member).get(PAGE))

    facts = [page.partition('class="facts large"')[2].partition("</dl>")[0] for page in (buyer, supplier)]
    assert [fact.count("¥480.00") for fact in facts] == [1, 1]
    assert facts[0].index("本方已付") < facts[0].index("¥480.00")
    assert facts[1].index("待收") < facts[1].index("¥480.00") < facts[1].index("本方已付")


def test_a_statement_opens_with_the_first_day_and_closes_with_the_sum() -> None:
    stage = given_settled()

    page = text(client_of(stage.supplier.member).get(PAGE, ALL_DAYS))

    lines = page.partition('id="statement"')[2]
    assert "+¥456.00" in lines
    assert lines.index("期初余额") < lines.index("+¥456.00") < lines.index("期末余额")
    assert reverse("frontend:trade", args=[stage.period.trade_id]) in lines


def test_the_export_holds_every_line_of_the_days_and_opens_in_excel() -> None:
    stage = given_delivered()

    response = client_of(stage.buyer.member).get(reverse("frontend:money_export"), ALL_DAYS)

    assert response.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [(row["收入"], row["支出"], row["余额"]) for row in rows] == [
        ("480.00", "", "480.00"),
        ("", "480.00", "0.00"),
    ]
    assert {row["交易"] for row in rows} == {stage.period.trade.number}


@pytest.mark.parametrize("days", [{}, {"first_on": "2026-01-02", "last_on": "2026-01-01"}, {"first_on": "x"}])
def test_an_export_without_days_is_refused(days: dict[str, str]) -> None:
    stage = given_settled()

    assert client_of(stage.buyer.member).get(reverse("frontend:money_export"), days).status_code == 404


def test_days_in_the_wrong_order_are_told_beside_their_field() -> None:
    stage = given_settled()

    page = text(client_of(stage.buyer.member).get(PAGE, {"first_on": "2026-01-02", "last_on": "2026-01-01"}))

    assert "截止日早于起始日" in page


def test_a_payout_of_available_money_is_requested_once_however_often_it_is_sent() -> None:
    stage = given_settled()
    given_account(stage)
    key = str(ids.new_id())

    responses = [ask(stage, "456.00", key=key) for _ in range(2)]

    assert [response.status_code for response in responses] == [303, 303]
    assert Payout.objects.get().amount_minor == 45_600
    page = text(client_of(stage.supplier.member).get(PAGE))
    assert Payout.objects.get().payment_reference in page
    assert "运营方审批人" in page


@pytest.mark.parametrize(
    ("amount", "status"),
    [("456.01", 409), ("0", 422), ("", 422), ("4五6", 422)],
    ids=["more than there is", "nothing", "empty", "no number"],
)
def test_a_payout_that_cannot_be_is_refused_on_the_page_and_what_was_typed_stays(amount: str, status: int) -> None:
    stage = given_settled()
    given_account(stage)

    response = ask(stage, amount)

    assert response.status_code == status
    assert not Payout.objects.exists()
    assert f'value="{amount}"' in text(response) or not amount
    assert 'id="id_amount_minor_error"' in text(response)


def test_a_payout_is_taken_back_with_a_reason() -> None:
    stage = given_settled()
    given_account(stage)
    payout = payouts.request(amount_minor=45_600, by=stage.supplier.member)
    client = client_of(stage.supplier.member)
    address = reverse("frontend:payout_cancel", args=[payout.id])

    without = client.post(address, {"reason": ""})
    response = client.post(address, {"reason": "账户有误"})

    assert (without.status_code, response.status_code) == (422, 303)
    assert Payout.objects.get().state == PayoutState.CANCELLED


def test_another_organisations_payout_is_not_found() -> None:
    stage = given_settled()
    given_account(stage)
    payout = payouts.request(amount_minor=45_600, by=stage.supplier.member)

    response = client_of(stage.buyer.member).post(
        reverse("frontend:payout_cancel", args=[payout.id]), {"reason": "不是我的"}
    )

    assert response.status_code == 404
    assert Payout.objects.get().state == PayoutState.REQUESTED


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        pytest.param({"number": "12ab"}, "id_number_error", id="number"),
        pytest.param({"bank": " "}, "id_bank_error", id="bank"),
        pytest.param({"bank_code": "123"}, "id_bank_code_error", id="bank code"),
    ],
)
def test_a_wrong_bank_account_is_told_beside_its_field(sent: dict[str, str], said: str) -> None:
    stage = given_settled()
    right = {"number": "6222021234567890", "bank": "工商银行太原分行", "bank_code": ""}

    response = client_of(stage.supplier.member).post(reverse("frontend:bank_account"), right | sent)

    assert response.status_code == 422
    assert said in text(response)
    assert not BankAccount.objects.exists()


def test_a_registered_account_is_shown_masked() -> None:
    stage = given_settled()

    client_of(stage.supplier.member).post(
        reverse("frontend:bank_account"),
        {"number": "6222 0212 3456 7890", "bank": "工商银行太原分行", "bank_code": ""},
    )

    page = text(client_of(stage.supplier.member).get(PAGE))
    assert "7890" in page
    assert "6222021234567890" not in page


@pytest.mark.parametrize(
    ("roles", "page", "payout"),
    [([Role.FINANCE], 200, 409), ([Role.ADMIN], 200, 403), ([Role.TRADER], 403, 403)],
    ids=["finance", "administrator", "trader"],
)
def test_money_is_for_finance_and_the_administrator(roles: list[Role], page: int, payout: int) -> None:
    stage = given_settled()
    Membership.objects.filter(person_id=stage.supplier.member.person_id).update(roles=roles)
    client = client_of(stage.supplier.member)

    assert client.get(PAGE).status_code == page
    assert ask(stage, "1.00").status_code == payout  # 409: no bank account is known


def test_the_operator_has_no_such_page() -> None:
    assert client_of(given_operator(Role.CLERK)).get(PAGE).status_code == 403


def test_an_organisation_without_any_movement_has_an_empty_statement() -> None:
    page = text(client_of(given_signatory().member).get(PAGE))

    assert "这些天没有变动" in page
