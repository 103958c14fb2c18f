"""Hot accounts: nobody updates them, their balance is the last roll-up and the postings after it. Exact at any time.

A roll-up counts the transactions below a committed horizon: below it all have ended, so none can appear there later
(ledgers.md B2: a cursor over ids or times would lose those that commit late). What a reader adds begins at the same
horizon, so each transfer is counted once, whether or not a roll-up is being made beside it.
"""

from typing import Final
from uuid import UUID

from django.db import connection

from market.kernel import clock
from settlement.accounts import CHART

TAIL_MIN: Final = 1_000  # fewer postings are summed faster than another row is read

_LAST: Final = """
SELECT horizon::text, debits, credits FROM settlement_rollup
WHERE account_id = %s AND system_identifier = (SELECT system_identifier FROM pg_control_system())
ORDER BY horizon DESC LIMIT 1
"""
_TAIL: Final = """
SELECT COALESCE(sum(p.amount) FILTER (WHERE p.debit_id = %(id)s), 0)::bigint,
       COALESCE(sum(p.amount) FILTER (WHERE p.credit_id = %(id)s), 0)::bigint
FROM settlement_transfer AS t JOIN settlement_posting AS p ON p.transfer_id = t.id
WHERE t.xid >= %(horizon)s::xid8 AND (p.debit_id = %(id)s OR p.credit_id = %(id)s)
"""
_WHOLE: Final = """
SELECT COALESCE((SELECT sum(amount) FROM settlement_posting WHERE debit_id = %(id)s), 0)::bigint,
       COALESCE((SELECT sum(amount) FROM settlement_posting WHERE credit_id = %(id)s), 0)::bigint
"""
# One snapshot gives the horizon and the rows below it. The accounts of a code are few: one a currency or rail.
_ROLL: Final = """
WITH now AS MATERIALIZED (
    SELECT pg_snapshot_xmin(pg_current_snapshot()) AS horizon,
           (SELECT system_identifier FROM pg_control_system()) AS system_identifier
), last AS MATERIALIZED (
    SELECT a.id, COALESCE(r.horizon, '0'::xid8) AS horizon, COALESCE(r.debits, 0) AS debits,
           COALESCE(r.credits, 0) AS credits
    FROM settlement_account AS a CROSS JOIN now LEFT JOIN LATERAL (
        SELECT * FROM settlement_rollup
        WHERE account_id = a.id AND system_identifier = now.system_identifier ORDER BY horizon DESC LIMIT 1
    ) AS r ON true
    WHERE a.mode = 'rolled' AND a.code = ANY(%(codes)s)
), side AS (
    SELECT l.id, p.amount AS debit, 0 AS credit FROM last AS l CROSS JOIN now
    JOIN settlement_posting AS p ON p.debit_id = l.id JOIN settlement_transfer AS t ON t.id = p.transfer_id
    WHERE t.xid >= l.horizon AND t.xid < now.horizon
    UNION ALL
    SELECT l.id, 0, p.amount FROM last AS l CROSS JOIN now
    JOIN settlement_posting AS p ON p.credit_id = l.id JOIN settlement_transfer AS t ON t.id = p.transfer_id
    WHERE t.xid >= l.horizon AND t.xid < now.horizon
)
INSERT INTO settlement_rollup (account_id, horizon, system_identifier, debits, credits, made_at)
SELECT l.id, now.horizon, now.system_identifier, l.debits + sum(side.debit), l.credits + sum(side.credit), %(at)s
FROM side JOIN last AS l ON l.id = side.id CROSS JOIN now
GROUP BY l.id, l.debits, l.credits, now.horizon, now.system_identifier HAVING count(*) >= %(least)s
ON CONFLICT DO NOTHING
"""


def sums(account_id: UUID) -> tuple[int, int]:
    """Debits and credits of a rolled account, in minor units, with all that is visible to the caller.

    Two statements: a roll-up never changes, so it does not matter that another may be made between them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [account_id])
        last = cursor.fetchone()
        if last is None:
            cursor.execute(_WHOLE, {"id": account_id})
        else:
            cursor.execute(_TAIL, {"id": account_id, "horizon": last[0]})
        debits, credits = cursor.fetchone() or (0, 0)
    return (debits, credits) if last is None else (last[1] + debits, last[2] + credits)


def roll_up(*, least: int = TAIL_MIN) -> int:
    """Write a roll-up for each rolled account with that many new postings; returns how many were written.

    Safe beside itself and beside everything else: it locks nothing that a transfer waits for. A transaction that stays
    open holds the horizon back, then the next roll-up takes what this one left.
    """
    codes = [str(code) for code, purpose in CHART.items() if not purpose.is_kept]
    with connection.cursor() as cursor:
        cursor.execute(_ROLL, {"codes": codes, "least": least, "at": clock.now()})
        written: int = cursor.rowcount
    return written
