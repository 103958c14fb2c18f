"""What a test of this room begins with: parties, members, obligations, statements as a bank exports them."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from market import holds
from market.holds import Hold, Scope
from market.kernel import clock, ids
from market.kernel.errors import MarketError
from market.participants.members import Member, OrganisationKind, Role
from market.participants.models import Organisation, Person
from settlement import fees, obligations, statements
from settlement.models import Obligation, Statement

_counter = count(1)
HEADER = ["交易日期", "交易时间", "交易流水号", "借方发生额", "贷方发生额", "账户余额", "对方户名", "对方账号", "附言"]


def given_organisation(name: str = "", kind: OrganisationKind = OrganisationKind.ENTERPRISE) -> Organisation:
    """An admitted organisation, or the operator."""
    number = next(_counter)
    return Organisation.objects.create(
        kind=kind,
        name=name or f"第{number}数据有限公司",
        uscc=f"T{number:017d}",
        district="140105",
        sector="data",
        admitted_at=None if kind == OrganisationKind.OPERATOR else clock.now(),
    )


def given_member(organisation: Organisation, *roles: Role) -> Member:
    """A fresh person with these roles there."""
    person = Person.objects.create_user(f"p{next(_counter)}@example.org", name="测试员")
    return Member(
        person_id=person.id,
        organisation_id=organisation.id,
        organisation_name=organisation.name,
        organisation_kind=OrganisationKind(organisation.kind),
        roles=frozenset(roles),
        is_admitted=organisation.admitted_at is not None,
        district="",
        sector="",
    )


@dataclass
class Market:
    """Two parties, the operator's desk, and everything that they agree."""

    buyer: Organisation = field(default_factory=lambda: given_organisation("太原买方科技有限公司"))
    supplier: Organisation = field(default_factory=lambda: given_organisation("山西供方数据有限公司"))
    operator: Organisation = field(default_factory=lambda: given_operator())

    def __post_init__(self) -> None:
        self.trader = given_member(self.buyer, Role.TRADER, Role.SIGNATORY)
        self.buyer_finance = given_member(self.buyer, Role.FINANCE)
        self.seller = given_member(self.supplier, Role.TRADER)
        self.finance = given_member(self.supplier, Role.FINANCE)
        self.clerk = given_member(self.operator, Role.CLERK)
        self.approver = given_member(self.operator, Role.APPROVER)
        self.auditor = given_member(self.operator, Role.AUDITOR)

    def opened(self, amount_minor: int = 48_000, **terms: Any) -> Obligation:
        """An obligation of the buyer towards the supplier for a fresh period of a fresh trade."""
        wanted: dict[str, Any] = {
            "reference": ids.urn(ids.new_id()),
            "thread": ids.urn(ids.new_id()),
            "payer_id": self.buyer.id,
            "payee_id": self.supplier.id,
            "amount_minor": amount_minor,
            "currency": "CNY",
            "due_at": clock.now() + timedelta(days=7),
            "tax_rate_bp": fees.tax_rate_bp(),
            "fee": fees.in_force(),
            "by": self.trader,
        }
        return obligations.open(**wanted | terms)

    def csv(self, *rows: Sequence[Any], opening: int | None = None) -> bytes:
        """A statement with rows of (signed yuan text, memo); opening in minor units adds running balances."""
        return statement_csv([self._row(*row) for row in rows], opening)

    def _row(self, amount: str, memo: str, counterparty: str = "", account: str = "6222021234567890123") -> list[str]:
        out, income = (amount.lstrip("-"), "") if amount.startswith("-") else ("", amount)
        serial = f"S{next(_counter):08d}"
        name = counterparty or self.buyer.name
        return ["2026-11-23", "10:05:00", serial, out, income, "", name, account, memo]

    def imported(self, *rows: Sequence[Any], opening: int | None = None) -> Statement:
        """These rows as a statement, imported by the clerk."""
        return statements.import_file(name="对账单.csv", data=self.csv(*rows, opening=opening), by=self.clerk)

    def hold(self, subject: str | None, scope: Scope = Scope.TRADE) -> Hold:
        """A hold on a subject; two people of the operator stand behind it."""
        asks, places = (given_member(self.operator, Role.REVIEWER) for _ in range(2))
        return holds.place(
            str(subject), scope=scope, reason="核查", legal_basis="条例 28", proposed_by=asks.urn, by=places
        )

    def lift(self, hold: Hold) -> Hold:
        """The end of a hold, by two people too."""
        asks, lifts = (given_member(self.operator, Role.REVIEWER) for _ in range(2))
        return holds.lift(hold.id, reason="核查完毕", proposed_by=asks.urn, by=lifts)

    def funded(self, amount_minor: int = 48_000, **terms: Any) -> Obligation:
        """An obligation that was opened and paid."""
        obligation = self.opened(amount_minor, **terms)
        self.imported((yuan(obligation.amount_minor), f"货款 {obligation.payment_reference}"))
        obligation.refresh_from_db()
        return obligation


def given_operator() -> Organisation:
    """The one operator."""
    found = Organisation.objects.filter(kind=OrganisationKind.OPERATOR).first()
    return found or given_organisation("太原数据交易中心", OrganisationKind.OPERATOR)


def yuan(minor: int) -> str:
    """1234567 → 12,345.67, as banks print it."""
    return f"{minor // 100:,}.{minor % 100:02d}"


def statement_csv(rows: list[list[str]], opening: int | None = None) -> bytes:
    """Rows under the usual header, with running balances where an opening is given; UTF-8 with BOM."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    balance = opening
    for row in rows:
        if balance is not None:
            balance += _minor(row[4]) - _minor(row[3])
            row[5] = yuan(balance)
        writer.writerow(row)
    return out.getvalue().encode("utf-8-sig")


def _minor(text: str) -> int:
    return int(text.replace(",", "").replace(".", "")) if text else 0


def urn(identifier: UUID) -> str:
    """As verbs want it."""
    return ids.urn(identifier)


@contextmanager
def refused(error: type[MarketError]) -> Iterator[pytest.ExceptionInfo[MarketError]]:
    """Expect a refusal; like a door, leave the verb's transaction behind (a savepoint inside a test)."""
    with pytest.raises(error) as info, transaction.atomic():
        yield info
