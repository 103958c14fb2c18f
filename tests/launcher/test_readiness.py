"""A start says which part it still waits for."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from market.launcher import ports, readiness


@contextmanager
def answering(status: int, body: bytes) -> Iterator[int]:
    """A server that answers everything so; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def parts(**ok: bool) -> bytes:
    return json.dumps({"parts": {name: {"ok": value} for name, value in ok.items()}}).encode()


def test_all_is_there() -> None:
    with answering(200, parts(database=True)) as web, answering(404, b"") as delivery:
        assert readiness.ask(web, delivery) == (True, "")


def test_what_readyz_names_and_a_silent_delivery_server_are_missing() -> None:
    with answering(503, parts(database=True, worker=False, broker=False)) as web:
        assert readiness.ask(web, ports.free()) == (False, "worker, broker, delivery")


def test_an_answer_that_names_nothing_is_said_as_it_is() -> None:
    with answering(500, b"<html>") as web, answering(404, b"") as delivery:
        assert readiness.ask(web, delivery) == (False, "web (/readyz answers 500)")
        assert readiness.ask(ports.free(), delivery) == (False, "web")
