"""VAR_DIR/run.json: where the services of a run listen, so that commands in another shell find them."""

import json
import os
from pathlib import Path
from typing import TypedDict


class RunRecord(TypedDict, total=False):
    """What the file holds. Missing members mean that the service is not ours (its address was set)."""

    postgres_socket: str
    valkey_socket: str
    port: int
    delivery_port: int
    pids: dict[str, int]


def read(var: Path) -> RunRecord:
    """The last record; empty when there is none or when a crash damaged it."""
    try:
        found = json.loads((var / "run.json").read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return RunRecord(**found) if isinstance(found, dict) else {}  # type: ignore[typeddict-item]  # our own file


def write(var: Path, record: RunRecord) -> None:
    """Replace the record in one step; readable by its owner only."""
    partial = var / f".run.json.{os.getpid()}"
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(record, file, indent=1)
    partial.rename(var / "run.json")
