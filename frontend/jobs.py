"""How reading a file is shown: which step, how far, how long, what each stage found."""

from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from frontend import formats
from listings import resources
from listings.models import DataResource
from listings.states import ResourceState
from market.kernel import clock

STAGES: Final[dict[str, Promise]] = {
    "receive": _("upload"),
    "hash": _("fingerprint"),
    "decode": _("decode"),
    "profile": _("statistics"),
    "scan": _("scan for personal data"),
    "sample": _("sample"),
    "store": _("store"),
}


def of(resource: DataResource) -> dict[str, Any]:
    """The context of the progress card."""
    said = {str(stage["name"]): stage for stage in resource.stages}
    names = list(STAGES)
    reached = max((names.index(name) for name in said if name in STAGES), default=0)
    over = resource.state in {ResourceState.READY, ResourceState.REFUSED}
    if resource.state == ResourceState.PROCESSING and resources.is_silent(resource):
        return {
            "is_broken": True,
            "title": _t("Interrupted in step %(n)d: %(name)s") % {"n": reached + 1, "name": STAGES[names[reached]]},
            "note": _t("The file is kept. Reading it starts again by itself within a minute, at most three times."),
            "actions": [],
            "is_over": False,
            "poll_url": reverse("frontend:resource_progress", args=[resource.id]),
        }
    return {
        "name": _where(resource, str(STAGES[names[reached]])),
        "position": len(names) if resource.state == ResourceState.READY else reached + 1,
        "total": len(names),
        "elapsed": _elapsed(resource),
        "left": "",
        "note": "" if over else _t("This page may be closed; reading goes on and nothing is lost."),
        "is_over": over,
        "poll_url": reverse("frontend:resource_progress", args=[resource.id]),
        "stages": [_stage(name, said.get(name), names.index(name), reached, over, resource) for name in names],
    }


def _where(resource: DataResource, stage: str) -> str:
    if resource.state == ResourceState.READY:
        return _t("finished")
    return _t("%(stage)s, stopped") % {"stage": stage} if resource.state == ResourceState.REFUSED else stage


def _elapsed(resource: DataResource) -> str:
    end: datetime = resource.ready_at or clock.now()
    if resource.state == ResourceState.REFUSED:
        end = resource.heartbeat_at or end
    return formats.span(end - resource.created_at)


def _stage(
    name: str, said: dict[str, Any] | None, position: int, reached: int, over: bool, resource: DataResource
) -> dict[str, Any]:
    is_refused = resource.state == ResourceState.REFUSED
    state = "done" if position < reached or (over and not is_refused) or name == "receive" else "next"
    if not over and position == reached and name != "receive":
        state = "now"
    return {
        "state": state,
        "name": STAGES[name],
        "found": _found(name, said, resource),
        "done": said["rows_done"] or said["bytes_done"] if said else 0,
        "total": said["rows_total"] or said["bytes_total"] if said else 0,
    }


def _found(name: str, said: dict[str, Any] | None, resource: DataResource) -> str:
    """What a stage brought to light, in a few words."""
    if name == "receive":
        return formats.size(resource.file_bytes)
    if name == "hash" and said:
        return formats.short_hash(resource.file_sha256, 4)
    if name == "profile" and resource.is_table:
        return _t("%(rows)s rows × %(columns)s columns") % {
            "rows": f"{resource.row_count:,}",
            "columns": f"{resource.column_count:,}",
        }
    if name == "scan" and resource.state == ResourceState.READY and resource.is_table:
        columns = len({each["column"] for each in resource.findings})
        return _t("%(n)d columns with findings") % {"n": columns} if columns else _t("nothing found")
    if said and said["rows_done"]:
        return f"{said['rows_done']:,}" + (f" / {said['rows_total']:,}" if said["rows_total"] else "")
    return ""
