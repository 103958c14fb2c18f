"""The secrets of an embedded run: made once, random, readable by their owner only."""

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final


def _random_32() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


KEYS: Final[Mapping[str, Callable[[], str]]] = {
    "secret_key": lambda: secrets.token_urlsafe(48),
    "field_key": _random_32,
    "log_key": _random_32,  # an Ed25519 seed
}


def make_missing(folder: Path) -> list[str]:
    """Make each secret that is not there yet; answers the names of those made."""
    return [name for name, make in KEYS.items() if _make_once(folder / name, make)]


def _make_once(path: Path, make: Callable[[], str]) -> bool:
    if path.exists():
        return False
    # Written aside and renamed: a crash leaves no half key behind.
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(make())
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    return True
