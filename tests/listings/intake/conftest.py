"""Builders for intake: small files made on the spot, and the folder of real ones named by `SHARED_DATA`."""

import os
from collections.abc import Callable
from dataclasses import replace
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


# The widest file takes a dozen seconds alone and a minute where others want the processors too.
PATIENT = replace(LIMITS, seconds_max=300)


@pytest.fixture(scope="session")
def outcomes(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Outcome]:
    """What became of a real file, by its name; each is taken in once for all tests."""
    done: dict[str, Outcome] = {}

    def of(name: str) -> Outcome:
        if name not in done:
            work = tmp_path_factory.mktemp("work")
            done[name] = runner.run(shared_data / name, filename=name, workdir=work, limits=PATIENT)
        return done[name]

    return of
