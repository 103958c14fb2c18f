"""A column has a type only if every filled cell has it; codes are no numbers."""

from typing import Any

import duckdb
import pytest

from tests.listings.intake.conftest import Take


@pytest.mark.parametrize(
    ("name", "cells", "type_", "low", "high", "mean"),
    [
        ("数", ["3", "-12", " 7 ", "+5"], "integer", "-12", "7", "0.75"),
        ("数", ["1.50", "-0.05", ".5", "2"], "decimal", "-0.05", "2", "0.9875"),
        ("数", ["1e3", "2.5E-2", "0"], "decimal", "0", "1000", "333.341667"),
        ("数", ["007", "12"], "text", "007", "12", None),
        ("数", ["1234567890123456", "1"], "text", "1", "1234567890123456", None),
        ("code", ["1101", "6590"], "text", "1101", "6590", None),
        ("行政区划代码", ["1101", "6590"], "text", "1101", "6590", None),
        ("code", ["1", "6590"], "integer", "1", "6590", "3295.5"),
        ("year", ["2013", "2017"], "integer", "2013", "2017", "2015"),
        ("日", ["2020-04-02", "2019-12-31"], "date", "2019-12-31", "2020-04-02", None),
        ("日", ["2020/4/2", "2019/12/31"], "date", "2019-12-31", "2020-04-02", None),
        ("日", ["2020年4月2日", "2019.12.31"], "date", "2019-12-31", "2020-04-02", None),
        ("日", ["20200402", "20191231"], "date", "2019-12-31", "2020-04-02", None),
        ("日", ["20200402", "20191332"], "integer", "20191332", "20200402", "20195867"),
        ("日", ["2020-02-29", "2019-02-29"], "text", "2019-02-29", "2020-02-29", None),
        ("时", ["2020-04-02 08:30", "2020-04-02T09:00:01.5"], "timestamp", "2020-04-02 08:30:00",
         "2020-04-02 09:00:01.500000", None),
        ("时", ["2020-04-02 08:30+08:00", "2020-04-02T01:00:00Z"], "timestamp", "2020-04-02T00:30:00+00:00",
         "2020-04-02T01:00:00+00:00", None),
        ("开", ["是", "否", "true"], "boolean", "true", "是", None),
        ("值", ["1", "2", "x"], "text", "1", "x", None),
    ],
)  # fmt: skip
def test_the_type_and_the_figures_of_a_column(
    take: Take, name: str, cells: list[str], type_: str, low: str, high: str, mean: str | None
) -> None:
    outcome = take((f"{name},户\n" + "".join(f"{cell},甲\n" for cell in cells)).encode(), header=True)

    assert outcome.profile is not None
    column = outcome.profile["columns"][0]
    assert (column["type"], column["min"], column["max"]) == (type_, low, high)
    assert column["mean"] == mean
    stored = duckdb.execute(f"SELECT count({name}) FROM read_parquet('{outcome.table_path}')").fetchone()
    assert stored == (len(cells),)


def stored_types(outcome: Any) -> list[str]:
    """The types of the stored columns, as Parquet has them."""
    rows = duckdb.execute(f"DESCRIBE SELECT * FROM read_parquet('{outcome.table_path}')").fetchall()
    return [row[1] for row in rows]


def test_values_are_stored_in_the_profiled_types_and_null_tokens_as_null(take: Take) -> None:
    content = "整,小,科,日,时,开,文\n1,1.50,1e3,20200402,2020-04-02 08:30,是,NA\nNaN,NA,,,null,None, 甲 \n"

    outcome = take(content.encode())

    assert stored_types(outcome) == [
        "BIGINT",
        "DECIMAL(18,2)",
        "DOUBLE",
        "DATE",
        "TIMESTAMP",
        "BOOLEAN",
        "VARCHAR",
    ]
    rows = duckdb.execute(f"SELECT * FROM read_parquet('{outcome.table_path}')").fetchall()
    assert [str(cell) for cell in rows[0]] == [
        "1", "1.50", "1000.0", "2020-04-02", "2020-04-02 08:30:00", "True", "None",
    ]  # fmt: skip
    assert rows[1] == (None, None, None, None, None, None, " 甲 ")


def test_null_tokens_are_counted_one_by_one(take: Take) -> None:
    content = "n,t\n" + "\n".join(["1,x", "NaN,NA", ",", r"\N,x", "NaN,NAN", " ,x"]) + "\n"

    outcome = take(content.encode())

    assert outcome.profile is not None
    number, text = outcome.profile["columns"]
    assert (number["null_count"], number["null_tokens"]) == (5, {"": 2, "NaN": 2, r"\N": 1})
    assert (text["null_count"], text["null_tokens"]) == (2, {"": 1, "NA": 1})
    assert number["null_ppm"] == 833_333


def test_a_few_strangers_in_a_column_of_numbers_are_told(take: Take) -> None:
    content = "n,t\n" + "".join(f"{number},x\n" for number in range(99)) + "约5,x\n"

    outcome = take(content.encode())

    assert outcome.profile is not None
    assert outcome.profile["columns"][0]["misfit"] == {"type": "integer", "count": 1}


@pytest.mark.parametrize(
    ("cells", "bins"),
    [
        ([str(number) for number in range(100)], [("0", "5", 5), ("5", "10", 5), ("95", "100", 5)]),
        (["0.1", "0.25", "0.3"], [("0.1", "0.12", 1), ("0.12", "0.14", 0), ("0.3", "0.32", 1)]),
        (["2020-01-01", "2020-12-31"], [("2019-12-26", "2020-01-23", 1), ("2020-01-23", "2020-02-20", 0)]),
        (["5", "5"], [("5", "6", 2)]),
        (["-7", "-3"], [("-7", "-6", 1), ("-3", "-2", 1)]),
    ],
    ids=["whole numbers", "decimals", "dates", "one value", "below zero"],
)
def test_bins_have_round_edges_and_hold_every_value(
    take: Take, cells: list[str], bins: list[tuple[str, str, int]]
) -> None:
    outcome = take(("值,户\n" + "".join(f"{cell},甲\n" for cell in cells)).encode())

    assert outcome.profile is not None
    histogram = [(one["low"], one["high"], one["count"]) for one in outcome.profile["columns"][0]["histogram"]]
    assert len(histogram) <= 20
    assert sum(count for _, _, count in histogram) == len(cells)
    assert [one for one in histogram if one in bins] == bins


def test_rows_that_repeat_are_counted_exactly(take: Take) -> None:
    content = "a,b\n" + "1,x\n" * 4 + "1,y\n" + "2,x\n" * 2 + "1,X\n"

    outcome = take(content.encode())

    assert outcome.profile is not None
    assert outcome.profile["duplicate_row_count"] == 4


def test_a_profile_holds_no_float(take: Take) -> None:
    outcome = take("数,日,文\n1.5,2020-04-02,甲\n2.25,2020-04-03,乙\n".encode())

    def walk(value: Any) -> None:
        assert not isinstance(value, float)
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(inner)

    walk(outcome.profile)
    walk(outcome.sample)
