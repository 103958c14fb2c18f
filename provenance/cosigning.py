"""Asking witnesses to cosign our checkpoint (C2SP tlog-witness): bounded in time, and never in a transaction."""

import base64
import logging
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from provenance import proofs
from provenance.checkpoints import Published
from provenance.errors import RESTORE, LogHalted, LogUnreadable
from provenance.notes import Checkpoint, NoteInvalid, SignedNote, VerifierKey
from provenance.verifier.notes import signature_line
from provenance.verifier.policy import Known, Policy

logger = logging.getLogger(__name__)
TIMEOUT_S: Final = 2.0  # for one answer; a checkpoint is to be out within five seconds
REST_S: Final = (30.0, 600.0)  # a witness that failed is left alone so long, doubling up to the second
ANSWER_BYTES_MAX: Final = 65_536


class Unhelpful(Exception):
    """A witness that did not cosign; the log goes on without it."""


@dataclass(slots=True)
class Standing:
    """What we know of one witness."""

    size: int = 0  # of ours, as it has cosigned
    rest_s: float = 0.0
    rests_until: float = 0.0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """A witness is where the policy says."""


class Cosigners:
    """The witnesses of one policy. Not thread-safe; asks them side by side."""

    def __init__(self, trusted: Policy, log_keys: list[VerifierKey]) -> None:
        self.trusted, self.log_keys = trusted, log_keys
        self.standing = {name: Standing() for name in trusted.witnesses}
        self._opener = urllib.request.build_opener(_NoRedirect)

    def missing(self, published: Published) -> list[str]:
        """Witnesses whose cosignature a checkpoint lacks and that may be asked now."""
        signed = self.trusted.cosigned_by(SignedNote.parse(published.note))
        now = time.monotonic()
        return [name for name, standing in self.standing.items() if name not in signed and standing.rests_until <= now]

    def cosign(self, published: Published) -> Published:
        """The checkpoint with every cosignature that could be had in time.

        Raises LogHalted if a witness shows our own signature over more entries or another tree than ours: then
        database and files went back together, and signing on would fork the log.
        """
        names = self.missing(published)
        if not names:
            return published
        with ThreadPoolExecutor(max_workers=len(names)) as asking:
            lines = list(asking.map(lambda name: self._ask(name, published), names))
        return Published(published.checkpoint, published.note + "".join(line for line in lines if line))

    def _ask(self, name: str, published: Published) -> str:
        witness, standing = self.trusted.witnesses[name], self.standing[name]
        try:
            line = self._line(witness, standing, published)
        except Unhelpful as error:
            standing.rest_s = min(max(2 * standing.rest_s, REST_S[0]), REST_S[1])
            standing.rests_until = time.monotonic() + standing.rest_s
            logger.warning("the witness %s did not cosign size %d: %s", name, published.size, error)
            return ""
        standing.size, standing.rest_s = published.size, 0.0
        return line

    def _line(self, witness: Known, standing: Standing, published: Published) -> str:
        status, body = self._post(witness, _request(standing.size, published))
        if status == 409:
            seen = body.strip()
            if not seen.isdigit() or len(seen) > 19:
                raise Unhelpful("it answers 409 without its size")
            if int(seen) > published.size:
                self._require_no_larger(witness, published)
                raise Unhelpful(f"it says that it has cosigned {seen.decode()} entries, and does not show that")
            standing.size = int(seen)
            status, body = self._post(witness, _request(standing.size, published))
        if status == 422:
            self._require_no_larger(witness, published)
        if status != 200:
            raise Unhelpful(f"it answers {status}: {body[:200].decode('utf-8', 'replace').strip()}")
        return _verified(witness.key, published, body)

    def _require_no_larger(self, witness: Known, published: Published) -> None:
        """Look at what the witness has of us. Only our own signature counts: a witness alone must not stop a log."""
        origin_hash = sha256(published.checkpoint.origin.encode()).hexdigest()
        status, body = self._get(f"{witness.url.rstrip('/')}/{origin_hash}/checkpoint")
        if status != 200:
            return
        try:
            note = SignedNote.parse(body.decode("utf-8", "replace"))
            theirs = Checkpoint.parse(note.text)
            note.verified_by(self.log_keys)
        except NoteInvalid:
            return
        if theirs.size > published.size:
            raise LogHalted(
                f"the witness {witness.key.name} has our signature over {theirs.size} entries and this log has"
                f" {published.size}: database and files went back together.",
                remedy=f"a copy of the published files of size {theirs.size}, then {RESTORE}",
            )
        if theirs.size and proofs.root_at(theirs.size, published=published) != theirs.root:
            raise LogHalted(
                f"the witness {witness.key.name} has our signature over another tree of {theirs.size} entries:"
                " this log was forked."
            )

    def _post(self, witness: Known, body: bytes) -> tuple[int, bytes]:
        request = urllib.request.Request(  # noqa: S310  policies.witnesses admits http addresses only
            f"{witness.url.rstrip('/')}/add-checkpoint", data=body, headers={"Content-Type": "text/plain"}
        )
        return self._open(request)

    def _get(self, url: str) -> tuple[int, bytes]:
        return self._open(urllib.request.Request(url))  # noqa: S310  as above

    def _open(self, request: urllib.request.Request) -> tuple[int, bytes]:
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                return answer.status, answer.read(ANSWER_BYTES_MAX)
        except urllib.error.HTTPError as error:
            return error.code, error.read(ANSWER_BYTES_MAX)
        except (OSError, ValueError) as error:
            raise Unhelpful(str(error)) from error


def _request(old_size: int, published: Published) -> bytes:
    try:
        path = proofs.consistency(old_size, published=published) if 0 < old_size < published.size else []
    except LogUnreadable as error:
        raise Unhelpful("our own tiles cannot be read") from error
    lines = [f"old {old_size}", *(base64.b64encode(node).decode() for node in path)]
    # Only our own lines: what other witnesses say is not this one's to judge.
    note = SignedNote.parse(published.note)
    own = [f"{line}\n" for line in note.signatures if line.name == published.checkpoint.origin]
    return ("\n".join(lines) + "\n\n" + note.text + "\n" + "".join(own)).encode()


def _verified(key: VerifierKey, published: Published, body: bytes) -> str:
    """The line of exactly this witness out of its answer. Raises Unhelpful."""
    text = published.checkpoint.text().encode()
    try:
        for line in body.decode("utf-8").splitlines():
            found = signature_line(line)
            if (found.name, found.key_id) == (key.name, key.id) and key.accepts(text, found.signature):
                return f"{found}\n"
    except (UnicodeDecodeError, NoteInvalid) as error:
        raise Unhelpful(f"its answer is no signature: {error}") from error
    raise Unhelpful("its answer holds no cosignature of its key")
