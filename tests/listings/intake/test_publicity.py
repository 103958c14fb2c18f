"""Strangers see no value that few rows share."""

from hypothesis import given
from hypothesis import strategies as st

from listings.intake import publicity
from tests.listings.intake.conftest import Take

FLOOR = publicity.FLOOR_ROWS


def test_values_and_extremes_stay_only_where_twenty_rows_share_them(take: Take) -> None:
    rows = ["晋中,5"] * 20 + ["太原,7"] * 25 + ["阳泉,9"] * 19
    outcome = take(("市,值\n" + "\n".join(rows) + "\n").encode())
    assert outcome.profile is not None

    shown = publicity.public_view(outcome.profile)

    town, value = shown["columns"]
    assert town["top"] == [{"value": "太原", "count": 25}, {"value": "晋中", "count": 20}]
    assert (value["min"], value["min_count"], value["max"], value["max_count"]) == ("5", 20, None, 0)
    assert value["histogram"][-1] == {"low": "7", "high": None, "count": 44}
    assert value["mean"] == outcome.profile["columns"][1]["mean"]
    assert town["distinct_count"] == 3


def test_a_column_with_findings_tells_only_kind_and_share(take: Take) -> None:
    rows = "".join(f"1540000{number:04d},太原\n" for number in range(50))
    outcome = take(("手机,市\n" + rows).encode())
    assert outcome.profile is not None

    shown = publicity.public_view(outcome.profile)

    assert shown["columns"][0] == {
        "name": "手机", "source_name": "手机", "position": 1, "type": "text",
        "findings": [{"kind": "mobile", "cell_ppm": 1_000_000}],
    }  # fmt: skip


def test_a_table_of_few_rows_shows_no_value_at_all(take: Take) -> None:
    outcome = take("市,值\n太原,5\n太原,5\n".encode())
    assert outcome.profile is not None

    shown = publicity.public_view(outcome.profile)

    for column in shown["columns"]:
        assert (column["top"], column["histogram"], column["min"], column["max"], column["mean"]) == (
            [], [], None, None, None,
        )  # fmt: skip


@given(st.lists(st.integers(0, 60), min_size=1, max_size=20).filter(lambda counts: counts[0] and counts[-1]))
def test_joined_bins_hold_the_floor_and_lose_no_row(counts: list[int]) -> None:
    bins = [{"low": str(at), "high": str(at + 1), "count": count} for at, count in enumerate(counts)]

    joined = publicity._joined(bins)

    assert all(one["count"] == 0 or one["count"] >= FLOOR for one in joined)
    assert sum(one["count"] for one in joined) == (sum(counts) if sum(counts) >= FLOOR else 0)
    if joined:
        assert (joined[0]["low"] is None) == (counts[0] < FLOOR)
        assert (joined[-1]["high"] is None) == (counts[-1] < FLOOR)
