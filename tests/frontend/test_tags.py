"""The tags of the pages, to the character, in both languages."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from django.template import engines
from django.utils import translation

from frontend import icons
from market.kernel import clock

CHECK = '<svg class="icon{tone}" viewBox="0 0 16 16" aria-hidden="true"><path d="M3 8.4l3.3 3.3L13 5"/></svg>'


@dataclass(frozen=True)
class Row:
    """An entry as queries give it."""

    index: int | None
    is_signed: bool


def shown(template: str, language: str = "zh-hans", **context: object) -> str:
    with translation.override(language):
        return engines["django"].from_string("{% load market_ui %}" + template).render(context)


def test_an_icon_is_hidden_from_readers() -> None:
    assert shown('{% icon "check" "success" %}') == CHECK.format(tone=" success")
    assert shown('{% icon "check" %}') == CHECK.format(tone="")


@pytest.mark.parametrize("name", sorted(icons.PATHS))
def test_every_icon_is_drawn_by_lines_alone(name: str) -> None:
    assert set(icons.PATHS[name]) <= set("MLHVCAZmlhvcaz0123456789.- ")


def test_an_icon_that_is_not_drawn_is_a_fault() -> None:
    with pytest.raises(KeyError):
        shown('{% icon "heart" %}')


def test_money_never_breaks_and_names_its_unit() -> None:
    assert shown("{% money 48000 %}") == '<span class="money">¥480.00</span>'
    assert shown('{% money 200 "CNY" per="千行" %}') == (
        '<span class="money">¥2.00 <span class="unit">/ 千行</span></span>'
    )
    assert shown('{% money 0 "CNY" per="千行" %}') == '<span class="money">免费</span>'
    assert shown('{% money 0 "CNY" "balance" %}', "en") == '<span class="money">¥0.00</span>'
    assert shown('{% money 1200000 "CNY" "short" %}') == '<span class="money">1.20 万元</span>'


def test_a_rise_has_a_triangle_and_a_sign() -> None:
    up = '<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="M8 3.6l5 8.8H3z"/></svg>'

    assert shown('{% change 5 "笔" %}') == f'<span class="rise">{up} +5 笔</span>'
    assert shown("{% change -1200 %}").endswith(" −1,200</span>")
    assert shown("{% change 0 %}") == '<span class="nowrap">±0</span>'


def test_a_moment_carries_its_machine_form() -> None:
    at = datetime(2026, 11, 23, 2, 14, tzinfo=UTC)

    assert shown("{% when at %}", at=at) == '<time datetime="2026-11-23T02:14:00+00:00">2026-11-23 10:14</time>'
    assert shown("{% when at %}", "en", at=at) == (
        '<time datetime="2026-11-23T02:14:00+00:00">23 Nov 2026, 10:14</time>'
    )
    assert shown("{% when at %}", at=date(2020, 4, 8)) == '<time datetime="2020-04-08">2020-04-08</time>'


def test_a_deadline_says_what_is_left_and_until_when() -> None:
    due = clock.now() + timedelta(days=2, hours=23, minutes=5)

    chinese = shown("{% deadline due %}", due=due)
    english = shown("{% deadline due %}", "en", due=due)

    assert chinese.startswith("<span>还有 2 天 23 小时，截止 <time ")
    assert english.startswith("<span>2 days 23 hours left, until <time ")
    assert shown("{{ due|time_left }}", due=due) == "还有 2 天 23 小时"


def test_a_missed_deadline_says_by_how_much() -> None:
    due = clock.now() - timedelta(hours=1, minutes=12, seconds=30)

    assert shown("{% deadline due %}", due=due) == '<span class="overdue">超时 1 小时 12 分</span>'
    assert shown("{{ due|time_left }}", "en", due=due) == "1 hour 12 minutes overdue"


def test_a_proof_chip_counts_entries_from_one() -> None:
    chip = shown('{% proof row "checked" "/ledger/18203" %}', row=Row(18_203, True))

    assert chip == (
        '<a class="proof" href="/ledger/18203">' + CHECK.format(tone=" success") + "#18,204"
        '<span class="unseen"> 证明已在此处核验</span></a>'
    )


@pytest.mark.parametrize("row", [None, Row(None, False), Row(18_203, False)])
def test_what_no_checkpoint_covers_is_not_on_the_ledger(row: Row | None) -> None:
    chip = shown("{% proof row %}", row=row)

    assert chip.startswith('<span class="proof pending">')
    assert chip.endswith("尚未入账</span>")
    assert "#" not in chip


def test_a_failed_proof_says_so_in_words() -> None:
    assert "#18,204 check failed" in shown('{% proof row "failed" %}', "en", row=Row(18_203, True))


def test_an_unknown_state_of_a_proof_is_a_fault() -> None:
    with pytest.raises(ValueError, match="maybe"):
        shown('{% proof row "maybe" %}', row=Row(1, True))


def test_text_of_strangers_is_escaped() -> None:
    assert "<script>" not in shown("{% short_hash text %}", text="<script>alert(1)</script>")
    assert "<b>" not in shown('{% money 5 "CNY" per=text %}', text="<b>")


def test_numbers_sizes_and_hashes() -> None:
    assert shown("{% number 18216 %}") == "18,216"
    assert shown("{% size 80500 %}") == '<span class="nowrap">80.5 kB</span>'
    assert shown("{% short_hash text %}", text="a" * 64) == (
        f'<code class="hash" title="{"a" * 64}">aaaaaaaa…aaaaaaaa</code>'
    )
