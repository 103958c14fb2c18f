"""The real files, each with the rows, columns and counts that its description states."""

import csv
from pathlib import Path
from typing import Any

import duckdb
import pytest

from listings.intake.outcomes import Outcome
from tests.listings.intake.conftest import Take

# name → rows, columns, format, what else the profile must say
FILES: dict[str, tuple[int, int, str, dict[str, object]]] = {
    "taiyuan-air-quality-2020-04.csv": (1_188, 13, "csv", {"duplicate_row_count": 60, "encoding": "utf-8"}),
    "taiyuan-air-quality-2020-03.csv": (852, 13, "csv", {"duplicate_row_count": 120}),
    "beijing-air-weather-hourly-2013-2017.csv": (35_064, 18, "csv", {"duplicate_row_count": 0}),
    "china-power-plants.csv": (3_137, 39, "csv", {}),
    "shanxi-power-plants.geojson": (44, 11, "geojson", {}),  # nine properties, an id, a geometry
    "china-counties.csv": (2_978, 4, "csv", {"encoding": "utf-8"}),
    "china-counties-gbk-crlf.csv": (2_978, 4, "csv", {"encoding": "gb18030"}),
    "china-townships.csv": (41_352, 5, "csv", {}),
    "china-city-population.csv": (2_106, 9, "csv", {"encoding": "utf-8"}),
    "china-holidays-2025.json": (33, 3, "json", {"notices": [{"code": "array_taken", "key": "days"}]}),
    "china-holidays-2026.json": (39, 3, "json", {}),
    "openflights-airports.csv": (7_698, 14, "csv", {"header": False}),
    "company-name-characters.xlsx": (3_978, 2, "workbook", {"sheet": "总计"}),
    "synthetic-residents-zh.csv": (2_000, 12, "csv", {}),
    "fake-people-3000.csv": (3_000, 30, "csv", {}),
    "istat-municipalities-messy.csv": (7_904, 26, "csv", {"delimiter": ";", "encoding": "windows-1252"}),
    "nyc-flights-2013.parquet": (336_776, 19, "parquet", {}),
}


def cells(outcome: Outcome) -> list[tuple[Any, ...]]:
    """The stored table."""
    return duckdb.execute(f"SELECT * FROM read_parquet('{outcome.table_path}')").fetchall()


def column(outcome: Outcome, name: str) -> dict[str, Any]:
    """The profile of one column."""
    assert outcome.profile is not None
    return next(one for one in outcome.profile["columns"] if one["name"] == name)


@pytest.mark.parametrize("name", FILES)
def test_a_real_file_has_the_rows_and_columns_that_are_stated(outcomes: Any, name: str) -> None:
    rows, columns, form, more = FILES[name]

    outcome = outcomes(name)

    assert (outcome.kind, outcome.format) == ("table", form), outcome.problems
    assert (outcome.profile["row_count"], outcome.profile["column_count"]) == (rows, columns)
    assert {key: outcome.profile[key] for key in more} == more
    assert len(outcome.profile["columns"]) == len(outcome.sample["columns"]) == columns
    assert len(outcome.sample["rows"]) == min(rows, 100)
    stored = duckdb.execute(f"SELECT count(*) FROM read_parquet('{outcome.table_path}')").fetchone()
    assert stored == (rows,)


def test_the_gbk_copy_equals_the_utf8_file_cell_by_cell(outcomes: Any) -> None:
    utf8, gbk = outcomes("china-counties.csv"), outcomes("china-counties-gbk-crlf.csv")

    assert cells(utf8) == cells(gbk)
    assert utf8.profile["columns"] == gbk.profile["columns"]
    assert {one["type"] for one in utf8.profile["columns"]} == {"text"}  # codes are no quantities


def test_the_gaps_of_the_beijing_station_are_counted(outcomes: Any) -> None:
    outcome = outcomes("beijing-air-weather-hourly-2013-2017.csv")

    gaps = {"PM2.5": 925, "PM10": 718, "SO2": 935, "NO2": 1023, "CO": 1776, "O3": 1719}
    assert {name: column(outcome, name)["null_tokens"] for name in gaps} == {
        name: {"NA": count} for name, count in gaps.items()
    }
    assert column(outcome, "station")["distinct_count"] == 1
    assert (column(outcome, "TEMP")["type"], column(outcome, "PRES")["type"]) == ("decimal", "decimal")


def test_figures_of_the_taiyuan_file_equal_those_of_a_plain_reader(outcomes: Any, shared_data: Path) -> None:
    name = "taiyuan-air-quality-2020-04.csv"
    with (shared_data / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    figures = [int(row["AQI"]) for row in rows if row["AQI"] != "NaN"]

    outcome = outcomes(name)

    aqi = column(outcome, "AQI")
    assert (aqi["type"], aqi["null_tokens"]) == ("integer", {"NaN": 100})
    assert (aqi["min"], aqi["max"]) == (str(min(figures)), str(max(figures)))
    assert aqi["distinct_count"] == len(set(figures))
    assert abs(float(aqi["mean"]) - sum(figures) / len(figures)) < 1e-6
    assert sum(bin_["count"] for bin_ in aqi["histogram"]) == len(figures)
    assert column(outcome, "Date")["type"] == "date"
    assert (column(outcome, "Date")["min"], column(outcome, "Date")["max"]) == ("2020-04-02", "2020-04-08")
    assert column(outcome, "Hour")["type"] == "text"  # 08 has a leading zero


def test_columns_and_codes_of_the_other_files_are_what_they_are(outcomes: Any) -> None:
    plants = outcomes("china-power-plants.csv").profile
    empty = [one for one in plants["columns"] if one["null_count"] == plants["row_count"]]
    assert len(empty) == 19
    assert column(outcomes("openflights-airports.csv"), "column_5")["null_tokens"] == {r"\N": 1626}
    assert column(outcomes("china-city-population.csv"), "name_zh")["null_tokens"] == {"": 498}
    assert outcomes("company-name-characters.xlsx").profile["other_sheets"] == [
        "左第1字", "左第2字", "左第3字", "左第4字", "左第5字", "左第6字",
    ]  # fmt: skip
    assert outcomes("shanxi-power-plants.geojson").profile["notices"][0]["kinds"] == {"Point": 44}
    flights = outcomes("nyc-flights-2013.parquet")
    assert column(flights, "dep_delay")["null_count"] == 8255
    assert column(flights, "time_hour")["type"] == "timestamp"
    townships = {row[1] for row in cells(outcomes("china-townships.csv"))}
    assert {"湖㳇镇", "䢺江镇"} <= townships


def test_the_messy_file_keeps_its_zeros_and_accents(outcomes: Any) -> None:
    outcome = outcomes("istat-municipalities-messy.csv")

    first = outcome.profile["columns"][1]
    assert first["name"] == "Codice dell'Unità territoriale sovracomunale (valida a fini statistici)"
    assert "\n" in first["source_name"]
    assert (outcome.profile["columns"][0]["type"], outcome.sample["rows"][0][0]) == ("text", "01")
    # Described as ISO-8859-1; but this byte is a letter only in Windows-1252, and a control character there.
    assert "Števerjan" in {cell for row in cells(outcome) for cell in row}


def test_what_is_no_table_is_kept_without_preview(outcomes: Any) -> None:
    outcome = outcomes("beijing-subway-line-s1.json5")

    assert (outcome.kind, outcome.format) == ("opaque", "json5")
    assert (outcome.profile, outcome.sample, outcome.table_path) == (None, None, None)
    assert len(outcome.sha256) == 64


@pytest.mark.slow
def test_nine_thousand_columns_are_profiled_and_stored(outcomes: Any) -> None:
    outcome = outcomes("wide-9074-columns.csv")

    assert (outcome.kind, outcome.profile["row_count"], outcome.profile["column_count"]) == (
        "table",
        3,
        9_074,
    )
    assert [one["type"] for one in outcome.profile["columns"][:3]] == ["text", "boolean", "boolean"]
    stored = duckdb.execute(f"SELECT * FROM read_parquet('{outcome.table_path}')").fetchone()
    assert stored is not None
    assert (len(stored), stored[0], stored[1]) == (9_074, "id1", True)


def test_every_file_of_the_csv_spectrum_loads(take: Take, shared_data: Path) -> None:
    files = sorted((shared_data / "csv-spectrum").glob("*.csv"))
    assert len(files) == 12
    for path in files:
        with path.open(encoding="utf-8", newline="") as file:
            expected = list(csv.reader(file))

        outcome = take(path)

        assert outcome.kind == "table", (path.name, outcome.problems)
        assert outcome.sample is not None
        assert [outcome.sample["columns"], *outcome.sample["rows"]] == expected, path.name
