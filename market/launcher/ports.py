"""Tests ports before anything binds them: granian takes a port that another server already serves without a word."""

import errno
import socket
from collections.abc import Iterator
from contextlib import suppress

from market.launcher.errors import LaunchError


def refuse_if_taken(port: int, variable: str = "PORT") -> None:
    """Raises LaunchError when anything serves the port, on IPv4 or IPv6, or when we may not bind it."""
    if not 1 <= port <= 65535:
        raise LaunchError(f"{variable} must be between 1 and 65535, not {port}.")
    problem = _problem(port)
    if problem == errno.EACCES:
        raise LaunchError(f"Port {port} may be bound by root only: set {variable} to a number above 1023.")
    if problem:
        raise LaunchError(
            f"Port {port} is in use by another program: stop it, or set {variable} to a free one, "
            f"for example {variable}={free(port + 1)}."
        )


def is_free(port: int) -> bool:
    """Whether nothing serves the port now."""
    return not _problem(port)


def free(start: int = 0) -> int:
    """A port that nothing serves now: the first from `start` on, or any that the system picks."""
    if start:
        for port in range(start, min(start + 100, 65536)):
            if is_free(port):
                return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        picked: int = probe.getsockname()[1]
        return picked


def _problem(port: int) -> int:
    """0 when the port is free, else the system's error number."""
    for family, everywhere, loopback in _families():
        with socket.socket(family) as probe:
            # Without this the port of a server that just ended counts as taken for a minute.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                probe.bind((everywhere, port))
            except OSError as error:
                if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                    return error.errno
        # On macOS a bind to all addresses succeeds beside a server on the loopback.
        with socket.socket(family) as probe, suppress(OSError):
            probe.settimeout(1)
            probe.connect((loopback, port))
            return errno.EADDRINUSE
    return 0


def _families() -> Iterator[tuple[socket.AddressFamily, str, str]]:
    yield socket.AF_INET, "0.0.0.0", "127.0.0.1"  # noqa: S104  a probe that is closed at once
    if socket.has_ipv6:
        yield socket.AF_INET6, "::", "::1"
