"""One platform for all modules that kill parts of it: a start is dear."""

from collections.abc import Iterator

import pytest

from tests.launcher.platforms import Platform, staged


@pytest.fixture(scope="package")
def stage() -> Iterator[Platform]:
    with staged("--no-demo") as made:
        yield made
