"""The delivery server's own WSGI application: no middleware, so that nothing stands before the bytes."""

import os
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "market.settings")
django.setup(set_prefix=False)

from delivery.channels import file  # noqa: E402  models need the set-up above
from delivery.channels.file import Answer, Asked  # noqa: E402
from market import storage  # noqa: E402

StartResponse = Callable[[str, list[tuple[str, str]]], object]


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """GET or HEAD of a signed address (PEP 3333)."""
    found = file.answer(
        Asked(
            method=environ["REQUEST_METHOD"],
            path=environ["PATH_INFO"],
            query=environ.get("QUERY_STRING", ""),
            range=environ.get("HTTP_RANGE"),
            if_range=environ.get("HTTP_IF_RANGE"),
            language=environ.get("HTTP_ACCEPT_LANGUAGE", ""),
        )
    )
    start_response(f"{found.status} {HTTPStatus(found.status).phrase}", found.headers)
    return [found.body] if found.stream is None else blocks(found)


def blocks(found: Answer) -> Iterator[bytes]:
    """The range in blocks of 1 MiB, metered whatever ends it; granian closes it when the client goes away."""
    stream = found.stream
    if stream is None:
        return
    why = "broken off"
    try:
        for block in storage.read_range(found.storage_key, stream.start, stream.end):
            if stream.stop:
                return
            stream.move(len(block))
            if stream.start + stream.sent == stream.end:
                # Written before the last block leaves: no whole copy is out without its record.
                stream.meter(stream.sent, has_ended=True)
            yield block
        why = "sent"
    finally:
        file.finish(found, why=why)
