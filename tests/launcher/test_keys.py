"""Secrets of an embedded run."""

import base64
from pathlib import Path

from market.launcher import keys


def test_each_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    assert keys.make_missing(tmp_path) == ["secret_key", "field_key", "log_key"]
    first = {path.name: path.read_text() for path in tmp_path.iterdir()}

    assert keys.make_missing(tmp_path) == []

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == first
    assert set(first) == {"secret_key", "field_key", "log_key"}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert [len(base64.b64decode(first[name])) for name in ("field_key", "log_key")] == [32, 32]
    assert len(set(first.values())) == 3
