"""Judging a checkpoint: cosign it only if the log has grown from what was seen before (C2SP tlog-witness)."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from provenance.merkle import EMPTY_ROOT, HASH_BYTES, ProofInvalid, verify_consistency
from provenance.notes import Checkpoint, CosigningKey, NoteInvalid, SignedNote
from provenance.verifier.keys import cosigned_at, from_base64
from provenance.verifier.policy import Policy

from .memory import Memory, Seen

PROOF_HASHES_MAX: Final = 63
SIZE_TYPE: Final = "text/x.tlog.size"
TEXT: Final = "text/plain; charset=utf-8"
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP."""

    status: int
    body: str
    content_type: str = TEXT


class Malformed(ValueError):
    """A request that is none (400)."""


@dataclass(frozen=True, slots=True)
class Request:
    """A parsed add-checkpoint request."""

    old_size: int
    proof: tuple[bytes, ...]
    note: SignedNote
    checkpoint: Checkpoint
    text: str

    @classmethod
    def parse(cls, body: bytes) -> "Request":
        """Raises Malformed for any departure from the format."""
        try:
            text = body.decode("utf-8")
            head, blank, note_text = text.partition("\n\n")
            first, *lines = head.split("\n")
            old = _OLD.fullmatch(first)
            if not blank or old is None or len(lines) > PROOF_HASHES_MAX:
                raise Malformed("the request is an old size, at most 63 hashes, an empty line and a checkpoint")
            proof = tuple(from_base64(line, "a hash") for line in lines)
            note = SignedNote.parse(note_text)
            checkpoint = Checkpoint.parse(note.text)
        except (UnicodeDecodeError, NoteInvalid) as error:
            raise Malformed(str(error)) from error
        if any(len(value) != HASH_BYTES for value in proof):
            raise Malformed("a hash is 32 bytes")
        if int(old[1]) > checkpoint.size:
            raise Malformed("the old size is larger than the checkpoint's")
        return cls(int(old[1]), proof, note, checkpoint, text)


class Witness:
    """One witness: its key, the logs that it watches, its memory."""

    def __init__(
        self, key: CosigningKey, logs: Policy, memory: Memory, *, now: Callable[[], float] = time.time
    ) -> None:
        self.key, self.logs, self.memory, self.now = key, logs, memory, now

    def add_checkpoint(self, body: bytes) -> Answer:
        """The answer to `POST add-checkpoint`. What is cosigned is durable before it is answered."""
        try:
            asked = Request.parse(body)
        except Malformed as error:
            return Answer(400, f"{error}\n")
        origin = asked.checkpoint.origin
        keys = [log.key for log in self.logs.logs if log.key.name == origin]
        if not keys:
            return Answer(404, "this witness does not watch this log\n")
        try:
            signers = asked.note.verified_by(keys)
        except NoteInvalid as error:
            return Answer(403, f"{error}\n")
        with self.memory.locked():
            try:
                seen = self.memory.of(origin)
            except NoteInvalid:
                return Answer(500, "the memory of this witness is damaged: it signs nothing for this log\n")
            if refusal := self._refusal(asked, seen):
                return refusal
            line = self.key.line(asked.note.text, self._time_s(seen))
            ours = {(key.name, key.id) for key in signers}
            theirs = [str(each) for each in asked.note.signatures if (each.name, each.key_id) in ours]
            self.memory.keep(origin, asked.note.text + "\n" + "".join(f"{each}\n" for each in theirs) + line)
        return Answer(200, line)

    def _refusal(self, asked: Request, seen: Seen | None) -> Answer | None:
        """Why a checkpoint that the log did sign is not cosigned; None if it is to be."""
        checkpoint = asked.checkpoint
        size, root = (0, EMPTY_ROOT) if seen is None else (seen.checkpoint.size, seen.checkpoint.root)
        if seen is not None and checkpoint.size == size and checkpoint.root != root:
            self._keep(asked, seen, "two roots for one size, both signed by the log")
        if asked.old_size != size:
            return Answer(409, f"{size}\n", SIZE_TYPE)
        try:
            _require_growth(size, root, checkpoint, asked.proof)
        except ProofInvalid as error:
            if seen is not None:
                self._keep(asked, seen, str(error))
            return Answer(422, f"{error}\n")
        return None

    def _keep(self, asked: Request, seen: Seen, reason: str) -> None:
        text = f"{reason}\n\n--- seen before ---\n{seen.note}\n--- asked for ---\n{asked.text}"
        self.memory.keep_evidence(asked.checkpoint.origin, asked.checkpoint, text)

    def _time_s(self, seen: Seen | None) -> int:
        """Never before the last: a clock that went back must not make an older statement look newer."""
        last = 0
        if seen is not None:
            own = self.key.verifier_key
            for line in SignedNote.parse(seen.note).signatures:
                if (line.name, line.key_id) == (own.name, own.id):
                    last = cosigned_at(line.signature)
        return max(int(self.now()), last, 1)


def _require_growth(size: int, root: bytes, checkpoint: Checkpoint, proof: Sequence[bytes]) -> None:
    """Raise ProofInvalid unless a checkpoint goes on from what was seen; size 0 says that nothing was."""
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise ProofInvalid("an empty log has the hash of nothing as its root")
    if size:
        verify_consistency(size, root, checkpoint.size, checkpoint.root, proof)
    elif proof:
        raise ProofInvalid("nothing is to be proved from an empty log on, and a proof is given")
