"""Remembers what an earlier start has done, so that a start with nothing new takes seconds.

Every process that loads the product costs two seconds of a processor; a second start must not load it for nothing.
"""

import hashlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from market.launcher.folders import REPOSITORY

ROOMS: Final = (
    "market",
    "provenance",
    "listings",
    "delivery",
    "settlement",
    "contracts",
    "supervision",
    "frontend",
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A file that says for which state something was done. It lies beside what it speaks of, and goes with it."""

    path: Path

    def holds(self, state: str) -> bool:
        """Whether the thing was done for exactly this state."""
        return self.path.is_file() and self.path.read_text("utf-8").partition("\n")[0] == state

    def note(self) -> str:
        """What was kept with the mark."""
        return self.path.read_text("utf-8").partition("\n")[2]

    def write(self, state: str, note: str = "") -> None:
        """Say that it has been done."""
        partial = self.path.with_name(f".{self.path.name}")
        partial.write_text(f"{state}\n{note}", "utf-8")
        partial.replace(self.path)


def code() -> str:
    """Changes with each of our Python files, each installed version and the interpreter."""
    return _digest(path for room in ROOMS for path in (REPOSITORY / room).rglob("*.py"))


def static_files() -> str:
    """Changes with each of our static files and each installed version."""
    files = (path for room in ROOMS for path in (REPOSITORY / room / "static").rglob("*"))
    return _digest(path for path in files if path.is_file())


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    digest.update((REPOSITORY / "requirements.txt").read_bytes())
    for line in sorted(_described(files)):
        digest.update(line.encode())
    return digest.hexdigest()


def _described(files: Iterable[Path]) -> Iterator[str]:
    for path in files:
        found = path.stat()
        yield f"{path.relative_to(REPOSITORY)} {found.st_size} {found.st_mtime_ns}\n"
