"""One entry of the log: the exact bytes that are hashed, and the commitments in them that can be opened."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from .canonical import Json, dumps, loads
from .errors import Contradicted, Damaged
from .shapes import hex_bytes, integer, members, text
from .tiles import ENTRY_BYTES_MAX

SALT_BYTES: Final = 32
_KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_FIELD = re.compile(r"[a-z][a-z0-9_]*")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


def commitment(field: str, salt: bytes, value: Json) -> bytes:
    """What stands in a leaf for a value that is not public; its 32 random bytes stop guessing."""
    return sha256(b"dm-commit/v1\x00" + field.encode() + b"\x00" + salt + dumps(value)).digest()


@dataclass(frozen=True, slots=True)
class Leaf:
    """The content of one entry: what happened, when, what of it is public, and commitments to the rest."""

    kind: str
    schema: int
    at: str
    public: dict[str, Json]
    commitments: dict[str, bytes]

    @classmethod
    def parse(cls, entry: bytes) -> Self:
        """Read a leaf of version 1. Raises Damaged for anything but its exact canonical form."""
        if len(entry) > ENTRY_BYTES_MAX:
            raise Damaged(f"the leaf is longer than {ENTRY_BYTES_MAX} bytes")
        leaf = members(loads(entry), "the leaf", ("v", "kind", "schema", "at", "public", "commitments"))
        if integer(leaf["v"], "the leaf's version") != 1:
            raise Damaged("the leaf is not of version 1")
        public = members(leaf["public"], "the leaf's public fields")
        commitments = members(leaf["commitments"], "the leaf's commitments")
        for field in (*public, *commitments):
            text(field, "a field of the leaf", _FIELD)
        if public.keys() & commitments.keys():
            raise Damaged("the leaf names one field both in clear and as a commitment")
        return cls(
            kind=text(leaf["kind"], "the leaf's kind", _KIND),
            schema=integer(leaf["schema"], "the leaf's schema"),
            at=text(leaf["at"], "the leaf's time", _TIME),
            public=public,
            commitments={field: hex_bytes(value, "a commitment") for field, value in commitments.items()},
        )

    def open(self, field: str, salt: bytes, value: Json) -> None:
        """Check that a value is what the leaf committed to. Raises Contradicted if it is not."""
        committed = self.commitments.get(field)
        if committed is None:
            raise Contradicted(f"the leaf {self.kind} has no commitment to {field!r}: a foreign opening")
        if commitment(field, salt, value) != committed:
            raise Contradicted(f"the value shown for {field!r} of {self.kind} is not the recorded one")
