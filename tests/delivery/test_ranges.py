"""Range headers as RFC 9110 reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery import ranges
from delivery.ranges import Span, Unsatisfiable

SIZE = 1000


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-499", 0, 500),
        ("bytes=500-", 500, 1000),
        ("bytes=-1", 999, 1000),
        ("bytes=-5000", 0, 1000),
        ("bytes=999-5000", 999, 1000),
        ("BYTES= 1-2 ", 1, 3),
    ],
    ids=["both ends", "open end", "suffix", "suffix longer than the file", "end beyond the file", "loosely written"],
)
def test_a_single_range_is_read(header: str, start: int, end: int) -> None:
    assert ranges.read(header, SIZE) == Span(start, end, is_partial=True)


@pytest.mark.parametrize(
    "header",
    [None, "", "bytes=", "bytes=-", "bytes=5-2", "bytes=a-b", "rows=0-1", "bytes=0-1,5-6", "bytes=0-1x", "bytes=٣-٤"],
)
def test_what_is_no_single_range_is_ignored(header: str | None) -> None:
    assert ranges.read(header, SIZE) == Span(0, SIZE, is_partial=False)


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-1001", "bytes=-0"])
def test_a_range_outside_the_file_is_refused(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        ranges.read(header, SIZE)


def test_an_empty_file_has_no_range() -> None:
    assert ranges.read(None, 0) == Span(0, 0, is_partial=False)
    with pytest.raises(Unsatisfiable):
        ranges.read("bytes=0-", 0)


def test_if_range_keeps_the_range_only_for_the_same_file() -> None:
    assert ranges.read("bytes=5-", SIZE, if_range='"abc"', etag='"abc"').is_partial
    assert not ranges.read("bytes=5-", SIZE, if_range='"old"', etag='"abc"').is_partial
    assert not ranges.read("bytes=5-", SIZE, if_range='W/"abc"', etag='"abc"').is_partial
    assert not ranges.read("bytes=5-", SIZE, if_range="Wed, 25 Nov 2026 10:00:00 GMT", etag='"abc"').is_partial


@given(st.one_of(st.text(), st.from_regex(r"bytes=\d{0,20}-\d{0,20}", fullmatch=True)), st.integers(0, 10**12))
def test_no_header_leads_outside_the_file(header: str, size: int) -> None:
    try:
        span = ranges.read(header, size)
    except Unsatisfiable:
        return

    assert 0 <= span.start <= span.end <= size
    assert span.is_partial or span.length == size
