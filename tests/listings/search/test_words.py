"""Cutting texts and queries: the same letters are found however they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listings.search import bitmaps, words


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("太原市空气质量逐小时监测", "空气质量"),
        ("太原市空气质量逐小时监测", "小时"),
        ("PM2.5 浓度", "pm2.5"),
        ("ＰＭ２．５ 浓度", "PM2.5"),
        ("列 pm25", "PM2.5"),
        ("wind_dir", "wind dir"),
        ("WatchPoint", "watch point"),
        ("WatchPoint", "watchpoint"),
        ("Chinese cities", "city"),
        ("Airport weather", "airports"),
        ("Café", "cafe"),
        ("2020-04-08", "20200408"),
    ],
)
def test_a_text_answers_its_own_words(text: str, query: str) -> None:
    assert set(words.asked(query)) <= words.of([text])


@pytest.mark.parametrize(
    ("text", "query"), [("空气质量", "质空"), ("太原", "太"), ("PM10", "PM2.5"), ("glass", "glas"), ("gas", "ga")]
)
def test_a_text_does_not_answer_other_words(text: str, query: str) -> None:
    assert not set(words.asked(query)) <= words.of([text])


def test_titles_are_found_by_a_single_character() -> None:
    assert set(words.asked("晋")) <= words.of(["三晋大地"], single=True)


def test_a_query_of_signs_asks_for_nothing() -> None:
    assert words.asked("！？ … -- ") == ()


def test_a_long_query_is_cut() -> None:
    assert len(words.asked("".join(chr(0x4E00 + n) for n in range(100)))) == words.QUERY_WORDS_MAX


def test_what_was_asked_is_marked_where_it_stands() -> None:
    pieces = words.marked("太原市空气质量与 PM2.5，空中气体", words.asked("空气质量 pm2.5"))

    assert [piece for piece, is_marked in pieces if is_marked] == ["空气质量", "PM2.5"]


@given(st.text(alphabet="太原空气质量PM2.5_ -aB！", max_size=40), st.text(alphabet="空气质PM2.5 a", max_size=8))
def test_marking_changes_no_letter(text: str, query: str) -> None:
    assert "".join(piece for piece, _ in words.marked(text, words.asked(query))) == text


@given(st.text(max_size=60))
def test_every_stretch_of_a_text_finds_the_text(text: str) -> None:
    wanted = words.asked(text)

    assert set(wanted) <= words.of([text], single=True)


numbers = st.sets(st.integers(1, 200_000), max_size=60)


@given(numbers, st.integers(0, 70), st.integers(1, 70))
def test_pages_of_a_set_are_its_members_in_falling_order(members: set[int], skip: int, take: int) -> None:
    found = bitmaps.newest(bitmaps.of(members, top=max(members, default=0)), skip=skip, take=take)

    assert found == sorted(members, reverse=True)[skip : skip + take]


@given(numbers)
def test_a_set_survives_being_kept_in_segments(members: set[int]) -> None:
    kept = bitmaps.split(sorted(members))

    assert bitmaps.joined(kept) == bitmaps.of(members, top=200_000)


@given(numbers, numbers)
def test_bits_are_set_and_cleared_one_by_one(add: set[int], remove: set[int]) -> None:
    segment = {number % bitmaps.SEGMENT for number in remove}
    before = bitmaps.split(sorted(segment)).get(0, b"")
    added = {number % bitmaps.SEGMENT for number in add}

    after = bitmaps.changed(before, add=added, remove=segment)

    assert bitmaps.joined({0: after}) == bitmaps.of(added, top=bitmaps.SEGMENT)
