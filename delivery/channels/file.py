"""The file channel: a signed address, any range of the file, as long as the use is open and nothing is held."""

import base64
import json
import logging
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _t

from delivery import addresses, ranges, uses
from delivery.errors import FileMissing, GrantClosed, RangeUnsatisfiable, TooManyRanges, TooManyStreams, UseExpired
from delivery.models import Grant, Use
from delivery.states import GrantState, UseState
from delivery.streams import Stream, watcher
from market import holds, storage
from market.kernel import clock, problems
from market.kernel.errors import MarketError, NotFound, Unavailable

logger = logging.getLogger("delivery.ranges")
Headers = list[tuple[str, str]]
HEALTH: Final = "/healthz"
RETRY_S: Final = 10
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}", re.ASCII)
# What a browser may do with somebody's file: keep it nowhere, guess nothing, run nothing.
_ALWAYS: Final = [
    ("Cache-Control", "private, no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
    ("Referrer-Policy", "no-referrer"),
]


@dataclass(slots=True)
class Asked:
    """What the door heard. Header values as sent, None where absent."""

    method: str
    path: str
    query: str
    range: str | None = None
    if_range: str | None = None
    language: str = ""


@dataclass(slots=True)
class Answer:
    """What the door says: status and headers, then a short body or a stream of the object `storage_key`."""

    asked: Asked
    status: int
    headers: Headers
    body: bytes = b""
    stream: Stream | None = None
    storage_key: str = ""


def answer(asked: Asked) -> Answer:
    """Check one request with two statements and give the database back before the first byte leaves.

    A refusal is an answer too (problem details). An answer with a stream holds a line until `finish`.
    """
    language = "zh-hans" if asked.language.lower().startswith("zh") else "en"
    with translation.override(language):
        try:
            return _answer(asked)
        except MarketError as error:
            return _refusal(error, asked)
        except DatabaseTrouble:
            logger.exception("no answer from the database")
            return _refusal(Unavailable(), asked)
        finally:
            connection.close()


def _answer(asked: Asked) -> Answer:
    if asked.path == HEALTH:
        return Answer(asked, 200, [*_ALWAYS, ("Content-Length", "3")], b"" if asked.method == "HEAD" else b"ok\n")
    if asked.method not in {"GET", "HEAD"}:
        return Answer(asked, 405, [*_ALWAYS, ("Allow", "GET, HEAD"), ("Content-Length", "0")])
    use = _open_use(addresses.read(asked.path, asked.query))
    connection.close()  # given back before the store is asked
    grant = use.grant
    etag = f'"{grant.file_sha256}"'
    try:
        span = ranges.read(asked.range, grant.file_bytes, if_range=asked.if_range, etag=etag)
    except ranges.Unsatisfiable as error:
        raise RangeUnsatisfiable(size=grant.file_bytes) from error
    headers = [
        *_ALWAYS,
        ("Content-Type", grant.media_type if _MEDIA_TYPE.fullmatch(grant.media_type) else "application/octet-stream"),
        ("Content-Length", str(span.length)),
        ("Content-Disposition", disposition(grant.filename)),
        ("Accept-Ranges", "bytes"),
        ("ETag", etag),
        ("Repr-Digest", f"sha-256=:{_base64(grant.file_sha256)}:"),
    ]
    if span.is_partial:
        headers.append(("Content-Range", f"bytes {span.start}-{span.end - 1}/{grant.file_bytes}"))
    found = Answer(asked, 206 if span.is_partial else 200, headers, storage_key=grant.storage_key)
    if asked.method == "HEAD":
        return found
    _check_stored(grant)
    stream = Stream(use.id, grant.buyer_id, uses.subjects(grant), span.start, span.end)
    if not watcher.enter(
        stream,
        streams_max=settings.DELIVERY_STREAMS_MAX,
        per_buyer_max=settings.DELIVERY_STREAMS_PER_BUYER_MAX,
    ):
        raise TooManyStreams(_t("Try again in %(n)d seconds.") % {"n": RETRY_S})
    found.stream = stream
    return found


def _open_use(use_id: UUID) -> Use:
    use = Use.objects.select_related("grant").filter(id=use_id).first()
    if use is None:
        raise NotFound
    grant = use.grant
    if grant.state != GrantState.OPEN:
        raise GrantClosed(grant.close_reason)
    if use.state != UseState.OPEN or clock.now() >= use.expires_at:
        raise UseExpired(_t("Open the delivery again on its page or by the API."))
    if use.ranges >= settings.USE_RANGES_MAX:
        raise TooManyRanges(_t("At most %(n)d.") % {"n": settings.USE_RANGES_MAX})
    # Without the lock that a verb takes: a hold placed this instant is found by the watcher a second later.
    if stops := holds.active(uses.subjects(grant)):
        raise holds.refusal(stops[0])
    return use


def _check_stored(grant: Grant) -> None:
    """Make sure that the object is there and as long as it was when it was signed for."""
    try:
        size = storage.size(grant.storage_key)
    except NotFound as error:
        logger.critical("the file of grant %s is not in the store", grant.id)
        raise FileMissing from error
    if size != grant.file_bytes:
        logger.critical("the file of grant %s has %d bytes and should have %d", grant.id, size, grant.file_bytes)
        raise FileMissing


def _refusal(error: MarketError, asked: Asked) -> Answer:
    body = json.dumps(problems.of(error, instance=asked.path), ensure_ascii=False).encode()
    headers = [*_ALWAYS, ("Content-Type", problems.CONTENT_TYPE), ("Content-Length", str(len(body)))]
    if isinstance(error, RangeUnsatisfiable):
        headers.append(("Content-Range", f"bytes */{error.extra['size']}"))
    if isinstance(error, Unavailable):
        headers.append(("Retry-After", str(RETRY_S)))
    log(asked, int(error.status), 0, error.slug())
    return Answer(asked, int(error.status), headers, b"" if asked.method == "HEAD" else body)


def finish(found: Answer, stream: Stream, *, why: str) -> None:
    """Give the line back, write the meter, and log the range."""
    watcher.leave(stream)
    try:
        stream.meter(has_ended=True)
    except DatabaseTrouble:
        logger.exception("the end of a range was not metered; use %s, %d bytes", stream.use_id, stream.sent)
    finally:
        connection.close()
    log(found.asked, found.status, stream.sent, stream.stop or why)


def log(asked: Asked, status: int, sent: int, why: str) -> None:
    """One line for each range. The signature is a key and stays out of it."""
    logger.info("%s %s %s %s bytes=%d %s", asked.method, asked.path[:60], asked.range or "-", status, sent, why)


def disposition(filename: str) -> str:
    """The Content-Disposition of a name that a stranger chose (RFC 6266, RFC 5987): no path, no signs, not too long."""
    name = re.sub(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u2028-\u202e\u2066-\u2069]', "_", filename).strip(" .")
    if len(name.encode()) > 200:
        stem, dot, ending = name.rpartition(".")
        ending = dot + ending if dot and len(ending) <= 12 else ""
        stem = (stem if ending else name).encode()[: 200 - len(ending.encode())].decode(errors="ignore")
        name = stem + ending
    name = name or "file"
    plain = re.sub(r"[^A-Za-z0-9._ ()+-]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _base64(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()
