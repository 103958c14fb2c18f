"""Payouts, books, and all pages of the money desk: who sees and does what, and what a refusal leaves alone."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from market.holds import Scope
from market.kernel import ids
from market.participants.members import Role
from market.participants.models import Membership
from settlement import accounts, books, ledger, payouts, suspense
from settlement.models import PayoutFile, StatementLine
from settlement.states import LineState, PayoutState
from tests.builders import given_operator, given_signatory
from tests.frontend.clients import client_of, text
from tests.frontend.moneydesk import given_payout, market, the_line
from tests.settlement.builders import Market, given_member

__all__ = ["market"]  # a fixture
pytestmark = pytest.mark.django_db
FRAME_AND = 8  # queries of a page of its own, besides those of the frame


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

    assert "已批准的出款都在停控中" in sending
    assert "生成付款文件 ¥" not in sending
    assert "停控" in own
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
        reverse("frontend:bookkeeping"),
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
