"""The published files of the log, as C2SP tlog-tiles wants them. Any web server over the same folder may do this."""

from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from market.access import PUBLIC, allow
from provenance import checkpoints, policies, tiles
from provenance.verifier.errors import Damaged

FOR_EVER: Final = "public, max-age=31536000, immutable"
SHORT: Final = "no-cache"


@require_safe
@allow(PUBLIC)
def checkpoint(request: HttpRequest) -> HttpResponseBase:
    """The newest signed note."""
    return _file(settings.LOG_DIR / checkpoints.FILE, "text/plain; charset=utf-8", SHORT)


@require_safe
@allow(PUBLIC)
def policy(request: HttpRequest) -> HttpResponseBase:
    """The log's keys and its witnesses, for readers to pin."""
    return _file(settings.LOG_DIR / policies.FILE, "text/plain; charset=utf-8", SHORT)


@require_safe
@allow(PUBLIC)
def tile(request: HttpRequest, path: str) -> HttpResponseBase:
    """A hash tile or an entry bundle; it never changes."""
    try:
        tiles.parse_path(f"tile/{path}")
    except Damaged:
        return _missing()
    return _file(settings.LOG_DIR / "tile" / path, "application/octet-stream", FOR_EVER)


def _file(file: Path, content_type: str, caching: str) -> HttpResponseBase:
    try:
        content = file.open("rb")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return _missing()
    response = FileResponse(content, content_type=content_type)
    response["Cache-Control"] = caching
    response["Access-Control-Allow-Origin"] = "*"  # a monitor in a browser anywhere may read the log
    return response


def _missing() -> HttpResponse:
    return HttpResponse("not found\n", status=404, content_type="text/plain; charset=utf-8")
