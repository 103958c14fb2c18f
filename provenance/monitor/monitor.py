"""One look at a log: fetch its checkpoint, recompute the tree from every new entry, compare with what was seen."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final

from provenance import merkle, tiles
from provenance.notes import Checkpoint, NoteInvalid, SignedNote, VerifierKey
from provenance.verifier.errors import Damaged, Refusal, Unreadable
from provenance.verifier.leaves import Leaf
from provenance.verifier.policy import Policy
from provenance.verifier.rotation import Rotation

from .files import Files, Missing

SPLIT: Final = "split view"
FALSE: Final = "false"
BACK: Final = "went back"


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a log must not do, with the file of its evidence."""

    kind: str  # SPLIT, FALSE, BACK
    sentence: str
    evidence: str = ""


@dataclass(slots=True)
class Look:
    """What one look has shown."""

    size: int = 0
    root: str = ""
    new_entries: int = 0
    cosigned_by: list[str] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Monitor:
    """Remembers in a folder what it has verified of one log, and goes on from there."""

    def __init__(self, files: Files, trusted: Policy, folder: Path, witnesses: Sequence[Files] = ()) -> None:
        self.files, self.trusted, self.folder, self.witnesses = files, trusted, folder, witnesses
        self.keys = [log.key for log in trusted.logs]
        self.note = ""
        self.tree = merkle.Frontier()
        self._recall()

    def look(self) -> Look:
        """Fetch and verify what is new. Raises Unreadable if the log cannot be read now."""
        look = Look()
        note_text = self.files.read("checkpoint").decode("utf-8", "replace")
        try:
            note = SignedNote.parse(note_text)
            checkpoint = Checkpoint.parse(note.text)
            note.signers(self.keys)  # a false line of a key that we know
        except NoteInvalid as refusal:
            return self._alarm(look, FALSE, f"the checkpoint does not hold: {refusal}", note_text)
        look.size, look.root = checkpoint.size, checkpoint.root.hex()
        if checkpoint.size < self.tree.size:
            self._compare_smaller(look, checkpoint, note, note_text)
        else:
            self._follow(look, checkpoint, note, note_text)
        if not look.alarms:
            look.cosigned_by = self.trusted.cosigned_by(note)
            if not self.trusted.is_enough(look.cosigned_by):
                look.notes.append(f"fewer witnesses than the quorum {self.trusted.quorum} have cosigned it")
            self._ask_witnesses(look, checkpoint)
        return look

    def _follow(self, look: Look, checkpoint: Checkpoint, note: SignedNote, note_text: str) -> None:
        """Recompute the tree over the new entries: the log of then begins the log of now, or it does not."""
        tree, keys = self.tree.copy(), list(self.keys)
        try:
            for entries in self._entries(tree.size, checkpoint.size):
                for entry in entries:
                    self._look_at_entry(look, tree.size, entry, keys)
                    tree.append(merkle.leaf_hash(entry))
        except Damaged as refusal:
            self._alarm(look, FALSE, f"the entries from {self.tree.size} on: {refusal}", note_text)
            return
        if not self._is_signed(look, checkpoint, note, keys, note_text):
            return
        if tree.root() != checkpoint.root:
            self._alarm(look, *self._why_other_root(checkpoint), note_text)
            return
        look.new_entries = tree.size - self.tree.size
        self.tree, self.keys, self.note = tree, keys, note_text
        self._remember()

    def _why_other_root(self, checkpoint: Checkpoint) -> tuple[str, str]:
        """The signed root is not that of the entries: are the entries false, or is it another tree?"""
        size, known = checkpoint.size, self.tree.size
        if known == size:
            return SPLIT, f"size {size} was signed with two roots"
        if known:
            try:
                proof = self._consistency(known, size)
                merkle.verify_consistency(known, self.tree.root(), size, checkpoint.root, proof)
            except Refusal:
                return (
                    SPLIT,
                    f"size {size} is signed with a root to which nothing leads from the {known} entries seen before",
                )
        return FALSE, f"the entries from {known} on are not those of the tree that was signed at size {size}"

    def _is_signed(
        self, look: Look, checkpoint: Checkpoint, note: SignedNote, keys: Sequence[VerifierKey], note_text: str
    ) -> bool:
        try:
            note.verified_by([key for key in keys if key.name == checkpoint.origin])
        except NoteInvalid as refusal:
            self._alarm(look, FALSE, f"the checkpoint of size {checkpoint.size}: {refusal}", note_text)
            return False
        return True

    def _compare_smaller(self, look: Look, checkpoint: Checkpoint, note: SignedNote, note_text: str) -> None:
        """An old copy begins what was seen; a log that was rolled back, or another one, may not."""
        if not self._is_signed(look, checkpoint, note, self.keys, note_text):
            return
        if (reason := self._contradiction(checkpoint)) is not None:
            self._alarm(look, SPLIT, f"size {checkpoint.size} was signed, and {reason}", note_text)
            return
        back = f"the log shows size {checkpoint.size} after it showed {self.tree.size}: an old copy, or it went back"
        self._alarm(look, BACK, back, note_text)

    def _ask_witnesses(self, look: Look, checkpoint: Checkpoint) -> None:
        """What others were shown must be the beginning of what we were shown, or go on from it."""
        path = f"{sha256(checkpoint.origin.encode()).hexdigest()}/checkpoint"
        for witness in self.witnesses:
            try:
                note_text = witness.read(path).decode("utf-8", "replace")
                note = SignedNote.parse(note_text)
                theirs = Checkpoint.parse(note.text)
                note.verified_by(self.keys)
            except (Unreadable, NoteInvalid) as refusal:
                look.notes.append(f"{witness.url}: {refusal}")
                continue
            if theirs.origin != checkpoint.origin or theirs.size > self.tree.size:
                look.notes.append(f"{witness.url} has seen size {theirs.size}, which is not shown here yet")
            elif (reason := self._contradiction(theirs)) is not None:
                self._alarm(
                    look, SPLIT, f"{witness.url} was shown another tree at size {theirs.size}: {reason}", note_text
                )

    def _contradiction(self, other: Checkpoint) -> str | None:
        """Why a signed checkpoint of at most our size cannot be of the tree that we have verified; None if it is."""
        if other.size == 0:
            return None
        try:
            proof = self._consistency(other.size, self.tree.size)
            merkle.verify_consistency(other.size, other.root, self.tree.size, self.tree.root(), proof)
        except merkle.ProofInvalid as refusal:
            return str(refusal)
        return None

    def _consistency(self, old_size: int, new_size: int) -> list[bytes]:
        """Out of the log's own tiles. Raises Unreadable, Damaged."""
        if old_size == new_size:
            return []
        node = partial(self._node, new_size)
        return [merkle.range_hash(low, high, node) for low, high in merkle.consistency_ranges(old_size, new_size)]

    def _node(self, size: int, level: int, number: int) -> bytes:
        tile_level, inside = divmod(level, 8)
        tile, place = divmod(number << inside, tiles.TILE_WIDTH)
        width = tiles.width_at(tile_level, tile, size)
        row = tiles.to_hashes(self.files.read(tiles.path(tile_level, tile, width)))
        if len(row) != width:
            raise Damaged("a tile has another width than its name")
        return merkle.root(row[place : place + (1 << inside)])

    def _entries(self, low: int, high: int) -> Iterator[list[bytes]]:
        for number in range(low // tiles.TILE_WIDTH, (high + tiles.TILE_WIDTH - 1) // tiles.TILE_WIDTH):
            width = tiles.width_at(0, number, high)
            entries = tiles.to_entries(self._bundle(number, width))
            if len(entries) < width:
                raise Damaged(f"bundle {number} holds {len(entries)} entries instead of {width}")
            yield entries[max(0, low - number * tiles.TILE_WIDTH) : width]

    def _bundle(self, number: int, width: int) -> bytes:
        try:
            return self.files.read(tiles.path(tiles.ENTRIES, number, width))
        except Missing:
            if width == tiles.TILE_WIDTH:
                raise
            return self.files.read(tiles.path(tiles.ENTRIES, number))  # it became full meanwhile

    def _look_at_entry(self, look: Look, index: int, entry: bytes, keys: list[VerifierKey]) -> None:
        try:
            leaf = Leaf.parse(entry)
        except Refusal as refusal:
            look.alarms.append(Alarm(FALSE, f"entry {index} is not what an entry is: {refusal}"))
            return
        if leaf.kind != "log.key_rotated":
            return
        try:
            rotation = Rotation.parse(str(leaf.public.get("statement")))
        except NoteInvalid as refusal:
            look.alarms.append(Alarm(FALSE, f"entry {index} changes the log's key and does not hold: {refusal}"))
            return
        if rotation.old in keys and rotation.new not in keys:
            keys.append(rotation.new)
            look.notes.append(f"entry {index}: the log's key changes to {rotation.new}, signed by both")

    def _alarm(self, look: Look, kind: str, sentence: str, note_text: str) -> Look:
        """Keep what the log has signed against itself, beside what it had signed before."""
        name = f"{sha256(note_text.encode()).hexdigest()[:16]}.txt"
        file = self.folder / "evidence" / name
        if not file.exists():
            text = f"{kind}: {sentence}\n\n--- seen before ---\n{self.note}\n--- shown now ---\n{note_text}"
            tiles.replace(file, text.encode("utf-8", "replace"))
        look.alarms.append(Alarm(kind, sentence, str(file)))
        return look

    def _recall(self) -> None:
        file = self.folder / "seen.json"
        if not file.is_file():
            return
        seen = json.loads(file.read_text("utf-8"))
        self.tree = merkle.Frontier(seen["size"], [bytes.fromhex(value) for value in seen["edge"]])
        self.note = seen["note"]
        self.keys += [key for key in map(VerifierKey.parse, seen["keys"]) if key not in self.keys]

    def _remember(self) -> None:
        seen = {
            "size": self.tree.size,
            "edge": [value.hex() for value in self.tree.hashes],
            "keys": [str(key) for key in self.keys],
            "note": self.note,
        }
        tiles.replace(self.folder / "seen.json", json.dumps(seen, ensure_ascii=False).encode())
