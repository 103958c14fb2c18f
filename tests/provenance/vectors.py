"""Public test vectors made by others, read from the folder that SHARED_VECTORS names."""

import os
from pathlib import Path

import pytest


def folder(name: str) -> Path:
    """The vectors of one kind; skips the test, saying so, where they are not at hand."""
    place = os.environ.get("SHARED_VECTORS")
    if not place or not (Path(place) / name).is_dir():
        pytest.skip(f"SHARED_VECTORS names no folder with {name}/: the public vectors are not here")
    return Path(place) / name
