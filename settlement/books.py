"""The books as a whole: trial balance, an organisation's account statement, and what must always agree."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from market.kernel import money
from market.kernel.errors import Text
from settlement.accounts import CHART, Code, Key
from settlement.rails import bank
from settlement.states import ObligationState, TransferKind


@dataclass(frozen=True, slots=True)
class TrialRow:
    """All accounts of one purpose, in minor units."""

    book: str
    code: Code
    currency: str
    debits: int
    credits: int
    accounts: int

    @property
    def balance(self) -> int:
        """On the purpose's normal side."""
        return self.debits - self.credits if CHART[self.code].is_debit_normal else self.credits - self.debits


_TRIAL: Final = """
SELECT a.book, a.code, a.currency, COALESCE(sum(s.debits), 0)::bigint, COALESCE(sum(s.credits), 0)::bigint, count(*)
FROM settlement_account AS a
LEFT JOIN (
    WITH posted AS (
        SELECT p.* FROM settlement_posting AS p
        WHERE (%(at)s::timestamptz IS NULL AND %(last)s::date IS NULL) OR EXISTS (
            SELECT FROM settlement_transfer AS t WHERE t.id = p.transfer_id
            AND (%(at)s::timestamptz IS NULL OR t.created_at <= %(at)s)
            AND (%(last)s::date IS NULL OR t.booked_on <= %(last)s))
    )
    SELECT id, sum(debits) AS debits, sum(credits) AS credits FROM (
        SELECT debit_id AS id, amount AS debits, 0 AS credits FROM posted
        UNION ALL SELECT credit_id, 0, amount FROM posted
    ) AS side GROUP BY id
) AS s ON s.id = a.id
GROUP BY a.book, a.code, a.currency ORDER BY a.currency, a.book, a.code
"""


def trial_balance(*, at: datetime | None = None, last_on: date | None = None) -> list[TrialRow]:
    """Debits and credits of each purpose, summed from the postings. Reads the whole journal.

    at: as the books stood at that moment (by the moment of posting). last_on: with all that is booked on that day or
    before, later corrections included. Both None: now.
    """
    return [TrialRow(row[0], Code(row[1]), *row[2:]) for row in _rows(_TRIAL, {"at": at, "last": last_on})]


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One posting as the account's owner sees it, in minor units."""

    transfer: UUID
    at: datetime
    booked_on: date
    kind: TransferKind
    reference: UUID | None
    thread: UUID | None
    reason: str
    change_minor: int
    balance_minor: int  # after the line


@dataclass(frozen=True, slots=True)
class AccountStatement:
    """An account in a period of calendar days, both included; opening + all changes = closing."""

    currency: str
    first_on: date
    last_on: date
    opening_minor: int
    closing_minor: int
    in_minor: int
    out_minor: int
    count: int
    lines: list[AccountLine]  # one page of them, oldest first


_SIDES: Final = """
WITH side AS (
    SELECT transfer_id, n, amount * %(sign)s AS change FROM settlement_posting WHERE credit_id = %(account)s
    UNION ALL SELECT transfer_id, n, -amount * %(sign)s FROM settlement_posting WHERE debit_id = %(account)s
), dated AS (
    SELECT side.*, t.booked_on, t.created_at, t.kind, t.reference, t.thread, t.reason
    FROM side JOIN settlement_transfer AS t ON t.id = side.transfer_id WHERE t.booked_on <= %(last)s
)
"""
_TOTALS: Final = (
    _SIDES
    + """
SELECT COALESCE(sum(change) FILTER (WHERE booked_on < %(first)s), 0)::bigint,
       COALESCE(sum(change) FILTER (WHERE booked_on >= %(first)s AND change > 0), 0)::bigint,
       COALESCE(-sum(change) FILTER (WHERE booked_on >= %(first)s AND change < 0), 0)::bigint,
       count(*) FILTER (WHERE booked_on >= %(first)s)
FROM dated
"""
)
# booked_on follows created_at, and ids follow time: the day comes first so that no line stands before its opening
_LINES: Final = (
    _SIDES
    + """
SELECT transfer_id, created_at, booked_on, kind, reference, thread, reason, change,
       (%(opening)s + sum(change) OVER (ORDER BY booked_on, created_at, transfer_id, n))::bigint
FROM dated WHERE booked_on >= %(first)s ORDER BY booked_on, created_at, transfer_id, n
LIMIT %(size)s OFFSET %(skip)s
"""
)


def account_statement(key: Key, first_on: date, last_on: date, *, page: int, size: int) -> AccountStatement:
    """Opening, lines and closing of one account over calendar days of the market's time zone, on its normal side."""
    sign = -1 if key.purpose.is_debit_normal else 1
    period = {"account": key.id, "sign": sign, "first": first_on, "last": last_on}
    ((opening, money_in, money_out, count),) = _rows(_TOTALS, period)
    found = _rows(_LINES, period | {"opening": opening, "size": size, "skip": (page - 1) * size})
    return AccountStatement(
        currency=key.currency,
        first_on=first_on,
        last_on=last_on,
        opening_minor=opening,
        closing_minor=opening + money_in - money_out,
        in_minor=money_in,
        out_minor=money_out,
        count=count,
        lines=[_line(*row) for row in found],
    )


def _line(transfer: UUID, at: datetime, on: date, kind: str, *rest: Any) -> AccountLine:
    return AccountLine(transfer, at, on, TransferKind(kind), *rest)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must agree and does not. Figures in minor units."""

    name: str
    subject: str
    expected_minor: int
    found_minor: int
    currency: str


_DRIFT: Final = """
WITH s AS (
    SELECT id, sum(debits)::bigint AS debits, sum(credits)::bigint AS credits FROM (
        SELECT debit_id AS id, amount AS debits, 0 AS credits FROM settlement_posting
        UNION ALL SELECT credit_id, 0, amount FROM settlement_posting
    ) AS side GROUP BY id
)
SELECT a.code || ' ' || a.id, COALESCE(s.credits, 0) - COALESCE(s.debits, 0),
       a.posted_credits - a.posted_debits, a.currency
FROM settlement_account AS a LEFT JOIN s ON s.id = a.id
WHERE a.mode = 'kept'
  AND (a.posted_debits, a.posted_credits) IS DISTINCT FROM (COALESCE(s.debits, 0), COALESCE(s.credits, 0))
"""
_ESCROW: Final = """
SELECT o.payment_reference, o.expected, COALESCE(a.posted_credits - a.posted_debits, 0), o.currency
FROM (
    SELECT *, CASE WHEN state = %(funded)s THEN amount_minor - refunded_minor ELSE 0 END AS expected
    FROM settlement_obligation
) AS o
LEFT JOIN settlement_account AS a ON a.code = 'escrow' AND a.reference = o.reference AND a.currency = o.currency
WHERE o.expected <> COALESCE(a.posted_credits - a.posted_debits, 0)
"""
_BANK_LINES: Final = """
SELECT currency, sum(CASE WHEN is_incoming THEN amount_minor ELSE -amount_minor END)::bigint
FROM settlement_statementline GROUP BY currency
"""
# from the first statement whose opening is known to the last one: openings and closings tell the same as the lines
_STATEMENTS: Final = """
SELECT f.currency, l.closing_minor - f.opening_minor, (
    SELECT COALESCE(sum(CASE WHEN is_incoming THEN amount_minor ELSE -amount_minor END), 0)::bigint
    FROM settlement_statementline JOIN settlement_statement AS s ON s.id = statement_id
    WHERE s.rail = f.rail AND s.currency = f.currency AND s.number >= f.number)
FROM (SELECT DISTINCT ON (rail, currency) * FROM settlement_statement WHERE opening_minor IS NOT NULL
      ORDER BY rail, currency, number) AS f
JOIN (SELECT DISTINCT ON (rail, currency) * FROM settlement_statement ORDER BY rail, currency, number DESC) AS l
  ON l.rail = f.rail AND l.currency = f.currency
"""
_SUSPENSE: Final = """
SELECT currency, sum(CASE WHEN is_incoming THEN amount_minor ELSE -amount_minor END)::bigint
FROM settlement_statementline WHERE state = 'suspense' GROUP BY currency
"""
_LEFT_UNEXPLAINED: Final = """
SELECT currency, sum(amount_minor)::bigint FROM settlement_statementline
WHERE state = 'suspense' AND NOT is_incoming GROUP BY currency
"""


_ROLLUPS: Final = """
SELECT a.code || ' ' || a.id, COALESCE(s.credits, 0) - COALESCE(s.debits, 0), r.credits - r.debits, a.currency
FROM (SELECT DISTINCT ON (account_id) * FROM settlement_rollup
      WHERE system_identifier = (SELECT system_identifier FROM pg_control_system())
      ORDER BY account_id, horizon DESC) AS r
JOIN settlement_account AS a ON a.id = r.account_id
LEFT JOIN LATERAL (
    SELECT sum(amount) FILTER (WHERE debit_id = a.id)::bigint AS debits,
           sum(amount) FILTER (WHERE credit_id = a.id)::bigint AS credits
    FROM settlement_posting AS p JOIN settlement_transfer AS t ON t.id = p.transfer_id
    WHERE (p.debit_id = a.id OR p.credit_id = a.id) AND t.xid < r.horizon
) AS s ON true
WHERE (r.debits, r.credits) IS DISTINCT FROM (COALESCE(s.debits, 0), COALESCE(s.credits, 0))
"""


def check(rows: list[TrialRow] | None = None) -> list[Finding]:
    """Everything that must agree and does not; empty when the books hold. Reads the whole journal.

    rows: the trial balance, where the caller has just drawn it up.
    ledgers.md A2, invariants. Σ debits = Σ credits needs no check: a posting has both sides.
    """
    rows = trial_balance() if rows is None else rows
    return [*_check_accounts(), *_check_totals(rows), *_check_bank(rows)]


def _check_accounts() -> Iterator[Finding]:
    """Kept and rolled-up sums against postings; escrow against the obligations that it is for."""
    yield from (Finding("rollup_drift", *row) for row in _rows(_ROLLUPS, {}))
    yield from (Finding("balance_drift", *row) for row in _rows(_DRIFT, {}))
    yield from (Finding("escrow_residue", *row) for row in _rows(_ESCROW, {"funded": ObligationState.FUNDED.value}))


def _check_totals(rows: list[TrialRow]) -> Iterator[Finding]:
    """The two books mirror each other; the bank covers what clients are owed; suspense is its lines.

    That C assets = C liabilities with suspense counted in needs no check either: it is Σ debits = Σ credits.
    """
    lines = dict(_rows(_SUSPENSE, {}))
    for currency in sorted({row.currency for row in rows}):
        here = [row for row in rows if row.currency == currency]
        balance = {code: sum(row.balance for row in here if row.code == code) for code in Code}
        due, mirror = balance[Code.DUE_TO_OPERATOR], balance[Code.DUE_FROM_CLIENT]
        if due != mirror:
            yield Finding("books_apart", "due_to_operator", due, mirror, currency)
        fund = balance[Code.OPERATOR_FUND]
        if fund != balance[Code.PREFUND]:
            yield Finding("books_apart", "operator_fund", fund, balance[Code.PREFUND], currency)
        if fund < 0:  # fees took clients' money: the operator owes it
            yield Finding("shortfall", "operator_fund", 0, fund, currency)
        clients = [row for row in here if row.book == "C" and row.code != Code.SUSPENSE]
        assets = sum(row.balance for row in clients if CHART[row.code].is_debit_normal)
        owed = sum(row.balance for row in clients if not CHART[row.code].is_debit_normal)
        if assets < owed:  # money left the bank that nothing of ours explains
            left = dict(_rows(_LEFT_UNEXPLAINED, {})).get(currency, 0)
            explained = "suspense" if owed - assets <= left else "C"
            yield Finding("shortfall", explained, owed, assets, currency)
        if balance[Code.SUSPENSE] != lines.get(currency, 0):
            yield Finding("suspense_differs", "suspense", lines.get(currency, 0), balance[Code.SUSPENSE], currency)


def _check_bank(rows: list[TrialRow]) -> Iterator[Finding]:
    """The ledger's bank account against the lines, and the lines against the statements' own balances."""
    for currency, total in _rows(_BANK_LINES, {}):
        booked = sum(row.balance for row in rows if row.code == Code.BANK and row.currency == currency)
        if booked != total:
            yield Finding("bank_differs", bank.name, total, booked, currency)
    for currency, moved, total in _rows(_STATEMENTS, {}):
        if moved is not None and moved != total:
            yield Finding("statement_gap", bank.name, moved, total, currency)


# What each finding means and what ends it, for who reads the command. A shortfall has two, by its subject.
_WAYS_OUT: Final[dict[str, Text]] = {
    "balance_drift": _("An account's kept sums differ from its postings. Stop payouts and compare with a backup."),
    "rollup_drift": _("An account's rolled-up sum differs from its postings. Stop payouts and compare with a backup."),
    "escrow_residue": _("What lies in escrow is not what its obligation says. Stop payouts; the reference names it."),
    "books_apart": _("The clients' book and the operator's book disagree on the fees not yet taken. Stop payouts."),
    "suspense_differs": _("The suspense account is not the sum of the lines that wait. Stop payouts."),
    "bank_differs": _("The ledger's bank account is not the sum of the statement lines. Stop payouts."),
    "statement_gap": _("The statements' own balances differ from their lines: a line is missing. Ask the bank."),
    "shortfall": _("The custodian's account holds less than clients are owed, and no line explains it. Stop payouts."),
    "shortfall operator_fund": _(
        "Bank fees have used up what the operator had placed for them, and clients' money covers the rest. "
        "The operator pays in at least this much from its own money; the receipt is then booked as money placed for "
        "bank fees."
    ),
    "shortfall suspense": _(
        "Money left the custodian's account in lines that wait in suspense, such as a bank's fee for a payout: clients "
        "are owed this much more than the account holds. Two people book a fee as such, out of the operator's money; "
        "a line that belongs to a payout is assigned to it instead."
    ),
}


def describe(finding: Finding) -> str:
    """Two lines for people: the figures, and what they mean and what to do."""
    figures = _t("%(name)s %(subject)s: expected %(expected)s, found %(found)s, difference %(difference)s") % {
        "name": finding.name,
        "subject": finding.subject,
        "expected": money.text(finding.expected_minor, finding.currency),
        "found": money.text(finding.found_minor, finding.currency),
        "difference": money.text(finding.found_minor - finding.expected_minor, finding.currency),
    }
    way_out = _WAYS_OUT.get(f"{finding.name} {finding.subject}") or _WAYS_OUT[finding.name]
    return f"{figures}\n  {way_out}"


def _rows(statement: str, parameters: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[Any] = cursor.fetchall()
    return rows
