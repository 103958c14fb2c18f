"""How a log changes its key: one statement that the key before and the key after have both signed."""

from dataclasses import dataclass
from typing import Final, Self

from .errors import NoteInvalid
from .keys import VerifierKey
from .notes import SignedNote

HEADER: Final = "dm-log-key/v1"


@dataclass(frozen=True, slots=True)
class Rotation:
    """From one key to the next. `both_until`: so long every checkpoint carries both signatures, RFC 3339 in UTC."""

    old: VerifierKey
    new: VerifierKey
    both_until: str

    @property
    def text(self) -> str:
        """What both keys sign."""
        return f"{HEADER}\n{self.old.name}\n{self.old}\n{self.new}\n{self.both_until}\n"

    @classmethod
    def parse(cls, statement: str) -> Self:
        """Read a signed statement. Raises NoteInvalid unless both of its keys signed it, for one and the same log."""
        note = SignedNote.parse(statement)
        lines = note.text.split("\n")
        if len(lines) != 6 or lines[0] != HEADER:
            raise NoteInvalid(f"a change of the log's key is a note of five lines that begins with {HEADER}")
        _, origin, old, new, both_until, _ = lines
        rotation = cls(VerifierKey.parse(old), VerifierKey.parse(new), both_until)
        if {rotation.old.name, rotation.new.name} != {origin} or rotation.old == rotation.new:
            raise NoteInvalid("a change of the log's key leads from one key of a log to another of the same log")
        if len(note.signers([rotation.old, rotation.new])) != 2:
            raise NoteInvalid("a change of the log's key is signed by the key before and by the key after")
        return rotation
