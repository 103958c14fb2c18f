"""The offline text of one inclusion proof (C2SP tlog-proof): index, path, and the checkpoint it leads to."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from .errors import ProofInvalid
from .merkle import HASH_BYTES, verify_inclusion
from .notes import Checkpoint, SignedNote, VerifierKey

HEADER: Final = "c2sp.org/tlog-proof@v1"
PROOF_HASHES_MAX: Final = 63
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class TlogProof:
    """One `.tlog-proof` file. The checkpoint is the signed note, kept verbatim with all its cosignatures."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    def text(self) -> str:
        """The file's content."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(value).decode() for value in self.hashes]
        return "\n".join(lines) + "\n\n" + self.checkpoint

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a `.tlog-proof` file. Raises ProofInvalid for any departure from the format."""
        head, blank, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if not blank or lines[0] != HEADER:
            raise ProofInvalid(f"a proof file begins with {HEADER} and ends with a checkpoint")
        extra = None
        if len(lines) > 1 and lines[1].startswith("extra "):
            extra = _base64(lines.pop(1).removeprefix("extra "))
        found = _INDEX.fullmatch(lines[1]) if len(lines) > 1 else None
        if found is None:
            raise ProofInvalid("the proof file names no index")
        hashes = _hashes(lines[2:])
        return cls(int(found[1]), hashes, checkpoint, extra)

    def verify(self, leaf: bytes, key: VerifierKey) -> Checkpoint:
        """Check that a leaf hash is in the log under a checkpoint that `key` signed; answers that checkpoint.

        Raises NoteInvalid or ProofInvalid.
        """
        note = SignedNote.parse(self.checkpoint)
        note.verified_by([key])
        checkpoint = Checkpoint.parse(note.text)
        if checkpoint.origin != key.name:
            raise ProofInvalid("the checkpoint is of another log than the key")
        verify_inclusion(leaf, self.index, checkpoint.size, self.hashes, checkpoint.root)
        return checkpoint


def _hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    hashes = tuple(_base64(line) for line in lines)
    if len(hashes) > PROOF_HASHES_MAX or any(len(value) != HASH_BYTES for value in hashes):
        raise ProofInvalid(f"a proof is at most {PROOF_HASHES_MAX} hashes of {HASH_BYTES} bytes")
    return hashes


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProofInvalid("a line of the proof file is not base64") from error
