"""The witness over HTTP: `POST /add-checkpoint`, and `GET /<hash of origin>/checkpoint` for monitors."""

import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from .witness import TEXT, Answer, Witness

BODY_BYTES_MAX: Final = 1_100_000  # a note has at most a million, a proof 63 lines
THREADS_MAX: Final = 32
SILENCE_S: Final = 10
_CHECKPOINT = re.compile(r"/([0-9a-f]{64})/checkpoint")


class Server(ThreadingHTTPServer):
    """At most so many callers at once; one more is turned away, so that slow ones cannot use the machine up."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        self.witness = witness
        self.places = threading.BoundedSemaphore(THREADS_MAX)
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread for the caller if one is free."""
        if not self.places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve, then free the place."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller who breaks off is no event; anything else is one line."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):
            print(f"{client_address[0]}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)


class Handler(BaseHTTPRequestHandler):
    """One caller."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = SILENCE_S

    def do_POST(self) -> None:
        """add-checkpoint."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            return self._say(Answer(411, "say how long the request is\n"))
        if len(length) > 9 or int(length) > BODY_BYTES_MAX:
            self.close_connection = True
            return self._say(Answer(413, f"at most {BODY_BYTES_MAX} bytes\n"))
        body = self.rfile.read(int(length))
        if self.path != "/add-checkpoint":
            return self._say(Answer(404, "not found\n"))
        return self._say(self.server.witness.add_checkpoint(body))

    def do_GET(self) -> None:
        """The newest cosigned checkpoint of a log."""
        found = _CHECKPOINT.fullmatch(self.path)
        note = self.server.witness.memory.by_hash(found[1]) if found else None
        self._say(Answer(404, "not found\n") if note is None else Answer(200, note))

    def _say(self, answer: Answer) -> None:
        body = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type or TEXT)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """One line for each answer."""
        print(f"{self.address_string()} {format % args}", file=sys.stderr, flush=True)
