"""Resources: what a supplier uploads, and what becomes of it while it is read."""

import hashlib
import re
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _t

from listings.errors import SameContent, UploadTooLarge
from listings.intake import encodings
from listings.models import DataResource
from listings.states import RESOURCE_FOLLOWS, ResourceState
from market import holds, storage
from market.events import outbox
from market.kernel import clock, ids
from market.kernel.errors import IllegalStep, Invalid, NotFound
from market.participants.members import Actor, Member, Role
from market.verbs import verb

ENCODINGS: Final = encodings.NAMES
DELIMITERS: Final = (",", ";", "\t", "|")
SHEET_MAX: Final = 255
SILENT_AFTER: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Received:
    """A file that arrived whole, outside the object store still."""

    path: Path
    file_bytes: int
    file_sha256: str


@dataclass(frozen=True, slots=True)
class Choices:
    """How the supplier says that the file is to be read; empty or None: find out.

    sheet: of a workbook, by its name. has_header: whether the first row names the columns.
    """

    encoding: str = ""
    delimiter: str = ""
    has_header: bool | None = None
    sheet: str = ""

    def check(self) -> None:
        """Refuse what no reading knows. Raises Invalid."""
        if self.encoding and self.encoding not in ENCODINGS:
            raise Invalid.field("encoding", _t("is not known here"), ", ".join(ENCODINGS))
        if self.delimiter and self.delimiter not in DELIMITERS:
            raise Invalid.field("delimiter", _t("is not known here"), _t("comma, semicolon, tab or bar"))
        if len(self.sheet) > SHEET_MAX:
            raise Invalid.field("sheet", _t("is too long"), _t("at most %(n)d characters") % {"n": SHEET_MAX})


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a file brought to light."""

    is_table: bool
    row_count: int | None
    column_count: int | None
    profile: dict[str, Any] | None
    sample: dict[str, Any] | None
    findings: list[dict[str, Any]]
    parquet_key: str


def clean_name(filename: str) -> str:
    """A file name without folders or control characters; names are shown, never trusted as paths.

    Nor with signs that turn the direction of writing: fdp.exe must not read as exe.pdf.
    """
    last = filename.replace("\\", "/").rsplit("/", 1)[-1]
    name = re.sub(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", "", last).strip(" .")
    return name[:255] or "data"


def receive(blocks: Iterable[bytes], *, bytes_max: int | None = None) -> Received:
    """Stream a file to disk and hash it on the way; never more than one block in memory.

    Raises UploadTooLarge, Invalid for an empty file, and whatever reading raises; then nothing is kept.
    """
    limit = bytes_max or settings.UPLOAD_BYTES_MAX
    settings.UPLOAD_DIR.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=settings.UPLOAD_DIR, delete=False) as file:
        path = Path(file.name)
        try:
            for block in blocks:
                size += len(block)
                _require(size <= limit, limit)
                digest.update(block)
                file.write(block)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    if size == 0:
        path.unlink(missing_ok=True)
        raise Invalid.field("file", _t("is empty"), _t("choose a file with content"))
    return Received(path=path, file_bytes=size, file_sha256=digest.hexdigest())


def _require(fits: bool, limit: int) -> None:
    """Refuse a file beyond the limit."""
    if not fits:
        raise UploadTooLarge(_t("The limit is %(n)d bytes.") % {"n": limit}, limit=limit)


def upload(received: Received, *, name: str, filename: str, choices: Choices | None = None, by: Member) -> DataResource:
    """Put a received file into the store and register it; the temporary file goes in any case.

    Raises SameContent, Invalid, Held, NotAllowed.
    """
    identifier = ids.new_id()
    key = f"resources/{by.organisation_id}/{identifier}"
    choices = choices or Choices()
    try:
        by.require_trading(Role.TRADER, Role.DEVELOPER)
        choices.check()
        storage.put_file(key, received.path)
    finally:
        received.path.unlink(missing_ok=True)
    try:
        filename = clean_name(filename)
        return register(identifier, received, key=key, name=name, filename=filename, choices=choices, by=by)
    except BaseException:
        storage.delete(key)
        raise


@verb("resource.received")
def register(
    identifier: UUID, received: Received, *, key: str, name: str, filename: str, choices: Choices, by: Member
) -> DataResource:
    """Record that the supplier holds this file; reading it starts as a job. Raises SameContent, Held, NotAllowed."""
    by.require_trading(Role.TRADER, Role.DEVELOPER)
    holds.check(by.organisation_urn)
    same = DataResource.objects.filter(supplier_id=by.organisation_id, file_sha256=received.file_sha256).exclude(
        state=ResourceState.REFUSED
    )
    if twin := same.first():
        raise SameContent(_t("It was uploaded as %(name)s.") % {"name": twin.name}, resource=twin.urn)
    resource = DataResource.objects.create(
        id=identifier,
        supplier_id=by.organisation_id,
        name=(name.strip() or filename)[:200],
        filename=filename,
        file_bytes=received.file_bytes,
        file_sha256=received.file_sha256,
        storage_key=key,
        **asdict(choices),
        created_by_id=by.person_id,
    )
    outbox.record(
        "resource.received",
        subject=resource.urn,
        actor=by.urn,
        parties=[by.organisation_id],
        name=resource.name,
        file_sha256=resource.file_sha256,
        file_bytes=resource.file_bytes,
    )
    return resource


def _move(resource: DataResource, to: ResourceState) -> None:
    """Take one step; the caller holds the row lock. Raises IllegalStep."""
    if to not in RESOURCE_FOLLOWS[ResourceState(resource.state)]:
        raise IllegalStep(
            _t("The file is %(state)s.") % {"state": ResourceState(resource.state).label}, state=resource.state
        )
    resource.state = to


@verb("resource.reopened")
def read_again(resource_id: UUID, *, choices: Choices, by: Member) -> DataResource:
    """Read the stored file again as the supplier says. Raises NotFound, Invalid, IllegalStep, Held.

    Refused once a product is built on it: what was described and signed must stay what was read.
    """
    by.require_trading(Role.TRADER, Role.DEVELOPER)
    resource = _locked(resource_id)
    if resource.supplier_id != by.organisation_id:
        raise NotFound
    choices.check()
    if resource.versions.exists():
        raise IllegalStep(_t("A product is built on this reading; upload the file again."), state=resource.state)
    _move(resource, ResourceState.RECEIVED)
    resource.encoding, resource.delimiter = choices.encoding, choices.delimiter
    resource.has_header, resource.sheet, resource.problem = choices.has_header, choices.sheet, None
    resource.stages, resource.attempts, resource.heartbeat_at, resource.ready_at = [], 0, None, None
    resource.is_table, resource.profile, resource.sample, resource.findings = False, None, None, []
    resource.row_count, resource.column_count, resource.parquet_key = None, None, ""
    resource.save()
    outbox.record(
        "resource.reopened",
        subject=resource.urn,
        actor=by.urn,
        parties=[by.organisation_id],
        **asdict(choices),
    )
    return resource


@verb("resource.reading")
def begin(resource_id: UUID, *, by: Actor) -> DataResource:
    """A job that holds the claim starts to read the file, or begins again what a dead one left.

    Raises Held, IllegalStep.
    """
    resource = _locked(resource_id)
    _move(resource, ResourceState.PROCESSING)
    resource.attempts += 1
    resource.heartbeat_at, resource.stages, resource.problem = clock.now(), [], None
    resource.save(update_fields=["state", "attempts", "heartbeat_at", "stages", "problem"])
    outbox.record(
        "resource.reading",
        subject=resource.urn,
        actor=by.urn,
        parties=[resource.supplier_id],
        attempt=resource.attempts,
    )
    return resource


def is_silent(resource: DataResource) -> bool:
    """Whether the job that reads the file has not been heard of for so long that it must be dead."""
    return resource.heartbeat_at is None or clock.now() - resource.heartbeat_at > SILENT_AFTER


def report(resource_id: UUID, stages: list[dict[str, Any]]) -> None:
    """The running job says how far it is. No business fact, so no event."""
    DataResource.objects.filter(id=resource_id, state=ResourceState.PROCESSING).update(
        stages=stages, heartbeat_at=clock.now()
    )


@verb("resource.ready")
def complete(resource_id: UUID, reading: Reading, *, by: Actor) -> DataResource:
    """Keep what reading brought to light. A second completion changes nothing."""
    resource = _locked(resource_id)
    if resource.state == ResourceState.READY:
        outbox.unchanged()
        return resource
    _move(resource, ResourceState.READY)
    resource.is_table, resource.row_count, resource.column_count = (
        reading.is_table,
        reading.row_count,
        reading.column_count,
    )
    resource.profile, resource.sample, resource.findings = reading.profile, reading.sample, reading.findings
    resource.parquet_key, resource.ready_at = reading.parquet_key, clock.now()
    resource.save()
    outbox.record(
        "resource.ready",
        subject=resource.urn,
        actor=by.urn,
        parties=[resource.supplier_id],
        file_sha256=resource.file_sha256,
        rows=reading.row_count,
        columns=reading.column_count,
        findings=len(reading.findings),
    )
    return resource


@verb("resource.refused")
def refuse(resource_id: UUID, problem: dict[str, Any], *, by: Actor) -> DataResource:
    """The file could not be read; `problem` names row and column, reason and fix. Nothing half-read is kept."""
    resource = _locked(resource_id)
    _move(resource, ResourceState.REFUSED)
    resource.problem = problem
    resource.save(update_fields=["state", "problem"])
    outbox.record(
        "resource.refused",
        subject=resource.urn,
        actor=by.urn,
        parties=[resource.supplier_id],
        file_sha256=resource.file_sha256,
        reason=str(problem.get("code") or problem.get("reason", ""))[:500],
    )
    return resource


def _locked(resource_id: UUID) -> DataResource:
    resource = DataResource.objects.select_for_update(of=("self",), no_key=True).filter(id=resource_id).first()
    if resource is None:
        raise NotFound
    holds.check(ids.urn(resource.supplier_id))
    return resource
