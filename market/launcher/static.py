"""Tells whether the pages' static files changed since they were last collected: collecting takes seconds."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from market.launcher.folders import REPOSITORY


def fingerprint() -> str:
    """Changes with each of our static files and with each version of an installed package."""
    digest = hashlib.sha256((REPOSITORY / "requirements.txt").read_bytes())
    for path in sorted(_files()):
        found = path.stat()
        digest.update(f"{path.relative_to(REPOSITORY)} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def is_collected(var: Path, now: str) -> bool:
    """Whether VAR_DIR holds what this fingerprint stands for."""
    mark = _mark(var)
    return mark.is_file() and (var / "static").is_dir() and mark.read_text("ascii") == now


def remember(var: Path, now: str) -> None:
    """Note that these files have been collected."""
    _mark(var).write_text(now, "ascii")


def _files() -> Iterator[Path]:
    return (path for path in REPOSITORY.glob("*/static/**/*") if path.is_file())


def _mark(var: Path) -> Path:
    return var / "static.collected"
