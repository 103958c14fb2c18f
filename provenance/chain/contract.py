"""The anchor contract as it was compiled: anchor.vy is its source, a test compiles it again and compares."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

_ARTEFACT: Final = Path(__file__).with_name("anchor.json")


@cache
def _artefact() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_ARTEFACT.read_text("utf-8"))
    return found


def abi() -> list[dict[str, Any]]:
    """What can be called and which event it writes; public, so that anybody may read an anchor with it."""
    found: list[dict[str, Any]] = _artefact()["abi"]
    return found


def bytecode() -> bytes:
    """What a deployment sends."""
    return bytes.fromhex(_artefact()["bytecode"][2:])


def runtime() -> bytes:
    """What must then lie at the contract's address, always the same: no constant of a deployment is in it."""
    return bytes.fromhex(_artefact()["runtime"][2:])
