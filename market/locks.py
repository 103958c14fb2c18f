"""Advisory locks by which long-running processes show that they live and that they are the only one."""

from typing import Any, Final

# 64-bit numbers, high half fixed so that no subject's lock (market.holds) is meant by accident.
_BASE: Final = 0x6D61726B << 32
SEQUENCER: Final = _BASE | 1
DISPATCHER: Final = _BASE | 2
WORKER: Final = _BASE | 3  # held by the job worker's main process
BROKER: Final = _BASE | 4  # held by the dispatcher while the broker answers its ping


def held(cursor: Any) -> set[int]:
    """The locks of ours that somebody holds now."""
    cursor.execute(
        "SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND objsubid = 1 AND classid = %s"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        [_BASE >> 32],
    )
    return {row[0] for row in cursor.fetchall()}
