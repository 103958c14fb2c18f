"""Money, times and sizes as both languages write them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from frontend import formats

MOMENT = datetime(2026, 11, 23, 2, 14, tzinfo=UTC)  # 10:14 in Shanghai


@pytest.mark.parametrize(
    ("minor", "form", "zh", "en"),
    [
        (48_000, "exact", "¥480.00", "¥480.00"),
        (1_234_560, "exact", "¥12,345.60", "¥12,345.60"),
        (-50, "exact", "−¥0.50", "−¥0.50"),
        (0, "exact", "免费", "Free"),
        (0, "balance", "¥0.00", "¥0.00"),
        (999_999, "short", "¥9,999.99", "¥9,999.99"),
        (1_000_000, "short", "1.00 万元", "¥10,000.00"),
        (1_234_500, "short", "1.23 万元", "¥12,345.00"),
        (1_235_000, "short", "1.24 万元", "¥12,350.00"),  # half up, where a float would say 1.23
        (45_000_000_000, "short", "4.50 亿元", "¥450,000,000.00"),
        (9_999_999_999, "short", "1.00 亿元", "¥99,999,999.99"),
        (-1_200_000, "short", "−1.20 万元", "−¥12,000.00"),
    ],
)
def test_money_reads_as_each_language_writes_it(minor: int, form: formats.MoneyForm, zh: str, en: str) -> None:
    with translation.override("zh-hans"):
        chinese = formats.money(minor, "CNY", language="zh-hans", form=form)
    with translation.override("en"):
        english = formats.money(minor, "CNY", language="en", form=form)

    assert (chinese, english) == (zh, en)


def test_another_currency_is_never_shortened_to_wan() -> None:
    assert formats.money(1_200_000, "USD", language="zh-hans", form="short") == "USD 12,000.00"


@pytest.mark.parametrize(
    ("value", "form", "zh", "en"),
    [
        (MOMENT, "full", "2026-11-23 10:14", "23 Nov 2026, 10:14"),
        (MOMENT, "short", "11-23 10:14", "23 Nov, 10:14"),
        (MOMENT, "date", "2026-11-23", "23 Nov 2026"),
        (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), "full", "2027-01-01 00:00", "1 Jan 2027, 00:00"),
        (date(2020, 4, 8), "full", "2020-04-08", "8 Apr 2020"),
    ],
)
def test_times_are_told_in_shanghai(value: date, form: formats.TimeForm, zh: str, en: str) -> None:
    assert formats.when(value, language="zh-hans", form=form) == zh
    assert formats.when(value, language="en", form=form) == en


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        formats.when(datetime(2026, 11, 23, 10, 14), language="en")  # noqa: DTZ001  the point of the test


@pytest.mark.parametrize(
    ("length", "zh", "en"),
    [
        (timedelta(days=2, hours=23, minutes=59), "2 天 23 小时", "2 days 23 hours"),
        (timedelta(days=1), "1 天", "1 day"),
        (timedelta(hours=13, minutes=12, seconds=59), "13 小时 12 分", "13 hours 12 minutes"),
        (timedelta(minutes=1), "1 分", "1 minute"),
        (timedelta(seconds=59), "不到 1 分", "less than a minute"),
        (-timedelta(hours=1, minutes=2), "1 小时 2 分", "1 hour 2 minutes"),
    ],
)
def test_a_length_of_time_shows_its_two_largest_units(length: timedelta, zh: str, en: str) -> None:
    with translation.override("zh-hans"):
        assert formats.span(length) == zh
    with translation.override("en"):
        assert formats.span(length) == en


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1 kB"),
        (80_500, "80.5 kB"),
        (343_210, "343 kB"),
        (999_499, "999 kB"),
        (999_600, "1 MB"),
        (1_200_000_000, "1.2 GB"),
        (5 * 10**15, "5000 TB"),
    ],
)
def test_sizes_have_three_figures_at_most(count: int, text: str) -> None:
    assert formats.size(count) == text


def test_a_hash_shows_both_ends_and_a_short_text_stays_whole() -> None:
    digest = "2a3064da94079503f4b3b656a0d663bcbdb5caed08b7d12d9dade3b81c675456"

    assert formats.short_hash(digest) == "2a3064da…1c675456"
    assert formats.short_hash(digest, 4) == "2a30…5456"
    assert formats.short_hash("abcdef") == "abcdef"
