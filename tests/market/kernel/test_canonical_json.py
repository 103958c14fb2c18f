"""The writer's canonical JSON: the published cases, the library's bytes, and what it refuses."""

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from market.kernel import canonical_json
from tests.provenance import vectors

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=20,
)


def _has_float(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_float, value.values()))
    return any(map(_has_float, value)) if isinstance(value, list) else isinstance(value, float)


@given(values)
def test_the_fast_way_and_the_librarys_way_write_the_same_bytes(value: Any) -> None:
    assert canonical_json.dumps(value) == rfc8785.dumps(value)


@given(values)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert canonical_json.loads(canonical_json.dumps(value)) == value


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_the_published_cases_are_written_as_published_or_refused_for_a_float(name: str) -> None:
    folder = vectors.folder("jcs")
    value = json.loads((folder / "input" / f"{name}.json").read_text("utf-8"))

    if _has_float(value):
        with pytest.raises(TypeError):
            canonical_json.dumps(value)
    else:
        published = (folder / "output" / f"{name}.json").read_bytes().rstrip(b"\n")
        assert canonical_json.dumps(value) == published


def test_keys_beyond_the_basic_plane_sort_by_utf_16() -> None:
    assert canonical_json.dumps({"\ue000": 1, "\U00010000": 2}) == '{"\U00010000":2,"\ue000":1}'.encode()


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (1.0, TypeError),
        ({"a": [1, 0.5]}, TypeError),
        (b"bytes", TypeError),
        ({1: "a"}, TypeError),
        (2**53, ValueError),
        (-(2**53), ValueError),
        ("\ud800", ValueError),
        ({"\ud800": 1}, ValueError),
    ],
)
def test_what_has_no_one_form_is_refused(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        canonical_json.dumps(value)


@pytest.mark.parametrize(
    "document", ['{"a":1,"a":1}', "1.5", "1e3", "NaN", "Infinity", '{"a":', '{"a":[{"b":1,"b":2}]}']
)
def test_what_could_be_read_in_two_ways_is_refused(document: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  duplicate, float and syntax say different things
        canonical_json.loads(document)
