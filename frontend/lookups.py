"""What a reader may paste to look something up: number, fingerprint, certificate's id, trade's number."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _t

from contracts import queries as trades
from listings import files
from listings.files import PublishedFile
from market.kernel import clock
from market.kernel.errors import Invalid, NotFound
from market.participants.members import Member
from provenance import certificates, queries
from provenance.queries import EntryRow

TEXT_MAX: Final = 200
INDEX_MAX: Final = 2**63 - 1
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TRADE: Final = re.compile(r"t[0-9]{8}-[0-9]{6,9}")
_NUMBER: Final = re.compile(r"#?[0-9][0-9, ,]{0,24}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found; nothing found says in what it was searched, and never that something is false."""

    asked: str
    size: int  # entries searched
    searched_at: datetime
    entry: EntryRow | None = None
    certificate_id: UUID | None = None
    trade_id: UUID | None = None  # of the reader's own
    files: list[tuple[PublishedFile, EntryRow | None]] = field(default_factory=list)

    @property
    def is_found(self) -> bool:
        """Whether the ledger holds what was asked for."""
        return bool(self.entry or self.certificate_id or self.trade_id or self.files)


def find(text: str, reader: Member | None = None) -> Answer:
    """Look up what a reader typed. Raises Invalid with the field `q` for what cannot be any of these.

    A trade's number finds something for its parties only: to all others it is as if there were no such trade.
    """
    asked = text.strip().lower()
    head = queries.head()
    size, now = head.size if head else 0, clock.now()
    if not asked or len(asked) > TEXT_MAX:
        raise Invalid.field("q", _t("is empty or too long"), _t("Paste a number, a fingerprint or a certificate id."))
    if found := _UUID.search(asked):
        return Answer(asked, size, now, certificate_id=_certificate(UUID(found[0])))
    if _NUMBER.fullmatch(asked) and len(asked) < 30:
        number = int(re.sub(r"[^0-9]", "", asked))
        entry = queries.entry(number - 1) if 0 < number <= INDEX_MAX else None
        return Answer(asked, size, now, entry=entry)
    if _TRADE.fullmatch(asked):
        return Answer(asked, size, now, trade_id=_trade(asked.upper(), reader))
    digest = asked.removeprefix("sha256:").removeprefix("sha-256:").strip()
    if re.fullmatch(r"[0-9a-f]{64}", digest):
        leaves = queries.by_leaf_hash(bytes.fromhex(digest))
        if leaves:
            return Answer(digest, size, now, entry=leaves[0])
        return Answer(digest, size, now, files=[(each, _listing(each)) for each in files.published(digest)])
    raise Invalid.field("q", _problem(digest), _t("Paste a number, a fingerprint or a certificate id."))


def _certificate(certificate_id: UUID) -> UUID | None:
    try:
        return certificates.find(certificate_id).id
    except NotFound:
        return None


def _trade(number: str, reader: Member | None) -> UUID | None:
    if reader is None:
        return None
    try:
        return trades.trade_numbered(reader, number).id
    except NotFound:
        return None


def _listing(file: PublishedFile) -> EntryRow | None:
    """The entry that made the listing public."""
    rows = queries.of_events(queries.about([file.version_id]).values_list("event_id", flat=True))
    return next((row for row in rows if row.kind == "listing.published"), None)


def _problem(text: str) -> str:
    if re.fullmatch(r"[0-9a-f]+", text):
        return _t("A fingerprint has 64 characters; this has %(count)s.") % {"count": len(text)}
    foreign = next((character for character in text if character not in "0123456789abcdef"), "")
    return _t("A fingerprint has only 0–9 and a–f; this holds “%(character)s”.") % {"character": foreign}
