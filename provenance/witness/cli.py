"""The command: reads which logs to watch, makes a key at its first start, serves until it is told to end.

Exit codes: 0 ended; 2 wrong usage, an unreadable list of logs or key, or an address that cannot be listened on.
"""

import argparse
import base64
import os
import secrets
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from provenance.notes import CosigningKey
from provenance.verifier.errors import Refusal
from provenance.verifier.policy import Policy

from .memory import Memory
from .server import Server
from .witness import Witness


def main(argv: Sequence[str] | None = None) -> int:
    """Serve as a witness and answer the exit code."""
    parser = argparse.ArgumentParser(
        prog="witness", description="Cosign other logs' checkpoints as long as they only grow (c2sp.org/tlog-witness)."
    )
    parser.add_argument("--logs", type=Path, required=True, help="a tlog-policy that names the logs to watch")
    parser.add_argument("--state", type=Path, required=True, help="the folder of its memory and its key")
    parser.add_argument("--name", required=True, help="the name of this witness's key, such as witness.example.cn")
    parser.add_argument("--key", type=Path, help="its secret, 32 bytes in base64; made where it is missing")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    try:
        options = parser.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    try:
        logs = Policy.parse(options.logs.read_text("utf-8"))
        if not logs.logs:
            return _refuse(f"{options.logs} names no log")
        memory = Memory(options.state)
        key = CosigningKey.from_seed(options.name, _seed(options.key or options.state / "key"))
        server = Server((options.host, options.port), Witness(key, logs, memory))
    except (Refusal, OSError, ValueError) as error:
        return _refuse(str(error))
    print(f"{key.verifier_key}", flush=True)
    for log in logs.logs:
        print(f"watching {log.key.name} at http://{options.host}:{server.server_port}/", file=sys.stderr, flush=True)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
    server.server_close()
    return 0


def _seed(file: Path) -> bytes:
    """The secret of a file; a new one in it where there is none."""
    if not file.exists():
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as opened:
            opened.write(base64.b64encode(secrets.token_bytes(32)).decode())
            opened.flush()
            os.fsync(opened.fileno())
    seed = base64.b64decode(file.read_text("ascii").strip(), validate=True)
    if len(seed) != 32:
        raise ValueError(f"{file} holds {len(seed)} bytes and not 32")
    return seed


def _refuse(sentence: str) -> int:
    print(f"REFUSED: {sentence}", file=sys.stderr)
    return 2
