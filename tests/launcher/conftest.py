"""One platform for all modules that kill parts of it: a start is dear."""

from collections.abc import Iterator

import pytest

from tests.launcher.stage import Platform, given_platform


@pytest.fixture(scope="package")
def stage() -> Iterator[Platform]:
    with given_platform() as made:
        yield made
