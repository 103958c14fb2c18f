"""Compiles the committed .po files into the .mo files that Django reads: a bare machine has no msgfmt."""

from collections.abc import Iterator
from pathlib import Path

import polib  # type: ignore[import-untyped]  # the package carries no types

from market.launcher.folders import REPOSITORY


def compile_all(root: Path = REPOSITORY) -> list[Path]:
    """Compile each catalogue that is newer than its compiled form; answers those compiled."""
    return [source for source in sorted(_sources(root)) if _compile(source)]


def _sources(root: Path) -> Iterator[Path]:
    return root.glob("*/locale/*/LC_MESSAGES/*.po")


def _compile(source: Path) -> bool:
    target = source.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
        return False
    partial = target.with_suffix(".mo.partial")
    polib.pofile(str(source)).save_as_mofile(str(partial))
    partial.replace(target)
    return True


if __name__ == "__main__":
    compile_all()
