"""What the database says of the log, and whether it may go on from there: it must not contradict anything signed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from provenance import checkpoints, merkle
from provenance.checkpoints import Published
from provenance.errors import DEEP, REPAIR, RESTORE, LogHalted
from provenance.notes import SigningKey

_STATE: Final = """
SELECT size, root, frontier, xmin_done, system_identifier,
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin,
       (SELECT system_identifier FROM pg_control_system()) AS this_system,
       (SELECT coalesce(max(index) + 1, 0) FROM provenance_leaf) AS leaves
FROM provenance_logstate
"""


@dataclass(frozen=True, slots=True)
class State:
    """The standing row and the snapshot it was read in."""

    size: int
    root: bytes
    tree: merkle.Frontier
    xmin_done: int
    xmin: int
    is_moved: bool  # to another database cluster, whose transaction numbers mean something else
    system_identifier: int
    leaves: int  # as far as rows go, whatever the standing row says

    @property
    def horizon(self) -> int:
        """Transactions below it need not be looked at."""
        return 0 if self.is_moved else self.xmin_done


def read(database: psycopg.Connection[Any]) -> State:
    """The state in the connection's snapshot. Raises LogHalted for a standing row that is missing or no tree."""
    row = database.execute(_STATE).fetchone()
    if row is None:
        raise LogHalted("the standing row of the log is missing.", remedy="manage.py migrate, then " + REPAIR)
    size, root, frontier, xmin_done, system_identifier, xmin, this_system, leaves = row
    hashes = [frontier[at : at + merkle.HASH_BYTES] for at in range(0, len(frontier), merkle.HASH_BYTES)]
    try:
        tree = merkle.Frontier(size, hashes)
    except merkle.ProofInvalid as error:
        raise LogHalted(f"the standing row of the log was altered: {error}.", remedy=REPAIR) from error
    return State(
        size=size,
        root=bytes(root),
        tree=tree,
        xmin_done=xmin_done,
        xmin=xmin,
        is_moved=system_identifier != this_system,
        system_identifier=this_system,
        leaves=leaves,
    )


def newest_signed(database: psycopg.Connection[Any]) -> Published | None:
    """The largest checkpoint that the database remembers."""
    row = database.execute("SELECT note FROM provenance_checkpoint ORDER BY size DESC LIMIT 1").fetchone()
    return None if row is None else checkpoints.parse(row[0], "the stored checkpoint")


def require_no_fork(
    state: State, published: Published | None, newest: Published | None, keys: Sequence[SigningKey]
) -> None:
    """Compare the database with everything that was signed. Raises LogHalted naming what differs and the remedy."""
    for signed, where in ((published, "published"), (newest, "stored")):
        if signed is None:
            continue
        checkpoints.require_ours(signed, keys, where)
        if signed.size > state.size:
            raise LogHalted(
                f"the {where} checkpoint has size {signed.size} and the database only {state.size}: the database"
                " was rolled back or restored, and signing on would fork the log.",
                remedy=RESTORE,
            )
        if signed.size == state.size and signed.root != state.root:
            raise LogHalted(
                f"the {where} checkpoint and the database have different roots for size {state.size}:"
                " rows of the log were altered.",
                remedy=f"{DEEP} names them, {REPAIR} puts back what the signed root confirms",
            )
    if state.tree.root() != state.root:
        raise LogHalted("the standing row of the log was altered: its frontier does not have its root.", remedy=REPAIR)
    if state.leaves != state.size:
        raise LogHalted(
            f"the database has leaves up to {state.leaves} and its standing row says {state.size}:"
            " leaves were removed or added.",
            remedy=REPAIR,
        )
