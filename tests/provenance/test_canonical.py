"""The verifier's canonical JSON against RFC 8785 and against the library that the platform writes with."""

import math
import re
import struct
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
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


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_the_public_cases_have_the_published_bytes(name: str) -> None:
    folder = vectors.folder("jcs")

    written = dumps(parse((folder / "input" / f"{name}.json").read_bytes()))

    assert written == bytes.fromhex((folder / "outhex" / f"{name}.txt").read_text())


@pytest.mark.parametrize(
    ("bits", "text"),  # RFC 8785, appendix B, each double by its bits
    [
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("41b3de4355555556", "333333333.3333334"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_are_written_as_the_standard_says(bits: str, text: str) -> None:
    assert dumps(struct.unpack(">d", bytes.fromhex(bits))[0]).decode() == text


@pytest.mark.parametrize("bits", ["7fffffffffffffff", "7ff0000000000000", "fff0000000000000"])
def test_what_the_standard_gives_no_form_is_refused(bits: str) -> None:
    with pytest.raises(Damaged, match="not finite"):
        dumps(struct.unpack(">d", bytes.fromhex(bits))[0])


@pytest.mark.parametrize(
    ("source", "written"),
    [
        # RFC 8785, section 3.2.2.2
        (r'"\u20ac$\u000F\u000aA\u0027\u0042\u0022\u005c\\\"\/"', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'),
        # section 3.2.3: sorted by UTF-16 code units, so the surrogate pair of 😀 comes before U+FB33
        (
            r'{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",'
            r'"\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}',
            '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis",'
            '"€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
        ),
    ],
)
def test_texts_are_written_as_the_standard_says(source: str, written: str) -> None:
    assert dumps(parse(source.encode())).decode() == written


def published_doubles() -> Iterator[float]:
    """The endless sequence of the public number test: edge cases, 2,000 subnormal neighbours, then hashed blocks.

    Source: the generator in the README of cyberphone/json-canonicalization's testdata.
    """
    listing = (vectors.folder("jcs") / "README.md").read_text()
    edges = re.findall(r"0x([0-9a-f]{16})n", listing.partition("new Float64Array(staticU64s.buffer)")[0])
    yield from (struct.unpack(">d", bytes.fromhex(bits))[0] for bits in edges)
    yield from (struct.unpack(">d", struct.pack(">Q", 0x0010000000000000 + each))[0] for each in range(2000))
    block = bytes(32)
    while True:
        block = sha256(block).digest()
        yield from (each for each in struct.unpack("<4d", block) if each and math.isfinite(each))


@pytest.mark.parametrize(
    ("lines", "digest"),
    [
        (1_000, "be18b62b6f69cdab33a7e0dae0d9cfa869fda80ddc712221570f9f40a5878687"),
        (10_000, "b9f7a8e75ef22a835685a52ccba7f7d6bdc99e34b010992cbc5864cd12be6892"),
        pytest.param(
            100_000, "22776e6d4b49fa294a0d0f349268e5c28808fe7e0cb2bcbe28f63894e494d4c7", marks=pytest.mark.slow
        ),
    ],
)
def test_the_public_sequence_of_doubles_has_the_published_digest(lines: int, digest: str) -> None:
    written = sha256()

    for value in islice(published_doubles(), lines):
        bits = struct.unpack(">Q", struct.pack(">d", value))[0]
        written.update(f"{bits:x},{dumps(value).decode()}\n".encode())

    assert written.hexdigest() == digest


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
