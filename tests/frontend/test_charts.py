"""Charts to the character: themed by classes, readable by title and description, no style attribute."""

import pytest

from frontend import charts


def test_a_histogram_draws_each_bin_and_shows_the_rare_ones() -> None:
    svg = charts.histogram([0, 1, 200, 100], title="AQI", desc="16–192")

    assert svg == (
        '<svg class="chart" viewBox="0 0 84 36" width="84" height="36" role="img">'
        "<title>AQI</title><desc>16–192</desc>"
        '<rect class="bar" x="0" y="36" width="20" height="0"/>'
        '<rect class="bar" x="21" y="35" width="20" height="1"/>'
        '<rect class="bar" x="42" y="0" width="20" height="36"/>'
        '<rect class="bar" x="63" y="18" width="20" height="18"/></svg>'
    )


def test_a_bin_can_be_a_link_and_the_chosen_one_is_marked() -> None:
    svg = charts.histogram([1, 2], title="t", desc="d", links=["?a=1", "?a=2"], labels=["0–1", "1–2"], current=1)

    assert '<a href="?a=1"><title>0–1</title><rect class="bar" x="0" y="18" width="41" height="18"/></a>' in svg
    assert '<rect class="bar current" x="42" y="0" width="41" height="36"/>' in svg


def test_a_bin_without_its_link_is_a_fault() -> None:
    with pytest.raises(ValueError, match="argument"):
        charts.histogram([1, 2], title="t", desc="d", links=["?a=1"], labels=["0–1"])


def test_top_values_lie_and_missing_is_weak() -> None:
    svg = charts.top_values([100, 50], title="级别", desc="良 53%", weak=1)

    assert svg == (
        '<svg class="chart" viewBox="0 0 84 36" width="84" height="36" role="img">'
        "<title>级别</title><desc>良 53%</desc>"
        '<rect class="bar" x="0" y="1" width="84" height="5.2"/>'
        '<rect class="bar weak" x="0" y="8.2" width="42" height="5.2"/></svg>'
    )


def test_a_head_refuses_a_sixth_value() -> None:
    with pytest.raises(ValueError, match="at most 5"):
        charts.top_values([6, 5, 4, 3, 2, 1], title="t", desc="d")


def test_weeks_keep_the_place_of_an_empty_week_and_mark_the_last() -> None:
    svg = charts.weeks([30, 0, 60], title="成交", desc="近 3 周")

    assert svg == (
        '<svg class="chart fluid" viewBox="0 0 320 64" width="320" height="64" role="img">'
        "<title>成交</title><desc>近 3 周</desc>"
        '<rect class="bar" x="0" y="33" width="100.67" height="30"/>'
        '<rect class="bar" x="106.67" y="63" width="100.67" height="0"/>'
        '<rect class="bar current" x="213.33" y="3" width="100.67" height="60"/>'
        '<path class="base" d="M0 63.5H320"/></svg>'
    )


def test_a_step_line_holds_until_the_price_changes() -> None:
    svg = charts.steps([(0, 100), (10, 50)], title="价格", desc="两次")

    assert '<path class="line" d="M8 8H632V80"/>' in svg
    with pytest.raises(ValueError, match="two points"):
        charts.steps([(0, 100)], title="t", desc="d")


@pytest.mark.parametrize(("value", "width"), [(87, "55.68"), (0, "0"), (120, "64"), (-5, "0")])
def test_a_meter_stays_inside_its_bar(value: float, width: str) -> None:
    assert charts.meter(value, 100) == (
        '<svg class="chart meter" viewBox="0 0 64 6" width="64" height="6" aria-hidden="true">'
        f'<rect class="weak" width="64" height="6" rx="3"/><rect class="bar" width="{width}" height="6" rx="3"/></svg>'
    )


@pytest.mark.parametrize("nothing", [[], [0, 0]])
def test_no_rows_are_an_empty_chart_not_a_fault(nothing: list[int]) -> None:
    assert "NaN" not in charts.histogram(nothing, title="t", desc="d")
    assert 'height="36"/>' not in charts.histogram(nothing, title="t", desc="d")


def test_titles_of_strangers_are_escaped() -> None:
    assert "<script>" not in charts.histogram([1], title="<script>", desc="<script>")
