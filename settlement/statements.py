"""Statements: what the bank says happened, imported whole or not at all, each movement booked once."""

import hashlib
from collections import Counter
from typing import Final

from django.utils.translation import gettext as _t

from market.events import outbox
from market.kernel import canonical_json, clock, ids, money, prepared, rows
from market.kernel.errors import Conflict
from market.participants.members import Member, Role
from market.verbs import verb
from settlement.errors import StatementGap
from settlement.models import Statement
from settlement.movements import Batch
from settlement.rails import bank
from settlement.rails.base import Line, Sheet
from settlement.states import LineState

_LOCK: Final = (0x73657474, 1)  # "sett", statements: imports wait for each other


@verb("statement.imported")
def import_file(*, name: str, data: bytes, by: Member) -> Statement:
    """Import a statement file of the custodian's account, all of it or nothing.

    A receipt with an exact reference and the amount still due from the payer who owes it pays its obligation; what
    does not match waits in suspense. The same file again answers the first import; lines known from another file are
    passed over.
    Raises UnreadableStatement (422), TooLarge (413), StatementGap (409), NotAllowed.
    """
    by.require(Role.CLERK)
    sheet = bank.read_statement(data)
    digest = hashlib.sha256(data).hexdigest()
    prepared.run("SELECT pg_advisory_xact_lock(%s, %s)", _LOCK)
    stored = rows.get(Statement, rail=bank.name, sha256=digest)
    if stored is not None:
        outbox.unchanged()
        return stored
    fresh = _fresh(sheet)
    statement = _statement(name, digest, sheet, fresh, by)
    batch = Batch(statement, by)
    batch.judge(fresh)
    batch.book()
    outbox.record(
        "statement.imported",
        subject=ids.urn(statement.id),
        actor=by.urn,
        parties=[by.organisation_id],
        name=name,
        sha256=digest,
        rail=statement.rail,
        currency=statement.currency,
        lines=len(fresh),
        known=statement.known,
        matched=sum(line.state == LineState.MATCHED for line in batch.lines),
        suspended=sum(line.state == LineState.SUSPENSE for line in batch.lines),
        received_minor=sum(line.amount_minor for line in batch.lines if line.is_incoming),
        paid_minor=sum(line.amount_minor for line in batch.lines if not line.is_incoming),
    )
    return statement


_KNOWN: Final = "SELECT key FROM settlement_statementline WHERE key = ANY(%s::bytea[])"


def _fresh(sheet: Sheet) -> list[tuple[bytes, Line]]:
    """The lines that were not imported before, with their keys, oldest first. Raises StatementGap, Conflict."""
    if len({line.currency for line in sheet.lines}) > 1:
        raise Conflict(_t("A statement has one currency; this one has several."))
    equals: Counter[bytes] = Counter()
    keyed = []
    for line in sheet.lines:
        bare = key_of(line, 0)
        keyed.append((key_of(line, equals[bare]), line))
        equals[bare] += 1
    known = {bytes(key) for (key,) in prepared.run(_KNOWN, [[key for key, _ in keyed]]).fetchall()}
    fresh = [(key, line) for key, line in keyed if key not in known]
    if sheet.has_balances and fresh != keyed[len(keyed) - len(fresh) :]:
        raise StatementGap(
            _t("Row %(row)d lies before rows that were imported already, yet it is new.") % {"row": fresh[0][1].row}
        )
    return fresh


def key_of(line: Line, ordinal: int) -> bytes:
    """What makes a line itself, whatever file it stands in (ledgers.md A1). ordinal: among equals, for no serial.

    A serial alone does not: some banks begin again each day, and a receipt that is passed over is lost.
    """
    parts = [bank.name, line.currency, line.booked_on.isoformat(), line.change_minor, line.balance_minor]
    parts += [line.serial, line.voucher, line.counterparty, line.account, line.memo]
    if not line.serial:
        parts += [line.booked_time, ordinal]
    return hashlib.sha256(canonical_json.dumps(parts)).digest()


def _statement(name: str, digest: str, sheet: Sheet, fresh: list[tuple[bytes, Line]], by: Member) -> Statement:
    """The statement's row, checked against the one before. Raises StatementGap, Conflict."""
    currency = sheet.lines[0].currency
    before = Statement.objects.filter(rail=bank.name, currency=currency).order_by("-number").first()
    if sheet.account_number and before and before.account_number not in {"", sheet.account_number}:
        raise Conflict(
            _t("This is account %(this)s; the statements before are of %(before)s.")
            % {"this": sheet.account_number, "before": before.account_number}
        )
    opening = before.closing_minor if before else None
    closing = opening
    if fresh:
        first, last = fresh[0][1], fresh[-1][1]
        if first.balance_minor is not None:
            begins = first.balance_minor - first.change_minor
            if opening is not None and begins != opening:
                raise _gap(opening, begins, currency)
            opening, closing = begins, last.balance_minor
        elif opening is not None:
            closing = opening + sum(line.change_minor for _, line in fresh)
    return rows.create(
        Statement(
            id=ids.new_id(),
            number=before.number + 1 if before else 1,
            rail=bank.name,
            currency=currency,
            name=name[:200],
            sha256=digest,
            account_number=sheet.account_number or (before.account_number if before else ""),
            opening_minor=opening,
            closing_minor=closing,
            first_on=min(line.booked_on for line in sheet.lines),
            last_on=max(line.booked_on for line in sheet.lines),
            rows=len(sheet.lines) + sheet.repeated,
            known=len(sheet.lines) - len(fresh) + sheet.repeated,
            imported_by_id=by.person_id,
            imported_at=clock.now(),
        )
    )


def _gap(expected: int, found: int, currency: str) -> StatementGap:
    texts = {"expected": money.text(expected, currency), "found": money.text(found, currency)}
    detail = _t(
        "The statement before ended with %(expected)s, this one begins with %(found)s. Import what lies between."
    )
    return StatementGap(detail % texts, expected_minor=expected, found_minor=found, currency=currency)
