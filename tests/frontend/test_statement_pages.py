"""Statements and suspense: who imports and decides, and what a wrong file or a wrong answer leaves alone."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from market.participants.members import Member
from settlement import accounts, ledger, references
from settlement.models import Payout, Statement, StatementLine
from settlement.states import LineState, ObligationState, PayoutState
from tests.frontend.clients import client_of, text
from tests.frontend.moneydesk import given_payout, market, the_line
from tests.settlement.builders import Market

__all__ = ["market"]  # a fixture
pytestmark = pytest.mark.django_db


def upload(member: Member, data: bytes, name: str = "对账单.csv", language: str = "zh-hans") -> Any:
    """Send the import form."""
    return client_of(member, language).post(
        reverse("frontend:statement_import"), {"file": SimpleUploadedFile(name, data, "text/csv")}
    )


# --- statements ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_clerk_imports_a_statement_and_sees_what_each_line_did(market: Market, encoding: str) -> None:
    obligation = market.opened(48_000)
    file = market.csv(("480.00", f"货款 {obligation.payment_reference}"), ("12.00", "不明来款"))

    response = upload(market.clerk, file.decode("utf-8-sig").encode(encoding))

    statement = Statement.objects.get()
    assert response.status_code == 303
    assert response.headers["Location"] == reverse("frontend:statement", args=[statement.id])
    page = text(client_of(market.clerk).get(response.headers["Location"]))
    assert f"支付{obligation.payment_reference}，付款方{market.buyer.name}" in page
    assert "没有付款编号" in page
    assert "+¥480.00" in page
    obligation.refresh_from_db()
    assert obligation.state == ObligationState.FUNDED


def test_the_same_file_again_leads_to_the_first_import_and_says_so(market: Market) -> None:
    file = market.csv(("480.00", "货款"))
    upload(market.clerk, file)

    response = client_of(market.clerk).post(
        reverse("frontend:statement_import"), {"file": SimpleUploadedFile("again.csv", file)}, follow=True
    )

    assert Statement.objects.count() == 1
    assert StatementLine.objects.count() == 1
    assert "没有重复记账" in text(response)


def test_an_unreadable_file_is_told_by_row_column_and_figure_and_nothing_is_kept(market: Market) -> None:
    rows = market.csv(("480.00", "a"), ("12.00", "b"), opening=100_000).decode("utf-8-sig").splitlines()
    rows[2] = rows[2].replace('"1,492.00"', '"1,592.00"')

    response = upload(market.clerk, "\r\n".join(rows).encode())

    page = text(response)
    assert response.status_code == 422
    assert "第3行" in page.replace(" ", "")
    assert "账户余额" in page
    assert "¥1,592.00" in page
    assert "¥1,492.00" in page
    assert not Statement.objects.exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04xlsx", "CSV"),
        ("交易日期,借方发生额,贷方发生额,附言\r\n2026-13-40,,1.00,x\r\n".encode(), "交易日期"),
        ("随便,什么\r\n1,2\r\n".encode(), "交易日期"),
    ],
    ids=["a spreadsheet", "no such day", "no header"],
)
def test_every_kind_of_wrong_file_names_its_place(market: Market, data: bytes, said: str) -> None:
    response = upload(market.clerk, data)

    assert response.status_code == 422
    assert said in text(response).partition('id="faults"')[2].partition("</table>")[0]
    assert not Statement.objects.exists()


@pytest.mark.parametrize("data", [None, b""], ids=["no file", "an empty file"])
def test_without_a_file_nothing_happens(market: Market, data: bytes | None) -> None:
    sent = {} if data is None else {"file": SimpleUploadedFile("x.csv", data)}

    response = client_of(market.clerk).post(reverse("frontend:statement_import"), sent)

    assert response.status_code == 422
    assert "id_file_error" in text(response)
    assert not Statement.objects.exists()


def test_a_hole_between_two_statements_is_told_with_both_balances_and_what_is_missing(market: Market) -> None:
    market.imported(("480.00", "a"), opening=100_000)  # ends with 1,480.00

    response = upload(market.clerk, market.csv(("12.00", "b"), opening=150_000))

    table = text(response).partition("figures")[2].partition("</table>")[0]
    assert response.status_code == 409
    assert [amount in table for amount in ("¥1,480.00", "¥1,500.00", "¥20.00")] == [True, True, True]
    assert Statement.objects.count() == 1


def test_a_file_above_the_limit_is_refused_as_too_large(market: Market, settings: Any) -> None:
    settings.STATEMENT_BYTES_MAX = 1_000

    response = upload(market.clerk, b"x" * 70_000)

    assert response.status_code == 413
    assert not Statement.objects.exists()


def test_the_list_counts_what_matched_and_what_waits(market: Market) -> None:
    obligation = market.opened(48_000)
    statement = market.imported(("480.00", obligation.payment_reference), ("1.00", "?"), ("2.00", "?"), opening=0)

    page = text(client_of(market.auditor).get(reverse("frontend:statements")))

    row = page.partition('id="imported"')[2]
    assert reverse("frontend:statement", args=[statement.id]) in row
    assert [f">{count}<" in row for count in (3, 1, 2)] == [True, True, True]
    assert "¥483.00" in row


def test_only_the_clerk_is_offered_the_import_and_the_door_refuses_the_others(market: Market) -> None:
    offered = {
        name: "导入流水</button>" in text(client_of(member).get(reverse("frontend:statements")))
        for name, member in (("clerk", market.clerk), ("approver", market.approver), ("auditor", market.auditor))
    }

    refused = [upload(member, market.csv(("1.00", "x"))).status_code for member in (market.approver, market.finance)]

    assert offered == {"clerk": True, "approver": False, "auditor": False}
    assert refused == [403, 403]
    assert not Statement.objects.exists()


# --- suspense -----------------------------------------------------------------------------------------


def test_the_list_shows_age_amount_payer_text_and_the_likeliest_reference(market: Market) -> None:
    obligation = market.opened(48_000)
    market.imported(("480.00", "设备款"))

    page = text(client_of(market.clerk).get(reverse("frontend:suspense")))

    row = page.partition("<tbody>")[2]
    for said in ("+¥480.00", market.buyer.name, "设备款", obligation.payment_reference, "金额相同", "户名相同"):
        assert said in row


def test_a_line_is_assigned_to_a_candidate_with_a_reason(market: Market) -> None:
    obligation = market.opened(48_000)
    market.imported(("480.00", "忘了附言"))
    line = the_line()

    page = text(client_of(market.clerk).get(reverse("frontend:suspense_line", args=[line.id])))
    response = client_of(market.clerk).post(
        reverse("frontend:suspense_assign", args=[line.id]),
        {"candidate": obligation.payment_reference, "payment_reference": "", "reason": "来电确认"},
    )

    assert f'value="{obligation.payment_reference}"' in page
    assert "全额转入托管账户" in page
    assert response.status_code == 303
    obligation.refresh_from_db()
    assert obligation.state == ObligationState.FUNDED
    after = text(client_of(market.auditor).get(reverse("frontend:suspense_line", args=[line.id])))
    assert "来电确认" in after
    assert "托管账户" in after.partition('id="journal"')[2]
    decided = text(client_of(market.auditor).get(reverse("frontend:suspense"), {"shown": "decided"}))
    assert "来电确认" in decided
    assert "测试员" in decided


def test_a_reference_may_be_typed_instead(market: Market) -> None:
    obligation = market.opened(77_700)
    market.imported(("12.00", "?", "路人", "6222000000001"))

    response = client_of(market.clerk).post(
        reverse("frontend:suspense_assign", args=[the_line().id]),
        {"candidate": "other", "payment_reference": obligation.payment_reference.lower(), "reason": "首付"},
    )

    assert response.status_code == 303
    obligation.refresh_from_db()
    assert (obligation.state, obligation.received_minor) == (ObligationState.DUE, 1_200)


@pytest.mark.parametrize(
    ("changed", "wrong", "status"),
    [
        ({"reason": ""}, "id_reason_error", 422),
        ({"candidate": "other"}, "id_payment_reference_error", 422),
        ({"candidate": "other", "payment_reference": "TY123"}, "id_payment_reference_error", 422),
        ({"payment_reference": "TY000000009999"}, "id_payment_reference_error", 422),
        ({"candidate": "TY000000000000"}, "error-summary", 422),
        ({"candidate": "other", "payment_reference": "{unknown}"}, 'class="refusal"', 404),
    ],
    ids=["no reason", "nothing chosen", "no reference", "both", "no candidate", "a reference of nobody"],
)
def test_a_wrong_assignment_is_told_and_moves_nothing(
    market: Market, changed: dict[str, str], wrong: str, status: int
) -> None:
    obligation = market.opened(48_000)
    market.imported(("480.00", "?"))
    line = the_line()
    unknown = references.of("TY", 9_999_999_999)
    form = {"candidate": obligation.payment_reference, "payment_reference": "", "reason": "来电"} | {
        name: value.format(unknown=unknown) for name, value in changed.items()
    }

    response = client_of(market.clerk).post(reverse("frontend:suspense_assign", args=[line.id]), form)

    assert response.status_code == status
    assert wrong in text(response)
    line.refresh_from_db()
    assert line.state == LineState.SUSPENSE
    assert ledger.balance(accounts.escrow(obligation.reference, "CNY")) == 0


def test_a_receipt_goes_back_as_a_payout_that_another_person_approves(market: Market) -> None:
    market.imported(("88.00", "与本市场无关"))
    line = the_line()

    response = client_of(market.clerk).post(
        reverse("frontend:suspense_return", args=[line.id]), {"reason": "与本市场无关"}
    )

    payout = Payout.objects.get()
    assert response.status_code == 303
    assert (payout.state, payout.amount_minor) == (PayoutState.REQUESTED, 8_800)
    page = text(client_of(market.clerk).get(response.headers["Location"]))
    assert reverse("frontend:desk_payout", args=[payout.id]) in page
    again = client_of(market.clerk).post(reverse("frontend:suspense_return", args=[line.id]), {"reason": "再来"})
    assert again.status_code == 409
    assert Payout.objects.count() == 1


def test_a_return_without_a_reason_moves_nothing(market: Market) -> None:
    market.imported(("88.00", "?"))

    response = client_of(market.clerk).post(reverse("frontend:suspense_return", args=[the_line().id]), {"reason": "  "})

    assert response.status_code == 422
    assert "return_reason_error" in text(response)
    assert not Payout.objects.exists()


def test_money_that_left_unexplained_is_given_to_its_payout(market: Market) -> None:
    payout = given_payout(market, PayoutState.INSTRUCTED)
    market.imported(("-400.00", "网银转账", "别人", "6222999900001"))
    line = the_line()

    page = text(client_of(market.clerk).get(reverse("frontend:suspense_line", args=[line.id])))
    client_of(market.clerk).post(
        reverse("frontend:suspense_assign", args=[line.id]),
        {"candidate": payout.payment_reference, "payment_reference": "", "reason": "银行回单"},
    )

    assert "或者退回" not in page
    payout.refresh_from_db()
    assert payout.state == PayoutState.CONFIRMED


def test_only_the_clerk_decides(market: Market) -> None:
    market.imported(("88.00", "?"))
    line = the_line()

    for member in (market.approver, market.auditor):
        page = text(client_of(member).get(reverse("frontend:suspense_line", args=[line.id])))
        assert 'id="assign"' not in page
        for name in ("suspense_assign", "suspense_return"):
            address = reverse(f"frontend:{name}", args=[line.id])
            assert client_of(member).post(address, {"reason": "x"}).status_code == 403
    assert the_line().id == line.id


def test_empty_suspense_says_so_and_leads_on(market: Market) -> None:
    page = text(client_of(market.clerk).get(reverse("frontend:suspense")))
    decided = text(client_of(market.clerk).get(reverse("frontend:suspense"), {"shown": "decided"}))

    assert "没有待核对的款项" in page
    assert reverse("frontend:statements") in page
    assert "尚无已决定的款项" in decided
