"""Fetching a log's public files: bounded in time and size, never following a redirect to another scheme."""

import urllib.error
import urllib.request
from typing import Any, Final

from provenance.verifier.errors import Unreadable

TIMEOUT_S: Final = 20
FILE_BYTES_MAX: Final = 256 * (65_535 + 2)  # the largest entry bundle


class Missing(Unreadable):
    """The server says that there is no such file."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A log's files lie where the log says; who is sent elsewhere reads another log."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Never."""


class Files:
    """One log's or witness's folder behind an address."""

    def __init__(self, url: str) -> None:
        if not url.startswith(("https://", "http://")):
            raise Unreadable(f"{url} is no http address")
        self.url = url.rstrip("/")
        # No proxy of the environment: what a proxy shows may be what only this monitor is shown.
        self._opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))

    def read(self, path: str) -> bytes:
        """One file. Raises Missing for 404, Unreadable for anything else that is not the file."""
        where = f"{self.url}/{path}"
        request = urllib.request.Request(where, headers={"User-Agent": "log-monitor/1"})  # noqa: S310  checked above
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                content: bytes = answer.read(FILE_BYTES_MAX + 1)
        except urllib.error.HTTPError as error:
            kind = Missing if error.code == 404 else Unreadable
            raise kind(f"{where} answers {error.code}") from error
        except (OSError, ValueError) as error:
            raise Unreadable(f"{where} cannot be read: {error}") from error
        if len(content) > FILE_BYTES_MAX:
            raise Unreadable(f"{where} is larger than any file of a log")
        return content
