"""Builders for intake: small files made on the spot, and the folder of real ones named by `SHARED_DATA`."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from listings.intake import runner
from listings.intake.outcomes import Limits, Outcome

LIMITS = Limits(seconds_max=60)
Take = Callable[..., Outcome]


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """Run intake over bytes (written under `filename`) or over a path."""

    def take(content: bytes | Path, filename: str = "table.csv", limits: Limits = LIMITS, **options: Any) -> Outcome:
        if isinstance(content, bytes):
            source = tmp_path / "upload"
            source.write_bytes(content)
        else:
            source, filename = content, content.name
        # Type: ignore[arg-type].
        return runner.run(source, filename=filename, workdir=tmp_path / "work", limits=limits, **options)

    return take


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real test files; the test skips and says so where it is not given."""
    folder = os.environ.get("SHARED_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("SHARED_DATA does not name the folder of real test files")
    return Path(folder)
