"""Reading untrusted JSON member by member; every departure is Damaged with the name of the place."""

import base64
import binascii
import re
from collections.abc import Collection
from typing import Final

from .canonical import Json
from .errors import Damaged

_ANY: Final = re.compile(r".*", re.DOTALL)
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*")


def members(value: Json, where: str, required: Collection[str] | None = None) -> dict[str, Json]:
    """An object with exactly the required members; any members if none are named."""
    if not isinstance(value, dict):
        raise Damaged(f"{where} is not an object")
    if required is not None and value.keys() != set(required):
        missing = sorted(set(required) - value.keys())
        if missing:
            raise Damaged(f"{where} lacks the member {missing[0]!r}")
        raise Damaged(f"{where} has an unknown member {min(value.keys() - set(required))!r}")
    return value


def items(value: Json, where: str, count_max: int) -> list[Json]:
    """A list of at most `count_max` items."""
    if not isinstance(value, list):
        raise Damaged(f"{where} is not a list")
    if len(value) > count_max:
        raise Damaged(f"{where} has more than {count_max} items")
    return value


def text(value: Json, where: str, pattern: re.Pattern[str] = _ANY) -> str:
    """A text that the pattern matches whole."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Damaged(f"{where} is not what the format allows there")
    return value


def one_of(value: Json, where: str, allowed: Collection[str]) -> str:
    """One of a few words."""
    if not isinstance(value, str) or value not in allowed:
        raise Damaged(f"{where} is none of {', '.join(sorted(allowed))}")
    return value


def integer(value: Json, where: str) -> int:
    """A whole number from 0 on."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Damaged(f"{where} is not a whole number")
    return value


def hex_bytes(value: Json, where: str, length: int = 32) -> bytes:
    """Bytes of a known length in lower-case hex."""
    if not isinstance(value, str) or len(value) != 2 * length or not _HEX.fullmatch(value):
        raise Damaged(f"{where} is not {length} bytes in lower-case hex")
    return bytes.fromhex(value)


def base64_bytes(value: Json, where: str) -> bytes:
    """Bytes in base64, written the one way an encoder writes them."""
    try:
        blob = base64.b64decode(value, validate=True) if isinstance(value, str) else None
    except (binascii.Error, ValueError):
        blob = None
    if blob is None or base64.b64encode(blob).decode() != value:
        raise Damaged(f"{where} is not base64")
    return blob
