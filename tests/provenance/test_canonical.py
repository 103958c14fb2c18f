"""The verifier's canonical JSON against RFC 8785 and against the library that the platform writes with."""

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from provenance.verifier.canonical import dumps, loads, parse
from provenance.verifier.errors import Damaged

from . import vectors

plain_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
# A double from 2^53 to 10^21 is written without a point and would come back as an integer that is refused.
doubles = st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not 2**53 <= abs(x) < 1e21)
numbers = st.integers(-(2**53) + 1, 2**53 - 1) | doubles
json_values = st.recursive(
    st.none() | st.booleans() | numbers | plain_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(plain_text, inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_values_are_written_as_another_library_writes_them(value: Any) -> None:
    assert dumps(value) == rfc8785.dumps(value)


@given(json_values)
def test_what_is_written_is_read_back_and_is_canonical(value: Any) -> None:
    written = dumps(value)
    assert dumps(loads(written)) == written


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_the_public_cases_are_written_as_published(name: str) -> None:
    folder = vectors.folder("jcs")

    written = dumps(parse((folder / "input" / f"{name}.json").read_bytes()))

    assert written == (folder / "output" / f"{name}.json").read_bytes().rstrip(b"\n")


@pytest.mark.parametrize(
    ("number", "text"),  # RFC 8785, appendix B
    [
        (5e-324, "5e-324"),
        (-0.0, "0"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (295147905179352830000.0, "295147905179352830000"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (1e23, "1e+23"),
        (999999999999999700000.0, "999999999999999700000"),
        (1e21, "1e+21"),
        (9.999999999999997e-7, "9.999999999999997e-7"),
        (0.000001, "0.000001"),
        (333333333.3333332, "333333333.3333332"),
        (-0.0000033333333333333333, "-0.0000033333333333333333"),
        (1424953923781206.2, "1424953923781206.2"),
    ],
)
def test_numbers_are_written_as_the_standard_says(number: float, text: str) -> None:
    assert dumps(number).decode() == text


@pytest.mark.parametrize(
    ("case", "data"),
    [
        ("space", b'{"a": 1}'),
        ("order", b'{"b":1,"a":1}'),
        ("a member twice", b'{"a":1,"a":1}'),
        ("escape", b'"\\u0041"'),
        ("number", b"1.0"),
        ("minus zero", b"-0"),
        ("beyond 2^53", b"9007199254740993"),
        ("a million digits", b"1" * 1_000_000),
        ("infinite", b"1e999"),
        ("NaN", b"NaN"),
        ("byte order mark", b"\xef\xbb\xbf1"),
        ("not UTF-8", b'"\xff"'),
        ("lone surrogate", b'"\\ud800"'),
        ("newline at the end", b"1\n"),
        ("two values", b"1 1"),
        ("deep", b"[" * 40 + b"]" * 40),
        ("very deep", b"[" * 500_000),
        ("very deep objects", b'{"a":' * 200_000),
        ("empty", b""),
    ],
)
def test_anything_but_canonical_bytes_is_refused(case: str, data: bytes) -> None:
    with pytest.raises(Damaged):
        loads(data)
