"""The money desk: statements, suspense, payouts, books. Who sees and does what, and what a refusal leaves alone."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from market.holds import Scope
from market.kernel import ids
from market.participants.members import Member, Role
from market.participants.models import Membership
from settlement import accounts, bank_accounts, books, escrow, ledger, payout_files, payouts, references, suspense
from settlement.models import Payout, PayoutFile, Statement, StatementLine
from settlement.states import LineState, ObligationState, PayoutState
from tests.builders import given_operator, given_signatory
from tests.frontend.clients import client_of, text
from tests.settlement.builders import Market, given_member

pytestmark = pytest.mark.django_db
FRAME_AND = 8  # queries of a page of its own, besides those of the frame


@pytest.fixture
def market() -> Market:
    """Two parties and the operator's desk, whose members may sign in."""
    made = Market()
    for member in (made.clerk, made.approver, made.auditor, made.finance, made.trader):
        Membership.objects.create(
            organisation_id=member.organisation_id, person_id=member.person_id, roles=sorted(map(str, member.roles))
        )
    return made


def given_earnings(market: Market) -> None:
    """The supplier has earned 456.00 and named its bank account."""
    obligation = market.funded(48_000)
    escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)
    bank_accounts.register(
        holder=market.supplier.name, number="6222 0000 1111 2222 333", bank="中国银行太原分行", by=market.finance
    )


def given_payout(market: Market, state: PayoutState = PayoutState.REQUESTED) -> Payout:
    """The supplier's payout of 400.00, brought as far as this."""
    given_earnings(market)
    payout = payouts.request(amount_minor=40_000, by=market.finance)
    if state != PayoutState.REQUESTED:
        payouts.approve(payout.id, by=market.approver)
    if state == PayoutState.INSTRUCTED:
        payout_files.make(by=market.approver)
    payout.refresh_from_db()
    return payout


def upload(member: Member, data: bytes, name: str = "对账单.csv", language: str = "zh-hans") -> Any:
    """Send the import form."""
    return client_of(member, language).post(
        reverse("frontend:statement_import"), {"file": SimpleUploadedFile(name, data, "text/csv")}
    )


def the_line() -> StatementLine:
    return StatementLine.objects.get(state=LineState.SUSPENSE)


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


# --- payouts ------------------------------------------------------------------------------------------


def test_a_payout_goes_from_request_to_confirmation_over_the_pages(market: Market) -> None:
    payout = given_payout(market)
    client = client_of(market.approver)
    page = reverse("frontend:desk_payout", args=[payout.id])

    assert payout.payment_reference in text(client.get(reverse("frontend:payouts")))
    assert "批准出款 ¥400.00" in text(client.get(page))
    approved = client.post(reverse("frontend:payout_approve", args=[payout.id]))
    sending = text(client.get(reverse("frontend:payouts"), {"shown": "approved"}))
    made = client.post(reverse("frontend:payout_file_make"), {"currency": "CNY"})
    file = PayoutFile.objects.get()
    content: Any = client.get(reverse("frontend:payout_file_content", args=[file.id]))
    body = b"".join(content.streaming_content).decode("utf-8-sig")
    market.imported(("-400.00", f"付 {payout.payment_reference}"))

    assert (approved.status_code, made.status_code) == (303, 303)
    assert "生成付款文件 ¥400.00" in sending
    assert content.headers["Cache-Control"] == "no-store"
    assert content.headers["Content-Disposition"] == f'attachment; filename="{file.number}.csv"'
    assert f"6222000011112222333,中国银行太原分行,,400.00,CNY,{payout.payment_reference}" in body
    ended = text(client.get(page))
    assert "由流水确认" in ended
    assert "付款文件" in ended
    assert file.number in text(client.get(reverse("frontend:payouts"), {"shown": "ended"}))
    journal = ended.partition('id="journal"')[2]
    assert journal.count("¥400.00") >= 2  # set aside, and out of the bank


def test_who_asked_for_a_payout_is_not_offered_to_approve_it_and_is_refused(market: Market) -> None:
    both = given_member(market.operator, Role.CLERK, Role.APPROVER)
    Membership.objects.create(
        organisation_id=market.operator.id, person_id=both.person_id, roles=[Role.CLERK, Role.APPROVER]
    )
    market.imported(("88.00", "?"))
    payout = suspense.give_back(the_line().id, reason="无关", by=both)

    page = text(client_of(both).get(reverse("frontend:desk_payout", args=[payout.id])))
    response = client_of(both).post(reverse("frontend:payout_approve", args=[payout.id]))

    assert "须由另一人批准" in page
    assert reverse("frontend:payout_approve", args=[payout.id]) not in page
    assert response.status_code == 409
    payout.refresh_from_db()
    assert payout.state == PayoutState.REQUESTED


@pytest.mark.parametrize(
    ("state", "name", "seat", "status"),
    [
        (PayoutState.REQUESTED, "payout_approve", "clerk", 403),
        (PayoutState.REQUESTED, "payout_approve", "auditor", 403),
        (PayoutState.REQUESTED, "desk_payout_cancel", "clerk", 403),
        (PayoutState.INSTRUCTED, "payout_fail", "auditor", 403),
        (PayoutState.INSTRUCTED, "payout_fail", "finance", 403),
        (PayoutState.INSTRUCTED, "desk_payout_cancel", "approver", 409),
        (PayoutState.REQUESTED, "payout_fail", "clerk", 409),
    ],
)
def test_a_step_that_the_seat_or_the_state_forbids_is_neither_offered_nor_taken(
    market: Market, state: PayoutState, name: str, seat: str, status: int
) -> None:
    payout = given_payout(market, state)
    client = client_of(getattr(market, seat))
    address = reverse(f"frontend:{name}", args=[payout.id])

    response = client.post(address, {"reason": "试试"})

    assert response.status_code == status
    payout.refresh_from_db()
    assert payout.state == state
    if seat != "finance":
        assert address not in text(client.get(reverse("frontend:desk_payout", args=[payout.id])))


@pytest.mark.parametrize(
    ("state", "name", "seat", "to"),
    [
        (PayoutState.REQUESTED, "desk_payout_cancel", "approver", PayoutState.CANCELLED),
        (PayoutState.APPROVED, "desk_payout_cancel", "approver", PayoutState.CANCELLED),
        (PayoutState.INSTRUCTED, "payout_fail", "clerk", PayoutState.FAILED),
        (PayoutState.INSTRUCTED, "payout_fail", "approver", PayoutState.FAILED),
    ],
)
def test_a_payout_ends_early_only_with_a_reason(
    market: Market, state: PayoutState, name: str, seat: str, to: PayoutState
) -> None:
    payout = given_payout(market, state)
    client = client_of(getattr(market, seat))
    address = reverse(f"frontend:{name}", args=[payout.id])
    offered = address in text(client.get(reverse("frontend:desk_payout", args=[payout.id])))

    asked = client.get(address)
    without = client.post(address, {"reason": ""})
    payout.refresh_from_db()
    before = payout.state
    done = client.post(address, {"reason": "户名不符"})

    assert (offered, asked.status_code, without.status_code, before) == (True, 200, 422, state)
    assert done.status_code == 303
    payout.refresh_from_db()
    assert payout.state == to
    assert "户名不符" in text(client.get(reverse("frontend:desk_payout", args=[payout.id])))
    assert ledger.balance(accounts.org(market.supplier.id, "CNY")) == 45_600


def test_a_held_payout_says_so_and_is_left_out_of_the_file(market: Market) -> None:
    payout = given_payout(market, PayoutState.APPROVED)
    market.hold(ids.urn(market.supplier.id), Scope.PARTY)
    client = client_of(market.approver)

    sending = text(client.get(reverse("frontend:payouts"), {"shown": "approved"}))
    own = text(client.get(reverse("frontend:desk_payout", args=[payout.id])))
    response = client.post(reverse("frontend:payout_file_make"))

    assert "已批准的出款都被暂停" in sending
    assert "生成付款文件 ¥" not in sending
    assert "暂停" in own
    assert response.status_code == 409
    payout.refresh_from_db()
    assert payout.state == PayoutState.APPROVED


def test_only_an_approver_makes_and_downloads_the_file(market: Market) -> None:
    given_payout(market, PayoutState.INSTRUCTED)
    file = PayoutFile.objects.get()
    content = reverse("frontend:payout_file_content", args=[file.id])

    for member in (market.clerk, market.auditor):
        client = client_of(member)
        page = text(client.get(reverse("frontend:payout_file", args=[file.id])))
        assert file.number in page
        assert content not in page
        assert client.get(content).status_code == 403
        assert client.post(reverse("frontend:payout_file_make")).status_code == 403
    assert PayoutFile.objects.count() == 1


def test_the_list_opens_where_a_payout_waits_and_an_empty_place_says_so(market: Market) -> None:
    given_payout(market, PayoutState.APPROVED)
    client = client_of(market.approver)

    first = text(client.get(reverse("frontend:payouts")))
    empty = text(client.get(reverse("frontend:payouts"), {"shown": "requested"}))

    assert "可交银行" in first
    assert "没有待批准的出款" in empty


def test_account_numbers_stand_masked_on_every_page(market: Market) -> None:
    payout = given_payout(market, PayoutState.INSTRUCTED)
    client = client_of(market.approver)
    pages = [
        reverse("frontend:payouts") + "?shown=bank",
        reverse("frontend:desk_payout", args=[payout.id]),
        reverse("frontend:payout_file", args=[PayoutFile.objects.get().id]),
    ]

    told = [text(client.get(page)) for page in pages]

    assert all("2333" in page for page in told)
    assert not any("6222000011112222333" in page for page in told)


# --- books --------------------------------------------------------------------------------------------


def test_the_books_page_tells_that_the_account_covers_what_is_owed(market: Market) -> None:
    market.funded(48_000)
    market.imported(("12.00", "?"))

    page = text(client_of(market.auditor).get(reverse("frontend:books")))

    sums = page.partition('class="facts large"')[2].partition("</dl>")[0]
    assert "账目相符" in page
    assert [amount in sums for amount in ("¥492.00", "¥480.00", "¥12.00")] == [True, True, True]


def test_the_books_page_names_what_does_not_agree_with_both_figures(market: Market) -> None:
    payout = given_payout(market, PayoutState.INSTRUCTED)
    payouts.fail(payout.id, reason="户名不符", by=market.clerk)
    market.imported(("-400.00", payout.payment_reference))  # the bank paid it all the same
    assert [finding.name for finding in books.check()] == ["shortfall"]

    page = text(client_of(market.approver).get(reverse("frontend:books")))

    assert "托管银行账户余额不足以支付各方应得" in page
    assert "¥400.00" in page.partition('class="facts large"')[2]


# --- all of them --------------------------------------------------------------------------------------


def addresses(market: Market) -> list[str]:
    """Every page of the desk, with something on it."""
    payout = given_payout(market, PayoutState.INSTRUCTED)
    market.opened(1_200)
    statement = market.imported(("12.00", "?"), ("13.00", "??"), ("-1.00", "手续费"))
    line = StatementLine.objects.filter(state=LineState.SUSPENSE, is_incoming=True).order_by("row")[0]
    other = StatementLine.objects.filter(state=LineState.SUSPENSE, is_incoming=True).order_by("row")[1]
    suspense.give_back(other.id, reason="无关", by=market.clerk)
    return [
        reverse("frontend:statements"),
        reverse("frontend:statement", args=[statement.id]),
        reverse("frontend:suspense"),
        reverse("frontend:suspense") + "?shown=decided",
        reverse("frontend:suspense_line", args=[line.id]),
        reverse("frontend:suspense_line", args=[other.id]),
        *[reverse("frontend:payouts") + f"?shown={shown}" for shown in ("requested", "approved", "bank", "ended")],
        reverse("frontend:desk_payout", args=[payout.id]),
        reverse("frontend:payout_fail", args=[payout.id]),
        reverse("frontend:payout_files"),
        reverse("frontend:payout_file", args=[PayoutFile.objects.get().id]),
        reverse("frontend:books"),
    ]


def test_the_pages_speak_both_languages_and_ask_few_questions(market: Market) -> None:
    pages = addresses(market)
    english = client_of(market.clerk, "en")
    with CaptureQueriesContext(connection) as frame:
        english.get("/help/")
    asked: dict[str, int] = {}

    for page in pages:
        with CaptureQueriesContext(connection) as queries:
            response = english.get(page)
        assert response.status_code == 200, page
        asked[page] = len(queries) - len(frame)
        body = text(response).partition("<main")[2].partition("</main>")[0]
        assert "Payout" in body or "tatement" in body or "uspense" in body, page

    assert {page: count for page, count in asked.items() if count > FRAME_AND} == {}


def test_the_desk_is_for_the_operators_money_seats_alone(market: Market) -> None:
    pages = addresses(market)
    strangers = [market.finance, given_operator(Role.REVIEWER), given_signatory("别家").member]

    came_in = [page for member in strangers for page in pages if client_of(member).get(page).status_code != 403]

    assert came_in == []


def test_what_does_not_exist_is_not_found(market: Market) -> None:
    client = client_of(market.approver)
    names = ("statement", "suspense_line", "desk_payout", "payout_file", "payout_file_content", "desk_payout_cancel")

    answers = [client.get(reverse(f"frontend:{name}", args=[ids.new_id()])).status_code for name in names]

    assert answers == [404] * len(names)
    assert client.post(reverse("frontend:payout_approve", args=[ids.new_id()])).status_code == 404
