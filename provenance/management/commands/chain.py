"""manage.py chain: the embedded chain, a demonstration in this process's memory, asked by JSON-RPC over HTTP."""

import json
import os
import secrets
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from provenance.chain import accounts
from provenance.chain.evm import Embedded

BODY_BYTES_MAX: Final = 1_000_000


class Command(BaseCommand):
    help = "Run the embedded chain. It forgets everything when it ends; CHAIN_RPC_URL names a real one instead."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=0, help="on this machine only; 0 takes a free one")
        parser.add_argument("--nice", type=int, default=0, help="how far to stand behind others")

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer until SIGTERM."""
        if not accounts.is_embedded():
            raise CommandError("CHAIN_RPC_URL is set: the chain is there and not here.")
        os.nice(options["nice"])
        server = serve(options["port"])
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: threading.Thread(target=server.shutdown).start())
        _write_url(accounts.url_file(), server.url)
        server.serve_forever()
        server.server_close()


class Server(ThreadingHTTPServer):
    """The chain at an address that cannot be guessed: another account of this machine, or a page in a browser, may
    reach the port and has no business there.
    """

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.path = f"/{secrets.token_urlsafe(16)}"
        self.chain, self.turn = Embedded(), threading.Lock()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_port}{self.path}"


def serve(port: int = 0) -> Server:
    """A server that is bound and not running yet."""
    return Server(port)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = 10

    def do_POST(self) -> None:
        """One question, one answer."""
        length = self.headers.get("Content-Length", "")
        if self.path != self.server.path or not length.isdigit() or int(length) > BODY_BYTES_MAX:
            self.send_error(404)
            return
        try:
            asked = json.loads(self.rfile.read(int(length)))
            method, params = str(asked["method"]), list(asked.get("params") or [])
        except (ValueError, KeyError, TypeError):
            self.send_error(400)
            return
        with self.server.turn:
            answer = self.server.chain.answer(method, params)
        body = json.dumps({"jsonrpc": "2.0", "id": asked.get("id"), **answer}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: each anchor asks a dozen times."""


def _write_url(file: Path, url: str) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = file.with_name(f".url.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(url)
    partial.rename(file)
