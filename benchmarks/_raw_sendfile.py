"""The floor under every file server here: a thread for each connection and os.sendfile, no checks at all.

python -m benchmarks._raw_sendfile PATH: prints its port and serves until it is ended.
"""

import os
import socket
import sys
import threading
from pathlib import Path

COUNT_MAX = 0x7FFFF000  # what one call moves at most on Linux


def serve(connection: socket.socket, path: str) -> None:
    """One request, one whole file."""
    with connection, Path(path).open("rb", buffering=0) as source:
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(4096)
        size = os.fstat(source.fileno()).st_size
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n".encode())
        offset = 0
        while offset < size:
            offset += os.sendfile(connection.fileno(), source.fileno(), offset, min(size - offset, COUNT_MAX))


def main() -> None:
    """Listen on any free port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=[connection, sys.argv[1]], daemon=True).start()


if __name__ == "__main__":
    main()
