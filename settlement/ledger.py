"""The journal's one door: every movement of money is posted here, in one statement, or not at all."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, connection
from django.utils.translation import gettext as _t

from market.kernel import clock, ids, prepared
from market.kernel.money import MINOR_MAX
from settlement import accounts, rollups
from settlement.accounts import Code, Key
from settlement.errors import AlreadyPosted, NotCovered, PeriodClosed
from settlement.models import Account, Posting, Transfer
from settlement.states import TransferKind

ZONE: Final = ZoneInfo(settings.MARKET_TIME_ZONE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One amount from the debited account to the credited one, in minor units, > 0."""

    debit: Key
    credit: Key
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A transfer to be posted: one business fact, named by what caused it."""

    kind: TransferKind
    source: tuple[str, UUID]
    entries: Sequence[Entry]
    actor: str
    reference: UUID | None = None
    thread: UUID | None = None
    part: int = 0
    reason: str = ""
    reverses: UUID | None = None
    booked_on: date | None = None  # today unless a person books into an earlier day of an open period
    id: UUID = field(default_factory=ids.new_id)

    def __post_init__(self) -> None:
        if not self.entries:
            raise ValueError(f"{self.kind} moves nothing")
        for entry in self.entries:
            if not 0 < entry.amount_minor <= MINOR_MAX:
                raise ValueError(f"{self.kind}: {entry.amount_minor} is no amount to post")
            if entry.debit.purpose.book != entry.credit.purpose.book or entry.debit.currency != entry.credit.currency:
                raise ValueError(f"{self.kind}: {entry.debit.code} and {entry.credit.code} never meet")


# One round trip. The kept accounts are locked in the order of their ids (NO KEY UPDATE: a posting's foreign key
# does not wait for it), then moved by relative updates, which CHECK account_not_overdrawn judges. Where an
# account is missing nothing is written and `ready` says so.
_POST: Final = """
WITH kept AS MATERIALIZED (
    SELECT id FROM settlement_account WHERE id = ANY(%(kept)s::uuid[]) ORDER BY id FOR NO KEY UPDATE
), ready AS MATERIALIZED (
    SELECT (SELECT count(*) FROM kept)
         + (SELECT count(*) FROM settlement_account WHERE id = ANY(%(rolled)s::uuid[])) = %(accounts)s AS yes
), moved AS (
    UPDATE settlement_account AS a
    SET posted_debits = a.posted_debits + d.debits, posted_credits = a.posted_credits + d.credits
    FROM unnest(%(kept)s::uuid[], %(debits)s::bigint[], %(credits)s::bigint[]) AS d(id, debits, credits), ready
    WHERE a.id = d.id AND ready.yes
), transfer AS (
    INSERT INTO settlement_transfer (id, kind, source_kind, source_id, part, reference, thread, reverses_id, reason,
                                     actor, booked_on, created_at)
    SELECT t.*, %(at)s
    FROM unnest(%(ids)s::uuid[], %(kinds)s::text[], %(source_kinds)s::text[], %(source_ids)s::uuid[],
                %(parts)s::int[], %(references)s::uuid[], %(threads)s::uuid[], %(reverses)s::uuid[],
                %(reasons)s::text[], %(actors)s::text[], %(days)s::date[]) AS t, ready
    WHERE ready.yes
), posting AS (
    INSERT INTO settlement_posting (transfer_id, n, debit_id, credit_id, amount, book, currency)
    SELECT p.*
    FROM unnest(%(of)s::uuid[], %(ns)s::int[], %(debit)s::uuid[], %(credit)s::uuid[], %(amounts)s::bigint[],
                %(books)s::text[], %(currencies)s::text[]) AS p, ready
    WHERE ready.yes
)
SELECT yes FROM ready
"""


def post(
    kind: TransferKind,
    *,
    source: tuple[str, UUID],
    entries: Sequence[Entry],
    actor: str,
    reference: UUID | None = None,
    thread: UUID | None = None,
    part: int = 0,
    reason: str = "",
    reverses: UUID | None = None,
    booked_on: date | None = None,
) -> UUID:
    """Post one transfer in the caller's transaction; returns its id.

    source: the noun that caused it and its id; with kind and part it names the fact, which is booked once.
    Raises NotCovered (409) where a guarded account would be overdrawn, AlreadyPosted (409); the transaction is
    then broken and must be left. Locks the kept accounts until it ends.
    """
    draft = Draft(
        kind=kind,
        source=source,
        entries=entries,
        actor=actor,
        reference=reference,
        thread=thread,
        part=part,
        reason=reason,
        reverses=reverses,
        booked_on=booked_on,
    )
    post_all([draft])
    return draft.id


def entries_of(transfer_id: UUID) -> list[Entry]:
    """What a transfer moved, in its order."""
    found = Posting.objects.filter(transfer_id=transfer_id).select_related("debit", "credit").order_by("n")
    return [Entry(key_of(row.debit), key_of(row.credit), row.amount) for row in found]


def key_of(account: Account) -> Key:
    """The key that an account was opened by."""
    return Key(Code(account.code), account.org_id, account.reference, account.rail, account.currency)


def reversed_parts(kind: TransferKind, source: tuple[str, UUID]) -> int:
    """The next `part` of a fact whose earlier bookings were all reversed; the caller has locked its source.

    Where one still stands, the part is taken and posting raises AlreadyPosted.
    """
    made = Transfer.objects.filter(kind=kind, source_kind=source[0], source_id=source[1])
    return made.filter(reversed_by__isnull=False).count()


def post_all(drafts: Sequence[Draft]) -> None:
    """Post several transfers at once, all or none. Raises NotCovered, AlreadyPosted.

    A guard judges the sum: within one call money may arrive and leave in any order.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("money moves only inside a verb's transaction")
    if not drafts:
        return
    entries = [entry for draft in drafts for entry in draft.entries]
    keys = {key.id: key for entry in entries for key in (entry.debit, entry.credit)}
    parameters = _parameters(drafts, keys)
    try:
        if not prepared.run(_POST, parameters).fetchone()[0]:
            accounts.open_missing(keys.values())
            if not prepared.run(_POST, parameters).fetchone()[0]:
                raise RuntimeError("an account is missing although it was just opened")
    except IntegrityError as error:
        raise _refusal(error) from error


def _parameters(drafts: Sequence[Draft], keys: dict[UUID, Key]) -> dict[str, Any]:
    """Columns for `unnest`: accounts with their sums, transfers, postings."""
    debits: defaultdict[UUID, int] = defaultdict(int)
    credits: defaultdict[UUID, int] = defaultdict(int)
    rows = [(draft, n, entry) for draft in drafts for n, entry in enumerate(draft.entries)]
    for _draft, _n, entry in rows:
        debits[entry.debit.id] += entry.amount_minor
        credits[entry.credit.id] += entry.amount_minor
    kept = [identifier for identifier, key in keys.items() if key.purpose.is_kept]
    at = clock.now()
    return {
        "kept": kept,
        "rolled": [identifier for identifier, key in keys.items() if not key.purpose.is_kept],
        "accounts": len(keys),
        "debits": [debits[identifier] for identifier in kept],
        "credits": [credits[identifier] for identifier in kept],
        "at": at,
        "ids": [draft.id for draft in drafts],
        "kinds": [str(draft.kind) for draft in drafts],
        "source_kinds": [draft.source[0] for draft in drafts],
        "source_ids": [draft.source[1] for draft in drafts],
        "parts": [draft.part for draft in drafts],
        "references": [draft.reference for draft in drafts],
        "threads": [draft.thread for draft in drafts],
        "reverses": [draft.reverses for draft in drafts],
        "days": [draft.booked_on or at.astimezone(ZONE).date() for draft in drafts],
        "reasons": [draft.reason[:200] for draft in drafts],
        "actors": [draft.actor for draft in drafts],
        "of": [draft.id for draft, _, _ in rows],
        "ns": [n for _, n, _ in rows],
        "debit": [entry.debit.id for _, _, entry in rows],
        "credit": [entry.credit.id for _, _, entry in rows],
        "amounts": [entry.amount_minor for _, _, entry in rows],
        "books": [entry.debit.purpose.book for _, _, entry in rows],
        "currencies": [entry.debit.currency for _, _, entry in rows],
    }


def _refusal(error: IntegrityError) -> Exception:
    """The refusal that a broken constraint means; anything else is a fault of ours and stays what it is."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    if name == "account_not_overdrawn":
        return NotCovered(_t("Nothing was moved."))
    if name == "transfer_in_open_period":
        return PeriodClosed(_t("Nothing was moved."))
    if name == "transfer_once_per_business_fact":
        return AlreadyPosted(_t("Nothing was moved a second time."))
    return error


@dataclass(frozen=True, slots=True)
class Sums:
    """What went through an account, in minor units."""

    debits: int
    credits: int

    def balance(self, key: Key) -> int:
        """The balance on the account's normal side."""
        return self.debits - self.credits if key.purpose.is_debit_normal else self.credits - self.debits


_KEPT: Final = "SELECT id, posted_debits, posted_credits FROM settlement_account WHERE id = ANY(%s::uuid[])"
_AT: Final = """
SELECT COALESCE((SELECT sum(p.amount) FROM settlement_posting AS p JOIN settlement_transfer AS t ON t.id = p.transfer_id
                 WHERE p.debit_id = %(id)s AND t.created_at <= %(at)s), 0)::bigint,
       COALESCE((SELECT sum(p.amount) FROM settlement_posting AS p JOIN settlement_transfer AS t ON t.id = p.transfer_id
                 WHERE p.credit_id = %(id)s AND t.created_at <= %(at)s), 0)::bigint
"""
_LOCK: Final = f"{_KEPT} ORDER BY id FOR NO KEY UPDATE"


def balance(key: Key) -> int:
    """The balance of an account on its normal side, in minor units; 0 where nothing was ever posted.

    A kept account answers from its sums, a rolled one from its last roll-up and the postings after it.
    """
    return balances(key)[key] if key.purpose.is_kept else Sums(*rollups.sums(key.id)).balance(key)


def balance_at(key: Key, at: datetime) -> int:
    """The balance that an account had at a moment, on its normal side, in minor units.

    Counts transfers by the moment of their posting, which lies some milliseconds before their commit: a moment that
    has just passed may still gain one. Reads the account's postings.
    """
    with connection.cursor() as cursor:
        cursor.execute(_AT, {"id": key.id, "at": at})
        row = cursor.fetchone()
    return Sums(*row).balance(key) if row else 0


def balances(*keys: Key) -> dict[Key, int]:
    """The balances of kept accounts, in one look."""
    return _read(_KEPT, keys)


def lock(*keys: Key) -> dict[Key, int]:
    """The balances of kept accounts, which stay so until the transaction ends.

    Name every kept account that the transaction will post to: they are locked in the one order that all use.
    """
    return _read(_LOCK, keys)


def _read(text: str, keys: Sequence[Key]) -> dict[Key, int]:
    found = {row[0]: Sums(row[1], row[2]) for row in prepared.run(text, [[key.id for key in keys]]).fetchall()}
    return {key: found[key.id].balance(key) if key.id in found else 0 for key in keys}
