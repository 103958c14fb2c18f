"""What only the owner of a socket can know and do: what has arrived, and an end that nobody can delay."""

import contextlib
import fcntl
import socket
import struct
import sys
import termios
from typing import Final

_SO_NWRITE: Final = 0x1024  # macOS: bytes in the send queue


def unacknowledged(connection: socket.socket) -> int:
    """Bytes that the other machine has not acknowledged; 0 where this system cannot say."""
    with contextlib.suppress(OSError, ValueError):  # closed in the meantime
        if sys.platform == "darwin":
            return connection.getsockopt(socket.SOL_SOCKET, _SO_NWRITE)
        return int(struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, b"\0\0\0\0"))[0])
    return 0


def is_broken(connection: socket.socket) -> bool:
    """Whether the connection has failed, e.g. was reset by the other side."""
    try:
        return connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
    except OSError:
        return True


def wake(connection: socket.socket) -> None:
    """End the connection for whoever waits in it, also for a thread in the middle of a call."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def discard(connection: socket.socket) -> None:
    """Make the coming close a reset: what still waits in this machine's buffers is not sent."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
