"""Publishing one size of the log: durable tiles, the root read back from them, a signed checkpoint, and then to see.

A crash between any two of these is made good by doing the rest again.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import psycopg
from django.conf import settings

from market.kernel import clock
from provenance import checkpoints, keys, policies, tiles
from provenance.checkpoints import Published
from provenance.cosigning import Cosigners
from provenance.edge import Edge
from provenance.errors import LogHalted
from provenance.notes import SigningKey

logger = logging.getLogger(__name__)
CLOCK_SLACK_S: Final = 1.0


class Publisher:
    """Writes the files of one log. The tree is the caller's; what is signed is read back from the disk."""

    def __init__(self, folder: Path, by: Sequence[SigningKey]) -> None:
        self.folder = folder
        self.keys = tuple(by)
        self.log_keys = keys.trusted()
        self.trusted = policies.witnesses()
        self.cosigners = Cosigners(self.trusted, self.log_keys)

    def follow_keys(self) -> None:
        """Let a following key sign too as soon as it was announced."""
        if len(self.keys) == 1 and settings.LOG_SIGNING_KEY_NEXT:
            self.keys = tuple(keys.signing())
            self.log_keys = self.cosigners.log_keys = keys.trusted()

    def write(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Make tiles durable. Raises LogHalted if one of them is there with other bytes, OSError if the disk fails."""
        try:
            tiles.write_all(self.folder, files)
        except tiles.TileDiffers as error:
            raise LogHalted(f"{error}: the database or the file was altered.") from error

    def publish(
        self, edge: Edge, root: bytes, database: psycopg.Connection[Any], *, with_witnesses: bool = False
    ) -> Published:
        """Sign and show the size that the edge has reached; its full tiles are durable already.

        with_witnesses: ask them first, for some seconds at most; never while a transaction is open.
        """
        self.write(list(edge.partials()))
        size = edge.size
        if Edge.load(self.folder, size).root() != root:
            raise LogHalted(f"the tiles of size {size} do not have the root that the database has for it.")
        published = checkpoints.sign(self.keys, size, root)
        now = clock.now()
        before = database.execute(
            "SELECT size, created_at FROM provenance_checkpoint WHERE size < %s ORDER BY size DESC LIMIT 1", [size]
        ).fetchone()
        if before is not None and (back := (before[1] - now).total_seconds()) > CLOCK_SLACK_S:
            # The order of entries is their index, so the log may go on; who reads its times must know.
            logger.error("the clock went back by %.0f s since the checkpoint of size %d: set it right", back, before[0])
        database.execute(
            "INSERT INTO provenance_checkpoint (size, root, note, created_at) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (size) DO NOTHING",
            [size, root, published.note, now],
        )
        stored = database.execute("SELECT root FROM provenance_checkpoint WHERE size = %s", [size]).fetchone()
        if stored is None or bytes(stored[0]) != root:
            raise LogHalted(f"the log has signed another root for size {size} already: signing this one would fork it.")
        if with_witnesses:
            published = self.cosigners.cosign(published)
        shown = checkpoints.read(self.folder)
        if shown is None or shown.size <= size:  # a slower process must not take readers back
            checkpoints.publish(self.folder, published)
        policies.publish(self.folder, self.log_keys, self.trusted)
        return published

    def cosign_again(self) -> None:
        """Ask the witnesses that have not cosigned what is shown; those that failed rest for a while first."""
        published = checkpoints.read(self.folder) if self.trusted.witnesses else None
        if published is None:
            return
        more = self.cosigners.cosign(published)
        if more.note != published.note:
            checkpoints.publish(self.folder, more)

    def sweep(self, size: int) -> None:
        """Remove what an earlier process left half-written where the log of this size goes on."""
        for level in (tiles.ENTRIES, *range(tiles.LEVEL_MAX + 1)):
            shift = 8 if level == tiles.ENTRIES else 8 * (int(level) + 1)
            unfinished = self.folder / tiles.path(level, size >> shift, 1)
            tiles.sweep(unfinished.parent)
            tiles.sweep(unfinished.parent.parent)
        tiles.sweep(self.folder)
