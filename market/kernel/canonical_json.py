"""Canonical JSON (RFC 8785), narrowed: no floats at all, whole numbers within ±(2^53 − 1)."""

import json
from typing import Any

import rfc8785

_INTEGER_MAX = 2**53 - 1


def _check(value: Any) -> bool:
    """Refuse what must not be hashed; tell whether plain sorting orders the keys as RFC 8785 does."""
    if value is None or isinstance(value, str | bool):
        return True
    if isinstance(value, int):
        if abs(value) > _INTEGER_MAX:
            raise ValueError(f"{value} is beyond 2^53 - 1: write it as text")
        return True
    if isinstance(value, dict):
        plain = True
        for key, member in value.items():
            if not isinstance(key, str):
                raise TypeError(f"a key must be text, not {type(key).__name__}")
            plain = _check(member) and key.isascii() and plain
        return plain
    if isinstance(value, list | tuple):
        return all([_check(member) for member in value])  # noqa: C419  every member must be checked
    raise TypeError(f"{type(value).__name__} has no canonical form here (floats never)")


def dumps(value: Any) -> bytes:
    """The one byte form of a value.

    Raises TypeError for floats and foreign types, ValueError for numbers out of range or lone surrogates.
    Source: RFC 8785; with ASCII keys and no floats, sorted json.dumps gives the same bytes.
    """
    if _check(value):
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return text.encode("utf-8")
    return rfc8785.dumps(value)


def loads(data: bytes | str) -> Any:
    """Parse JSON and refuse duplicate keys, floats and constants such as NaN. Raises ValueError."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            raise ValueError("duplicate key")
        return members

    def refuse(text: str) -> Any:
        raise ValueError(f"{text[:40]} is not allowed here")

    return json.loads(data, object_pairs_hook=unique, parse_float=refuse, parse_constant=refuse)
