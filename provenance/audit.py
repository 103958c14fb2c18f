"""The whole log looked at from all sides: rows, leaves, tiles, checkpoints. Names the first thing that was altered."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from provenance import checkpoints, places, standing, tiles
from provenance.checkpoints import Published
from provenance.edge import Edge
from provenance.errors import DEEP, REPAIR, RESTORE, LogHalted
from provenance.notes import NoteInvalid, SignedNote, VerifierKey
from provenance.places import Chunk, Place

SPOTS_MIN, SPOTS_MAX = 4, 400  # tiles looked at when a sequencer starts
FINDINGS_MAX: Final = 100  # beyond it nobody reads on, and the first is what matters


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was altered or is missing, and the command that repairs it."""

    what: str
    index: int | None  # of the first place that it spoils
    sentence: str
    remedy: str = REPAIR


@dataclass(slots=True)
class Audit:
    """What a walk over the whole log has seen."""

    entries: int = 0
    files: int = 0
    checkpoints: int = 0
    findings: list[Finding] = field(default_factory=list)
    is_cut: bool = False

    def add(self, what: str, index: int | None, sentence: str, remedy: str = REPAIR) -> None:
        """Write down one finding."""
        if len(self.findings) >= FINDINGS_MAX:
            self.is_cut = True
            return
        self.findings.append(Finding(what, index, sentence, remedy))

    @property
    def is_whole(self) -> bool:
        """Whether nothing was altered."""
        return not self.findings


def walk(database: psycopg.Connection[Any], folder: Path, keys: Sequence[VerifierKey]) -> Audit:
    """Look at every row, leaf, tile and checkpoint. Reads all of it once, in constant memory.

    keys: those that this log has ever signed with. Raises LogHalted only where nothing can be compared at all.
    """
    audit = Audit()
    with database.transaction():
        database.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        published = _published(audit, folder, keys)
        (rows,) = database.execute("SELECT coalesce(max(index) + 1, 0) FROM provenance_leaf").fetchone() or (0,)
        filed = 0 if published is None else published.size
        if filed > rows:
            audit.add(
                "database",
                rows,
                f"the published checkpoint has size {filed} and the database only {rows} leaves",
                RESTORE,
            )
        edge = Edge()
        with database.cursor(name="checkpoints") as signed:
            signed.execute("SELECT size, root, note FROM provenance_checkpoint ORDER BY size")
            row = signed.fetchone()
            for chunk in places.chunks(database, folder, filed, max(rows, filed)):
                _look_at_chunk(audit, chunk, rows)
                while row is not None and row[0] <= chunk.low + len(chunk.places):
                    _take(audit, edge, chunk, row[0], folder, filed)
                    _look_at_checkpoint(audit, edge, row, keys, folder, filed)
                    row = signed.fetchone()
                _take(audit, edge, chunk, chunk.low + len(chunk.places), folder, filed)
            while row is not None:
                if row[0] == 0:
                    _look_at_checkpoint(audit, edge, row, keys, folder, filed)
                else:
                    audit.add(
                        "checkpoint", None, f"the checkpoint row of size {row[0]} is larger than the log", RESTORE
                    )
                row = signed.fetchone()
        _look_at_state(audit, database, edge)
    audit.entries = edge.size
    return audit


def spot_check(database: psycopg.Connection[Any], folder: Path, size: int) -> None:
    """Look at every hundredth full tile of the published log, drawn anew each time. Raises LogHalted for a finding."""
    full = size // tiles.TILE_WIDTH
    drawn = random.sample(range(full), min(full, max(SPOTS_MIN, full // 100), SPOTS_MAX))
    audit = Audit()
    for number in drawn:
        _look_at_chunk(audit, places.chunk(database, folder, size, number), size)
        if audit.findings:
            raise LogHalted(f"{audit.findings[0].sentence}.", remedy=f"{DEEP} names all, {REPAIR} puts them right")


def _published(audit: Audit, folder: Path, keys: Sequence[VerifierKey]) -> Published | None:
    try:
        found = checkpoints.read(folder)
        if found is not None:
            SignedNote.parse(found.note).verified_by(keys)
    except LogHalted as error:
        audit.add("checkpoint", None, str(error).partition(" To repair")[0])
        return None
    except NoteInvalid as error:
        audit.add("signature", None, f"the published checkpoint of size {found.size if found else 0}: {error}")
    return found


def _look_at_chunk(audit: Audit, chunk: Chunk, rows: int) -> None:
    for problem in chunk.file_problems:
        audit.add("tile", chunk.low, problem)
    for place in chunk.places:
        if not place.is_whole and not (place.leaf_hash is None and place.index >= rows):
            for what, sentence in _altered(place, has_files=not chunk.file_problems):
                audit.add(what, place.index, f"index {place.index}: {sentence}")


def _altered(place: Place, *, has_files: bool) -> Iterator[tuple[str, str]]:
    said = {what: value for what, value in place.says().items() if has_files or what in (places.EVENT, places.LEAF)}
    truth, other = place.truths()
    if truth != other:
        yield (
            "row",
            f"the rows of event {place.event_id} say {other.hex()} and the published files {truth.hex()};"
            " the signed root tells which of them was altered",
        )
        return
    if place.leaf_hash is None:
        said.pop(places.EVENT)  # nothing leads to the event any more, so nothing can be said of it
    for what, value in said.items():
        name = f"the {what}" + (f" {place.event_id}" if what == places.EVENT and place.event_id else "")
        if value is None:
            yield what, f"{name} is missing"
        elif value != truth:
            yield what, f"{name} was altered: it stands for {value.hex()}, the other sides for {truth.hex()}"
    if column := place.column_altered():
        yield places.EVENT, f"the column {column} of the event row {place.event_id} was altered"


def _take(audit: Audit, edge: Edge, chunk: Chunk, size: int, folder: Path, filed: int) -> None:
    """Grow the tree up to a size within this chunk, comparing each file that becomes full with the published one."""
    new = chunk.places[edge.size - chunk.low : size - chunk.low]
    truths = [place.truths()[0] for place in new]
    contents = [place.content(truth) or b"" for place, truth in zip(new, truths, strict=True)]
    for name, content in edge.grow(contents, truths):
        level, number, _ = tiles.parse_path(name)
        if level == tiles.ENTRIES or level == 0:
            audit.files += 1  # seen place by place already
        elif tiles.width_at(int(level), number, filed) == tiles.TILE_WIDTH:
            _compare(audit, folder / name, name, content)


def _compare(audit: Audit, file: Path, name: str, content: bytes, *, may_lack: bool = False) -> None:
    level, number, _ = tiles.parse_path(name)
    first = number << 8 * ((0 if level == tiles.ENTRIES else int(level)) + 1)
    try:
        found = file.read_bytes()
    except OSError:
        if not may_lack:
            audit.add("tile", first, f"{name} is missing")
        return
    audit.files += 1
    if found != content:
        audit.add("tile", first, f"{name} was altered: it is not the file that the entries lead to")


def _look_at_checkpoint(
    audit: Audit, edge: Edge, row: tuple[Any, ...], keys: Sequence[VerifierKey], folder: Path, filed: int
) -> None:
    size, root, note = row[0], bytes(row[1]), row[2]
    audit.checkpoints += 1
    name = f"the checkpoint row of size {size}"
    try:
        signed = checkpoints.parse(note, name)
        SignedNote.parse(note).verified_by(keys)
    except LogHalted as error:
        audit.add("checkpoint", None, str(error).partition(" To repair")[0])
        return
    except NoteInvalid as error:
        audit.add("signature", None, f"{name} was altered: {error}")
        return
    if (signed.size, signed.root) != (size, root):
        audit.add("checkpoint", None, f"{name} was altered: its note states another size or root")
    elif edge.root() != root:
        audit.add(
            "checkpoint",
            None,
            f"{name} is signed and its root is not that of the rows and files: they were altered together",
        )
    if size <= filed and audit.is_whole:
        for partial, content in edge.partials():
            level, number, _ = tiles.parse_path(partial)
            is_full = tiles.width_at(0 if level == tiles.ENTRIES else int(level), number, filed) == tiles.TILE_WIDTH
            _compare(audit, folder / partial, partial, content, may_lack=is_full)


def _look_at_state(audit: Audit, database: psycopg.Connection[Any], edge: Edge) -> None:
    try:
        state = standing.read(database)
    except LogHalted as error:
        audit.add("log state", None, str(error).partition(" To repair")[0])
        return
    if audit.is_whole and (state.size, state.root, state.tree.root()) != (edge.size, edge.root(), edge.root()):
        audit.add(
            "log state",
            None,
            f"the standing row says size {state.size} and the leaves {edge.size}, or their roots differ",
        )
