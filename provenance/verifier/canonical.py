"""Canonical JSON (RFC 8785): the verifier's only way from JSON to bytes and back."""

import json
import math
from collections.abc import Callable
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Final, NoReturn, TypeAlias

from .errors import Damaged

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

DEPTH_MAX: Final = 32
INTEGER_MAX: Final = 2**53 - 1  # beyond it JavaScript and Python read different numbers


def dumps(value: Json) -> bytes:
    """Write a value as RFC 8785 does. Raises Damaged for what has no canonical form or is too deep."""
    parts: list[str] = []
    _write(value, parts.append, depth=0)
    try:
        return "".join(parts).encode()
    except UnicodeEncodeError as error:
        raise Damaged("a text holds half of a surrogate pair") from error


def loads(data: bytes) -> Json:
    """Read JSON that is already canonical, byte for byte.

    Raises Damaged for anything else: other spacing, order, escapes or numbers, a member named twice, a
    fraction beyond a double, an integer beyond 2^53 - 1, more than 32 levels.
    """
    value = parse(data)
    again = dumps(value)
    if again != data:
        at = next((i for i, (a, b) in enumerate(zip(again, data, strict=False)) if a != b), len(again))
        raise Damaged(f"the JSON is not in canonical form (RFC 8785) from byte {at} on")
    return value


def parse(data: bytes) -> Json:
    """Read any JSON with the strictness of `loads`, but without asking for canonical bytes."""
    try:
        value: Json = json.loads(
            data.decode(),
            object_pairs_hook=_object_without_doubles,
            parse_int=_integer,
            parse_float=_double,
            parse_constant=_no_constant,
        )
    except UnicodeDecodeError as error:
        raise Damaged(f"byte {error.start} is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise Damaged(f"not JSON: {error.msg} at character {error.pos}") from error
    except RecursionError as error:
        raise Damaged("the JSON is nested too deeply") from error
    return value


def _object_without_doubles(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Damaged("the JSON names a member twice")
    return members


def _integer(digits: str) -> int:
    # The length is looked at first: reading a million digits takes minutes.
    if len(digits) > 17 or abs(value := int(digits)) > INTEGER_MAX:
        raise Damaged("the JSON holds an integer beyond 2^53 - 1")
    return value


def _double(digits: str) -> float:
    value = float(digits) if len(digits) <= 64 else math.inf
    if math.isinf(value):
        raise Damaged("the JSON holds a number beyond a double")
    return value


def _no_constant(name: str) -> NoReturn:
    raise Damaged(f"the JSON holds {name}")


def _write(value: Json, put: Callable[[str], None], depth: int) -> None:
    if depth > DEPTH_MAX:
        raise Damaged(f"the JSON is nested deeper than {DEPTH_MAX} levels")
    match value:
        case str():
            put(encode_basestring(value))
        case True:
            put("true")
        case False:
            put("false")
        case None:
            put("null")
        case int():
            if abs(value) > INTEGER_MAX:
                raise Damaged("an integer is beyond 2^53 - 1")
            put(str(value))
        case float():
            put(_number(value))
        case list():
            for n, item in enumerate(value):
                put("," if n else "[")
                _write(item, put, depth + 1)
            put("]" if value else "[]")
        case dict():
            for n, key in enumerate(sorted(value, key=_utf16)):
                put(("," if n else "{") + encode_basestring(key) + ":")
                _write(value[key], put, depth + 1)
            put("}" if value else "{}")


def _utf16(key: str) -> bytes:
    # RFC 8785 sorts by UTF-16 code units, which differs from code points beyond U+FFFF.
    return key.encode("utf-16-be", "surrogatepass")


def _number(value: float) -> str:
    """Write a double as ECMAScript's Number::toString does (ECMA-262, section 6.1.6.1.20)."""
    if not math.isfinite(value):
        raise Damaged("a number is not finite")
    if value == 0:
        return "0"
    _, digit_tuple, exponent = Decimal(repr(abs(value))).normalize().as_tuple()
    digits = "".join(map(str, digit_tuple))
    point = len(digits) + int(exponent)  # where the decimal point stands, counted from the first digit
    if len(digits) <= point <= 21:
        text = digits + "0" * (point - len(digits))
    elif 0 < point <= 21:
        text = f"{digits[:point]}.{digits[point:]}"
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        text = f"{digits[0]}{fraction}e{point - 1:+d}"
    return f"-{text}" if value < 0 else text
