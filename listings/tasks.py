"""Jobs of this room: a file is read once, in a locked child; all can be driven again from the database alone."""

import dataclasses
import logging
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _t

from listings import resources, reviews, search
from listings.intake import runner
from listings.intake.outcomes import Limits, Outcome, Stage
from listings.models import DataResource, ProductVersion
from listings.states import ResourceState, VersionState
from market import process, storage
from market.holds import Held
from market.kernel import clock, ids
from market.kernel.errors import IllegalStep
from market.participants.members import system

logger = logging.getLogger(__name__)
ATTEMPTS_MAX: Final = 3
BY = system("intake")


def limits() -> Limits:
    """The settings as the child wants them."""
    return Limits(
        bytes_max=settings.UPLOAD_BYTES_MAX,
        rows_max=settings.INTAKE_ROWS_MAX,
        columns_max=settings.INTAKE_COLUMNS_MAX,
        seconds_max=settings.INTAKE_SECONDS_MAX,
        memory_bytes_max=settings.INTAKE_MEMORY_MB_MAX * 1024**2,
        is_lock_required=settings.PRODUCTION,
    )


@shared_task(name="listings.tasks.take_in", acks_late=True)
def take_in(news: dict[str, Any]) -> None:
    """Read an uploaded file: decode, profile, scan, sample, store. Done already: nothing happens."""
    read(ids.from_urn(news["subject"]))


def read(resource_id: UUID) -> None:
    """Read one resource to its end, unless somebody is at it; the outcome is one of ready and refused."""
    with process.claim(resource_id) as is_ours:
        if is_ours:
            _read(resource_id)


def _read(resource_id: UUID) -> None:
    left = DataResource.objects.filter(id=resource_id, state=ResourceState.PROCESSING, attempts__gte=ATTEMPTS_MAX)
    if left.exists():
        problem = {"reason": _t("reading it was interrupted three times"), "fix": _t("upload it again")}
        resources.refuse(resource_id, problem, by=BY)
        return
    try:
        resource = resources.begin(resource_id, by=BY)
    except IllegalStep:
        return  # an earlier run finished it
    except Held:
        logger.info("held, not read: %s", resource_id)
        return  # the sweep comes back
    with tempfile.TemporaryDirectory(prefix="intake-", dir=_work_root()) as folder:
        source = _source(resource, Path(folder))
        outcome = runner.run(
            source,
            filename=resource.filename,
            workdir=Path(folder),
            limits=limits(),
            encoding=resource.encoding or None,
            delimiter=resource.delimiter or None,
            header=resource.has_header,
            sheet=resource.sheet or None,
            on_stage=_Progress(resource_id),
        )
        _keep(resource, outcome)


def _work_root() -> Path:
    root: Path = settings.UPLOAD_DIR
    root.mkdir(parents=True, exist_ok=True)
    return root


def _source(resource: DataResource, folder: Path) -> Path:
    """The file itself where the store is a folder, else a copy."""
    local = storage.local_path(resource.storage_key)
    if local is not None:
        return local
    copy = folder / "source"
    with copy.open("wb") as file:
        for block in storage.read_range(resource.storage_key, 0, resource.file_bytes):
            file.write(block)
    return copy


class _Progress:
    """Writes what the child says to the row, one line a stage, so that a page can show it."""

    def __init__(self, resource_id: UUID) -> None:
        self.resource_id = resource_id
        self.lines: list[dict[str, Any]] = []

    def __call__(self, stage: Stage) -> None:
        line = dataclasses.asdict(stage) | {"at": clock.text(clock.now())}
        if self.lines and self.lines[-1]["name"] == stage.name:
            self.lines[-1] = self.lines[-1] | line | {"began_at": self.lines[-1]["began_at"]}
        else:
            self.lines.append(line | {"began_at": line["at"]})
        resources.report(self.resource_id, self.lines)


def _keep(resource: DataResource, outcome: Outcome) -> None:
    if outcome.kind in {"bad", "refused"}:
        resources.refuse(resource.id, _problem(outcome), by=BY)
        return
    if outcome.sha256 and outcome.sha256 != resource.file_sha256:
        reason = _t("the stored file differs from the one that was received")
        resources.refuse(resource.id, {"reason": reason, "fix": _t("upload it again")}, by=BY)
        return
    parquet_key = ""
    if outcome.table_path is not None:
        parquet_key = f"tables/{resource.supplier_id}/{resource.id}-{resource.attempts}.parquet"
        storage.delete(parquet_key)  # of a run that died between storing and recording
        storage.put_file(parquet_key, outcome.table_path)
    profile = outcome.profile or {}
    reading = resources.Reading(
        is_table=outcome.kind == "table",
        row_count=profile.get("row_count"),
        column_count=profile.get("column_count"),
        profile=outcome.profile,
        sample=outcome.sample,
        findings=found_in(profile),
        parquet_key=parquet_key,
    )
    resources.complete(resource.id, reading, by=BY)


def found_in(profile: dict[str, Any]) -> list[dict[str, Any]]:
    """What the scan found, one row for each column and kind: counts only, never a value."""
    return [
        {"column": column["name"], "position": column["position"], **found}
        for column in profile.get("columns", [])
        for found in column["findings"]
    ]


def _problem(outcome: Outcome) -> dict[str, Any]:
    """Why a file could not be read, for its supplier: the first places, how many in all, what to do."""
    if outcome.refusal is not None:
        return dataclasses.asdict(outcome.refusal)
    first = outcome.problems[0]
    return dataclasses.asdict(first) | {
        "count": outcome.problem_count,
        "places": [dataclasses.asdict(each) for each in outcome.problems],
    }


@shared_task(name="listings.tasks.sweep_intake")
def sweep_intake() -> int:
    """Start again what a dead job left, give up after three times; end publicity that has run out."""
    silent = clock.now() - resources.SILENT_AFTER
    # Those that are being read are passed over: their readers hold the claim.
    unfinished = Q(state=ResourceState.RECEIVED, created_at__lt=silent) | Q(state=ResourceState.PROCESSING)
    rows = list(DataResource.objects.filter(unfinished).order_by("created_at").values_list("id", flat=True)[:20])
    for resource_id in rows:
        read(resource_id)
    for version_id in ProductVersion.objects.filter(
        state=VersionState.PUBLICITY, publicity_until__lte=clock.now()
    ).values_list("id", flat=True)[:100]:
        reviews.publish(version_id, by=system("publicity"))
    _forget_leftovers()
    return len(rows)


@shared_task(name="listings.tasks.fold_search")
def fold_search() -> int:
    """Fold what changed in the catalogue into its bitmaps, if it is much or has waited long."""
    return search.sweep()


def _forget_leftovers() -> None:
    """Remove uploads and work folders that nobody will finish: older than a day."""
    limit = clock.now().timestamp() - 86_400
    for path in _work_root().iterdir():
        if path.stat().st_mtime < limit:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
