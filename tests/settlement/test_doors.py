"""The room's API: who may come in, what they see, and refusals as problem details."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from market.kernel import clock
from market.participants import keys
from market.participants.members import Member, Role
from market.participants.models import Membership
from settlement import accounts, escrow, ledger
from settlement.models import Statement, StatementLine, Transfer
from tests.settlement.builders import Market, given_member, statement_csv


class Program:
    """A member's program with a key of its own."""

    def __init__(self, member: Member, *scopes: str) -> None:
        membership = Membership.objects.create(
            person_id=member.person_id,
            organisation_id=member.organisation_id,
            roles=[*member.roles, Role.DEVELOPER],
        )
        self.membership, self.client = membership, Client()
        developer = Member(
            person_id=member.person_id,
            organisation_id=member.organisation_id,
            organisation_name=member.organisation_name,
            organisation_kind=member.organisation_kind,
            roles=frozenset({Role.DEVELOPER}),
            is_admitted=member.is_admitted,
            district="",
            sector="",
        )
        _key, text = keys.issue(name="test", scopes=list(scopes), by=developer)
        self.headers = {"Authorization": f"Bearer {text}"}

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/settlement{path}", query, headers=self.headers)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self.client.post(f"/api/settlement{path}", body, content_type="application/json", headers=self.headers)

    def put(self, path: str, body: dict[str, Any]) -> Any:
        return self.client.put(f"/api/settlement{path}", body, content_type="application/json", headers=self.headers)

    def send(self, data: bytes, content_type: str = "text/csv", name: str = "a.csv") -> Any:
        return self.client.generic(
            "POST", f"/api/settlement/statements?name={name}", data, content_type=content_type, headers=self.headers
        )


@pytest.fixture
def market(lasting_market: Market) -> Market:
    """Committed: a refusal at the door ends its own transaction, not the test's."""
    return lasting_market


@pytest.fixture
def clerk(market: Market) -> Program:
    return Program(market.clerk, "operate")


def test_a_statement_comes_in_as_the_body(market: Market, clerk: Program) -> None:
    obligation = market.opened(48_000)

    answer = clerk.send(market.csv(("480.00", obligation.payment_reference), ("1.00", "?")))

    assert answer.status_code == 201, answer.content
    assert {name: answer.json()[name] for name in ("number", "rows", "known", "matched", "suspended")} == {
        "number": 1, "rows": 2, "known": 0, "matched": 1, "suspended": 1,
    }  # fmt: skip
    lines = clerk.get(f"/statements/{answer.json()['id']}/lines").json()
    assert [(line["state"], line["doubt"], line["obligation"]) for line in lines] == [
        ("matched", "", obligation.payment_reference),
        ("suspense", "no_reference", None),
    ]
    assert lines[0]["account_masked"] == "************0123"


def test_a_statement_comes_in_as_part_of_a_form(market: Market, clerk: Program) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\n'
        + market.csv(("1.00", "?"))
        + b"\r\n--x--\r\n"
    )

    answer = clerk.send(body, "multipart/form-data; boundary=x")

    assert answer.status_code == 201, answer.content
    assert answer.json()["suspended"] == 1


def test_a_statement_in_gb18030_is_read_at_the_door(market: Market, clerk: Program) -> None:
    obligation = market.opened(48_000)
    text = market.csv(("480.00", f"货款{obligation.payment_reference}")).decode("utf-8-sig")

    answer = clerk.send(text.encode("gb18030"))

    assert answer.json()["matched"] == 1
    assert StatementLine.objects.get().counterparty == market.buyer.name


def test_a_broken_statement_is_a_problem_with_row_and_column(market: Market, clerk: Program) -> None:
    answer = clerk.send("交易日期,借方发生额,贷方发生额\n2026-11-23,,一百元\n".encode())

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    (problem,) = answer.json()["fields"]
    assert "2" in problem["field"]
    assert "贷方发生额" in problem["field"]
    assert not Statement.objects.exists()


@pytest.mark.parametrize("as_form", [False, True])
def test_a_statement_beyond_the_limit_is_not_taken_in(clerk: Program, settings: Any, as_form: bool) -> None:
    settings.STATEMENT_BYTES_MAX = 1_000
    data = b"x" * 2_000
    if as_form:
        data = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + data + b"\r\n--x--\r\n"

    answer = clerk.send(data, "multipart/form-data; boundary=x" if as_form else "text/csv")

    assert answer.status_code == 413
    assert clerk.send(b"").status_code == 422


def test_other_roles_and_other_keys_are_refused_and_nothing_moves(market: Market) -> None:
    data = market.csv(("1.00", "?"))

    assert Program(market.finance, "operate", "finance").send(data).status_code == 403
    assert Program(given_member(market.operator, Role.CLERK), "read").send(data).status_code == 403
    assert Client().post("/api/settlement/statements", data, content_type="text/csv").status_code == 401
    assert not Transfer.objects.exists()


def test_the_clerk_works_off_suspense(market: Market, clerk: Program) -> None:
    obligation = market.opened(8_800)
    clerk.send(market.csv(("88.00", "?"), ("1.00", "??")))
    first, second = clerk.get("/suspense").json()
    assert (first["line"]["amount_minor"], first["age_days"]) == (8_800, 0)

    assigned = clerk.post(
        f"/suspense/{first['line']['id']}/assign",
        {"payment_reference": obligation.payment_reference, "reason": "来电"},
    )
    returned = clerk.post(f"/suspense/{second['line']['id']}/return", {"reason": "无关"})

    assert assigned.json()["state"] == "matched"
    assert (returned.json()["kind"], returned.json()["state"]) == ("return", "requested")
    assert clerk.get("/suspense").json() == []


def test_a_payout_through_the_doors(market: Market, clerk: Program) -> None:
    obligation = market.funded(48_000)
    escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)
    finance, approver = Program(market.finance, "finance"), Program(market.approver, "operate", "finance")
    account = {"holder": market.supplier.name, "number": "62220000111122", "bank": "中国银行太原分行"}

    assert finance.get("/bank-account").status_code == 404
    assert finance.put("/bank-account", account).json()["number_masked"] == "**********1122"
    assert finance.get("/balance").json()["available_minor"] == 45_600
    payout = finance.post("/payouts", {"amount_minor": 45_600}).json()
    assert finance.post("/payouts", {"amount_minor": 1}).status_code == 409
    assert finance.post(f"/payouts/{payout['id']}/approve", {}).status_code == 403
    assert approver.post(f"/payouts/{payout['id']}/approve", {}).json()["state"] == "approved"
    file = approver.post("/payout-files", {}).json()
    content = approver.get(f"/payout-files/{file['id']}/content")
    assert "62220000111122" in content.content.decode("utf-8-sig")
    assert content["Content-Disposition"] == f'attachment; filename="{file["number"]}.csv"'
    assert clerk.get(f"/payout-files/{file['id']}/content").status_code == 403
    clerk.send(market.csv(("-456.00", payout["payment_reference"])))

    assert finance.get(f"/payouts/{payout['id']}").json()["state"] == "confirmed"
    today = clock.now().astimezone(ledger.ZONE).date()
    statement = finance.get("/account-statement", first_on=today, last_on=today + timedelta(days=1)).json()
    assert [(line["kind"], line["change_minor"]) for line in statement["lines"]] == [
        ("escrow.released", 45_600),
        ("payout.approved", -45_600),
    ]
    assert ledger.balance(accounts.bank("CNY")) == 2_400


def test_the_two_sides_see_the_obligation_and_strangers_do_not(market: Market) -> None:
    obligation = market.opened(48_000)
    other = Market(supplier=market.supplier)
    buyer, stranger = Program(market.trader, "trade"), Program(other.buyer_finance, "trade")

    shown = buyer.get(f"/obligations/{obligation.reference}").json()
    assert (shown["payment_reference"], shown["amount_minor"], shown["state"]) == (
        obligation.payment_reference, 48_000, "due",
    )  # fmt: skip
    money = buyer.get(f"/obligations/{obligation.reference}/money").json()
    assert [(pile["place"], pile["mover"]) for pile in money["piles"]] == [("with_payer", "payer")]
    assert stranger.get(f"/obligations/{obligation.reference}").status_code == 404
    assert len(buyer.get("/obligations").json()) == 1
    assert stranger.get("/obligations").json() == []


def test_lists_are_cut_into_pages(market: Market, clerk: Program) -> None:
    clerk.send(statement_csv([market._row(f"{n + 1}.00", "?") for n in range(5)]))

    second = clerk.get("/suspense", page=2, size=2).json()

    assert [each["line"]["amount_minor"] for each in second] == [300, 400]
    assert clerk.get("/suspense", size=100_000).status_code == 422
    assert clerk.get("/suspense", page=0).status_code == 422


def test_the_books_are_open_to_the_auditor(market: Market) -> None:
    market.funded(48_000)
    auditor = Program(market.auditor, "operate")

    shown = auditor.get("/books").json()

    assert shown["findings"] == []
    assert {row["code"]: row["balance"] for row in shown["rows"] if row["balance"]} == {
        "bank": 48_000,
        "escrow": 48_000,
    }
