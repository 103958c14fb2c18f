"""A whole log in a folder, as its web server or a mirror has it: every entry, every tile, the signed root."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from .errors import Contradicted, Damaged, NotFound, Refusal, Unreadable
from .merkle import Frontier, leaf_hash
from .notes import Checkpoint, SignedNote, VerifierKey
from .policy import Policy
from .report import Report, Status
from .tiles import ENTRIES, LEVEL_MAX, TILE_WIDTH, from_hashes, path, to_entries, width_at

CHECKPOINT: Final = "checkpoint"
CHECKPOINT_BYTES_MAX: Final = 1_000_000
BUNDLE_BYTES_MAX: Final = TILE_WIDTH * (2 + 65_535)


def examine(folder: Path, vkey: str | None = None, policy: str | None = None) -> Report:
    """Check a log's folder and answer a report. Reads everything once, in memory that does not grow with the log.

    vkey or policy: whom the reader trusts; without either the root is recomputed and whose log it is stays open.
    Raises Unreadable for a folder without a checkpoint, or for a key or policy that is none.
    """
    report = Report(about="a whole log", vkey_given=vkey is not None or policy is not None)
    keys, trusted = _trust(vkey, policy)
    try:
        note = SignedNote.parse(_read(folder / CHECKPOINT, CHECKPOINT_BYTES_MAX).decode("utf-8", "replace"))
        checkpoint = Checkpoint.parse(note.text)
    except Refusal as refusal:
        if isinstance(refusal, Unreadable | NotFound):
            raise Unreadable(f"the folder holds no {CHECKPOINT} file") from refusal
        report.add("checkpoint", Status.FALSE, str(refusal))
        return report
    report.origin, report.size, report.root = checkpoint.origin, checkpoint.size, checkpoint.root.hex()
    report.about = f"a whole log of {checkpoint.size} entries"
    _check_signature(report, note, checkpoint, keys, trusted)
    try:
        tree = walk(folder, checkpoint.size)
        if tree.root() != checkpoint.root:
            raise Contradicted("the entries lead to another root than the one that was signed")
    except NotFound as refusal:
        report.add("entries", Status.NOT_FOUND, str(refusal))
    except Refusal as refusal:
        report.add("entries", Status.FALSE, str(refusal))
    else:
        report.add("entries", Status.PROVED, f"all {checkpoint.size} entries and their tiles lead to the signed root")
    return report


def walk(folder: Path, size: int) -> Frontier:
    """The tree over the entries of a folder, each hash tile compared on the way.

    Raises Damaged, Contradicted naming the first place that does not fit, NotFound for a file that is missing.
    """
    tree = Frontier()
    rows: list[list[bytes]] = [[] for _ in range(LEVEL_MAX + 1)]
    for number, entries in _bundles(folder, size):
        hashes = list(map(leaf_hash, entries))
        tree.extend(hashes)
        rows[0] = hashes
        level = 0
        while len(rows[level]) == TILE_WIDTH:
            _compare(folder, level, number >> 8 * level, rows[level], size)
            subtree = Frontier()
            subtree.extend(rows[level])
            rows[level] = []
            level += 1
            rows[level].append(subtree.root())
    for level, row in enumerate(rows):
        if row:
            _compare(folder, level, size >> 8 * (level + 1), row, size)
    return tree


def _bundles(folder: Path, size: int) -> Iterator[tuple[int, list[bytes]]]:
    for number in range((size + TILE_WIDTH - 1) // TILE_WIDTH):
        width = width_at(0, number, size)
        name = path(ENTRIES, number, width)
        try:
            entries = to_entries(_read(folder / name, BUNDLE_BYTES_MAX))
        except Damaged as refusal:
            raise Damaged(f"{name}: {refusal}") from refusal
        if len(entries) != width:
            raise Damaged(f"{name} holds {len(entries)} entries and not {width}")
        yield number, entries


def _compare(folder: Path, level: int, number: int, row: list[bytes], size: int) -> None:
    name = path(level, number, width_at(level, number, size))
    found, computed = _read(folder / name, TILE_WIDTH * 32), from_hashes(row)
    if found == computed:
        return
    at = next((at for at in range(0, len(computed), 32) if found[at : at + 32] != computed[at : at + 32]), 0) // 32
    first = (number * TILE_WIDTH + at) << 8 * level
    raise Contradicted(f"{name} does not fit the entries, from index {first} on")


def _check_signature(
    report: Report, note: SignedNote, checkpoint: Checkpoint, keys: list[VerifierKey], trusted: Policy | None
) -> None:
    if trusted is None and not keys:
        none = "no key was given to check its signature with: use --vkey or --policy"
        report.add("checkpoint", Status.NOT_FOUND, none)
        return
    try:
        if trusted is not None:
            _, cosigned = trusted.check(note)
            says = f"a log of the policy signed it, cosigned by {', '.join(cosigned) or 'nobody'}"
        else:
            note.verified_by([key for key in keys if key.name == checkpoint.origin])
            report.vkey, says = str(keys[0]), "the key given signed it"
        report.add("checkpoint", Status.PROVED, f"{says}: size {checkpoint.size}, root {checkpoint.root.hex()}")
    except NotFound as refusal:
        report.add("checkpoint", Status.NOT_FOUND, str(refusal))
    except Refusal as refusal:
        report.add("checkpoint", Status.FALSE, str(refusal))


def _trust(vkey: str | None, policy: str | None) -> tuple[list[VerifierKey], Policy | None]:
    try:
        return ([VerifierKey.parse(vkey)] if vkey else []), (Policy.parse(policy) if policy is not None else None)
    except Refusal as refusal:
        raise Unreadable(str(refusal)) from refusal


def _read(file: Path, bytes_max: int) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(bytes_max + 1)
    except FileNotFoundError as error:
        raise NotFound(f"{file.name} is missing in {file.parent.name}") from error
    except OSError as error:
        raise Unreadable(f"{file} cannot be read: {error}") from error
    if len(content) > bytes_max:
        raise Damaged(f"{file.name} is larger than any file of a log")
    return content
