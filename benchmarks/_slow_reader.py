"""Many readers on thin lines, in one thread: each takes a kilobyte a second, and asks again when it has all.

stdin: one line of JSON, a list of addresses, one a reader. stdout: `reading` once every reader has its first bytes,
and for `stop` on stdin how many bytes came and how many answers were not 200.
"""

import json
import select
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

BITE_BYTES: Final = 1024
PAUSE_S: Final = 1.0
# What waits unread in the reader's own kernel is nothing that the server still has to send.
BUFFER_BYTES: Final = 4096
PATIENCE_S: Final = 60.0


@dataclass(slots=True)
class Reader:
    """One line, and what came over it."""

    address: str
    line: socket.socket = field(init=False)
    received: int = 0
    answers: list[str] = field(default_factory=list)

    def ask(self) -> None:
        """Open the line and send the request."""
        parts = urlsplit(self.address)
        assert parts.hostname
        self.line = socket.socket()
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        self.line.connect((parts.hostname, parts.port or 80))
        self.line.setblocking(False)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        self.line.sendall(f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode("ascii"))
        self.answers.append("")

    def bite(self) -> None:
        """Take a little of what has come; ask again at the end."""
        try:
            taken = self.line.recv(BITE_BYTES)
        except BlockingIOError:
            return
        except ConnectionResetError:
            taken = b""
        if not self.answers[-1] and taken:
            self.answers[-1] = taken[9:12].decode("ascii")
        self.received += len(taken)
        if not taken:
            self.line.close()
            self.ask()


def main() -> None:
    """Read slowly until told to stop."""
    readers = [Reader(address) for address in json.loads(sys.stdin.readline())]
    for reader in readers:
        reader.ask()
    until, has_said = time.monotonic() + PATIENCE_S, False
    while not select.select([sys.stdin], [], [], PAUSE_S if has_said else 0.05)[0]:
        for reader in readers:
            reader.bite()
        if not has_said and all(reader.received for reader in readers):
            has_said = True
            print("reading", flush=True)
        if not has_said and time.monotonic() > until:
            raise SystemExit("not every reader got an answer")
    answers = [answer for reader in readers for answer in reader.answers if answer]
    refused = sum(answer != "200" for answer in answers)
    print(json.dumps({"bytes": sum(reader.received for reader in readers), "refused": refused}), flush=True)


if __name__ == "__main__":
    main()
