"""Locks hold versions and hashes, and nothing of the machine that made them."""

import pytest

from market.launcher import locks
from market.launcher.folders import REPOSITORY

HASH = "    --hash=sha256:" + "0" * 64


@pytest.mark.parametrize("name", locks.LOCKS)
def test_a_committed_lock_holds_nothing_else(name: str) -> None:
    text = (REPOSITORY / name).read_text("utf-8")

    assert "--hash=sha256:" in text
    assert locks.refused_lines(text) == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://packages.example/simple",
        "thing @ https://packages.example/thing.whl \\",
        "thing @ file:///home/somebody/thing \\",
        "-e ./thing",
        "/home/somebody/thing.whl \\",
        "thing>=1 \\",
        "    # via other",
    ],
)
def test_an_address_a_path_or_an_unpinned_name_is_refused(line: str) -> None:
    assert locks.refused_lines(f"thing==1.0 \\\n{HASH}\n{line}\n") == [line]


def test_a_version_with_a_marker_is_allowed() -> None:
    assert locks.refused_lines(f"thing==1.0 ; sys_platform == 'win32' \\\n{HASH} \\\n{HASH}\n") == []
