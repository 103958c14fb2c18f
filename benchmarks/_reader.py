"""Fetches addresses at once, a thread each, and throws the bytes away: the same client for every arm.

stdin: one line of JSON, a list of addresses, then a line `go`. stdout: `ready`, then the bytes received.
"""

import json
import socket
import sys
import threading
from urllib.parse import urlsplit

BUFFER_BYTES = 1024 * 1024


def fetch(address: str, received: list[int]) -> None:
    """Read one body to the end."""
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        request = f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode("ascii"))
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(1)
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"refused: {head!r}")
        buffer, total = bytearray(BUFFER_BYTES), 0
        while count := connection.recv_into(buffer):
            total += count
    received.append(total)


def main() -> None:
    """Wait for `go`, so that no arm pays for the start of this process."""
    addresses: list[str] = json.loads(sys.stdin.readline())
    received: list[int] = []
    threads = [threading.Thread(target=fetch, args=[address, received]) for address in addresses]
    print("ready", flush=True)
    sys.stdin.readline()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(received) != len(addresses):
        raise SystemExit("a download failed")
    print(sum(received), flush=True)


if __name__ == "__main__":
    main()
