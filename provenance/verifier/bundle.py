"""The bundle, format dm-bundle/v1: one file of canonical JSON that carries a proof and all it rests on.

    {"format": "dm-bundle/v1", "origin", "vkey", "checkpoint": signed note,
     "entries":    [{"index", "leaf": base64, "proof": [hex], "openings": {field: {"salt": hex, "value"}}}],
     "documents":  [{"name", "media_type", "sha256", "content": base64, "bound_by": {"entry", "field"}}],
     "signatures": [{"party", "algorithm", "provider", "public_key", "signature", "document", "key_entry"}],
     "anchor":     the copy of a chain's receipt (anchor.py); the only member that may be left out,
     "manifest":   {member: sha256 of its canonical JSON}}

`entry` and `key_entry` are positions in `entries`, from 0. The manifest makes every changed byte findable
and proves nothing else: whoever changes a member can change its line too.
"""

import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, Self

from . import shapes
from .anchor import Anchor
from .canonical import Json, dumps, loads
from .errors import Contradicted, Damaged, Erased, NotFound, Unreadable
from .leaves import Leaf
from .merkle import leaf_hash
from .tlog_proof import PROOF_HASHES_MAX

FORMAT: Final = "dm-bundle/v1"
_VERSION: Final = re.compile(r"dm-bundle/v[0-9]{1,4}", re.ASCII)
BUNDLE_BYTES_MAX: Final = 16 * 2**20
ENTRIES_MAX: Final = 10_000
DOCUMENTS_MAX: Final = 100
SIGNATURES_MAX: Final = 100

ERASED: Final = "opening.erased"
PARTIES: Final = ("supplier", "buyer")
PROVIDERS: Final = ("own_key", "sealed_key")
SCALARS: Final = ("origin", "vkey", "checkpoint")
ANCHOR: Final = "anchor"
LISTS: Final = ("entries", "documents", "signatures")

_NAME: Final = re.compile(r"[^/\\\x00-\x1f]{1,255}")
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+")


@dataclass(frozen=True, slots=True)
class Opening:
    """A value behind a commitment, with the salt that opens it."""

    salt: bytes
    value: Json


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the log with its way up to the root and what its reader may know of it."""

    position: int
    index: int
    content: bytes
    leaf: Leaf
    proof: list[bytes]
    openings: dict[str, Opening] = field(default_factory=dict)
    erased: dict[str, str] = field(default_factory=dict)  # {field: what the erasing entry says}

    @property
    def label(self) -> str:
        """How the report names it."""
        return f"entry {self.index} ({self.leaf.kind})"

    def value(self, name: str) -> Json:
        """A field that is public in the leaf or opened; None if the bundle shows neither."""
        if name in self.openings:
            return self.openings[name].value
        return self.leaf.public.get(name)

    def hidden(self, name: str, sentence: str) -> Erased | NotFound:
        """Why a field is not here: erased, where an entry of the bundle says so, else missing."""
        if name in self.erased:
            return Erased(f"{self.label}: {name!r} was erased, {self.erased[name]}")
        return NotFound(sentence)


@dataclass(frozen=True, slots=True)
class Document:
    """A file inside the bundle, and the opening that holds its hash."""

    name: str
    media_type: str
    sha256: bytes
    content: bytes
    bound_entry: int
    bound_field: str


@dataclass(frozen=True, slots=True)
class Signature:
    """One party's Ed25519 signature over the SHA-256 of a document's bytes."""

    party: str
    provider: str
    public_key: bytes
    signature: bytes
    document: str
    key_entry: int


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose form is right; nothing of what it says is checked yet."""

    origin: str
    vkey: str
    checkpoint: str
    entries: list[Entry]
    documents: list[Document]
    signatures: list[Signature]
    anchor: Anchor | None
    members: dict[str, Json]

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Read a bundle's bytes.

        Raises Unreadable for a file that is too large or no dm-bundle/v1, Damaged for one that is not exactly
        the canonical bytes of the format.
        """
        if len(data) > BUNDLE_BYTES_MAX:
            raise Unreadable(f"the file is larger than {BUNDLE_BYTES_MAX // 2**20} MiB, the most a bundle may have")
        whole = shapes.members(loads(data), "the bundle")
        names = ("format", *SCALARS, *LISTS, "manifest")
        said = whole.get("format")
        # All else of a bundle is there: its format was taken out or changed. Another version is none of ours to judge.
        is_damaged = set(names) - set(whole) <= {"format"} and not (isinstance(said, str) and _VERSION.fullmatch(said))
        if said != FORMAT and not is_damaged:
            raise Unreadable(f"the file is not a bundle of the format {FORMAT}")
        optional = (ANCHOR,) if ANCHOR in whole else ()
        shapes.members(whole, "the bundle", (*names, *optional))
        if said != FORMAT:
            raise Damaged(f"the format is not {FORMAT}")
        entries = shapes.items(whole["entries"], "entries", ENTRIES_MAX)
        documents = shapes.items(whole["documents"], "documents", DOCUMENTS_MAX)
        signatures = shapes.items(whole["signatures"], "signatures", SIGNATURES_MAX)
        bundle = cls(
            origin=shapes.text(whole["origin"], "origin"),
            vkey=shapes.text(whole["vkey"], "vkey"),
            checkpoint=shapes.text(whole["checkpoint"], "checkpoint"),
            entries=[_entry(value, position) for position, value in enumerate(entries)],
            documents=[_document(value, position, len(entries)) for position, value in enumerate(documents)],
            signatures=[_signature(value, position, len(entries)) for position, value in enumerate(signatures)],
            anchor=Anchor.read(whole[ANCHOR]) if optional else None,
            members=whole,
        )
        _mark_erased(bundle.entries)
        _require_distinct("entries", [entry.index for entry in bundle.entries])
        _require_distinct("documents", [document.name for document in bundle.documents])
        return bundle

    def check_manifest(self) -> None:
        """Compare every member with its line in the manifest. Raises Damaged or Contradicted."""
        stated = shapes.members(self.members["manifest"], "the manifest")
        computed = manifest(self.members)
        shapes.members(stated, "the manifest", computed)
        for name, digest in computed.items():
            if stated[name] != digest:
                raise Contradicted(f"the member {name} is not the one that the manifest was written for")


def _mark_erased(entries: list[Entry]) -> None:
    """Tell each entry what later entries say was erased behind it; the openings step proves those."""
    by_hash = {leaf_hash(entry.content).hex(): entry for entry in entries}
    for later in entries:
        named, fields = later.value("entry_sha256"), later.value("erased")
        entry = by_hash.get(named) if isinstance(named, str) else None
        if later.leaf.kind != ERASED or entry is None or not isinstance(fields, list) or later.index <= entry.index:
            continue
        said = f"recorded at index {later.index}, {later.leaf.at}, basis {later.value('legal_basis')!r}"
        entry.erased.update({name: said for name in fields if isinstance(name, str) and name not in entry.openings})


def manifest(members: dict[str, Json]) -> dict[str, Json]:
    """The manifest of a bundle's members: SHA-256 in hex of each member's canonical JSON."""
    parts: dict[str, Json] = {name: members[name] for name in (*SCALARS, ANCHOR) if name in members}
    for name in LISTS:
        values: Any = members[name]
        parts |= {f"{name}/{n}": value for n, value in enumerate(values)}
    return {name: sha256(dumps(value)).hexdigest() for name, value in parts.items()}


def _entry(value: Json, position: int) -> Entry:
    where = f"entries/{position}"
    found = shapes.members(value, where, ("index", "leaf", "proof", "openings"))
    entry_bytes = shapes.base64_bytes(found["leaf"], f"{where}/leaf")
    openings: dict[str, Opening] = {}
    for name, opening in shapes.members(found["openings"], f"{where}/openings").items():
        parts = shapes.members(opening, f"{where}/openings", ("salt", "value"))
        openings[name] = Opening(shapes.hex_bytes(parts["salt"], f"{where}: a salt"), parts["value"])
    proof = shapes.items(found["proof"], f"{where}/proof", PROOF_HASHES_MAX)
    return Entry(
        position=position,
        index=shapes.integer(found["index"], f"{where}/index"),
        content=entry_bytes,
        leaf=Leaf.parse(entry_bytes),
        proof=[shapes.hex_bytes(node, f"{where}/proof") for node in proof],
        openings=openings,
    )


def _document(value: Json, position: int, entry_count: int) -> Document:
    where = f"documents/{position}"
    found = shapes.members(value, where, ("name", "media_type", "sha256", "content", "bound_by"))
    bound_by = shapes.members(found["bound_by"], f"{where}/bound_by", ("entry", "field"))
    return Document(
        name=shapes.text(found["name"], f"{where}/name", _NAME),
        media_type=shapes.text(found["media_type"], f"{where}/media_type", _MEDIA_TYPE),
        sha256=shapes.hex_bytes(found["sha256"], f"{where}/sha256"),
        content=shapes.base64_bytes(found["content"], f"{where}/content"),
        bound_entry=_place(bound_by["entry"], f"{where}/bound_by/entry", entry_count),
        bound_field=shapes.text(bound_by["field"], f"{where}/bound_by/field"),
    )


def _signature(value: Json, position: int, entry_count: int) -> Signature:
    where = f"signatures/{position}"
    names = ("party", "algorithm", "provider", "public_key", "signature", "document", "key_entry")
    found = shapes.members(value, where, names)
    shapes.one_of(found["algorithm"], f"{where}/algorithm", ("Ed25519",))
    return Signature(
        party=shapes.one_of(found["party"], f"{where}/party", PARTIES),
        provider=shapes.one_of(found["provider"], f"{where}/provider", PROVIDERS),
        public_key=shapes.hex_bytes(found["public_key"], f"{where}/public_key"),
        signature=shapes.hex_bytes(found["signature"], f"{where}/signature", length=64),
        document=shapes.text(found["document"], f"{where}/document"),
        key_entry=_place(found["key_entry"], f"{where}/key_entry", entry_count),
    )


def _place(value: Json, where: str, entry_count: int) -> int:
    position = shapes.integer(value, where)
    if position >= entry_count:
        raise Damaged(f"{where} points at an entry that the bundle does not hold")
    return position


def _require_distinct(where: str, values: list[Any]) -> None:
    if len(set(values)) != len(values):
        raise Damaged(f"{where} names the same thing twice")
