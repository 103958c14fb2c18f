"""Workbooks, JSON and Parquet: read where they are sound, refused in words where they are not."""

import io
import json
import zipfile
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path

import duckdb
import openpyxl
import pytest

from tests.listings.intake.conftest import LIMITS, Take

MOMENT = datetime.fromisoformat("2020-04-02 08:30")


def workbook(**sheets: list[list[object]]) -> bytes:
    """An xlsx file with these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_the_first_sheet_is_read_and_the_others_are_named(take: Take) -> None:
    rows: list[list[object]] = [
        [], ["站", "数", "均", "日", "时刻", "钟", "开", "码"],
        ["太原", 3, 2.5, date(2020, 4, 2), MOMENT, time(8, 30), True, "007"],
        [], ["大同", 4, 3.0, date(2020, 4, 3), None, time(9, 0), False, "010"],
    ]  # fmt: skip

    outcome = take(workbook(空=[], 甲=rows, 乙=[["x"], [1]]), "book.xlsx")

    assert outcome.profile is not None
    assert outcome.sample is not None
    assert (outcome.profile["sheet"], outcome.profile["other_sheets"]) == ("甲", ["空", "乙"])
    assert (outcome.profile["row_count"], outcome.profile["blank_row_count"]) == (2, 1)
    assert [column["type"] for column in outcome.profile["columns"]] == [
        "text", "integer", "decimal", "date", "timestamp", "text", "boolean", "text",
    ]  # fmt: skip
    assert outcome.sample["rows"][1] == ["大同", "4", "3", "2020-04-03", None, "09:00:00", "false", "010"]
    assert outcome.profile["columns"][4]["absent_count"] == 1


def test_a_chosen_sheet_is_read_and_an_unknown_one_is_refused(take: Take) -> None:
    content = workbook(甲=[["x"], [1]], 乙=[["y", "z"], [1, 2], [3, 4]])

    chosen, unknown = take(content, "book.xlsx", sheet="乙"), take(content, "book.xlsx", sheet="丙")

    assert chosen.profile is not None
    assert (chosen.profile["row_count"], chosen.profile["column_count"]) == (2, 2)
    assert [problem.reason for problem in unknown.problems] == ["unknown_sheet"]


def test_a_workbook_that_would_unpack_past_the_memory_is_refused_unopened(take: Take) -> None:
    file = io.BytesIO(workbook(甲=[["x"], [1]]))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", b"\0" * (260 << 20))
    assert len(file.getvalue()) < 1 << 20

    outcome = take(file.getvalue(), "book.xlsx", limits=replace(LIMITS, memory_bytes_max=256 << 20))

    assert [problem.reason for problem in outcome.problems] == ["unpacks_too_large"]


@pytest.mark.parametrize(
    ("filename", "content", "reason"),
    [
        ("book.xlsx", workbook(甲=[["x"], [1]])[:900], "damaged_workbook"),
        ("book.xlsx", b"a,b\n1,2\n", "damaged_workbook"),
        ("book.xlsx", workbook(甲=[["x"]]), "no_rows"),
        ("book.xlsx", workbook(甲=[]), "empty_file"),
        ("book.xls", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "damaged_workbook"),
        ("table.parquet", b"PAR1" + b"\0" * 100, "damaged_parquet"),
        ("table.parquet", b"no parquet at all", "damaged_parquet"),
        ("data.json", b"", "empty_file"),
        ("data.json", b" \n", "empty_file"),
    ],
)
def test_damaged_and_empty_files_are_refused_in_words(take: Take, filename: str, content: bytes, reason: str) -> None:
    outcome = take(content, filename)

    assert (outcome.kind, [problem.reason for problem in outcome.problems]) == ("bad", [reason])
    assert "{" not in outcome.problems[0].message + outcome.problems[0].fix


@pytest.mark.parametrize(
    ("filename", "text"),
    [
        ("array.json", '[{"市":"太原","值":1.50},{"值":null,"备":[1,{"a":0.10}]}]'),
        ("inside.json", '{"几":[1,2],"行":[{"市":"太原","值":1.50},{"值":null,"备":[1,{"a":0.10}]}],"n":2}'),
        ("lines.jsonl", '{"市":"太原","值":1.50}\n\n{"值":null,"备":[1,{"a":0.10}]}\n'),
        ("lines.json", '{"市":"太原","值":1.50}\n{"值":null,"备":[1,{"a":0.10}]}'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_json_is_read_with_numbers_as_written(take: Take, filename: str, text: str, encoding: str) -> None:
    outcome = take(text.encode(encoding), filename)

    assert outcome.sample is not None, outcome.problems
    assert outcome.sample["columns"] == ["市", "值", "备"]
    assert outcome.sample["rows"] == [["太原", "1.50", None], [None, None, '[1,{"a":0.10}]']]


def test_features_give_their_properties_a_geometry_and_a_box(take: Take) -> None:
    point = {"type": "Point", "coordinates": [112.5, 37.9]}
    area = {"type": "Polygon", "coordinates": [[[110, 36], [111, 38.5], [110, 36]]]}
    features = [
        {"type": "Feature", "id": 7, "properties": {"名": "甲"}, "geometry": point},
        {"type": "Feature", "properties": {"兆瓦": 3}, "geometry": area},
        {"type": "Feature", "properties": None, "geometry": None},
    ]

    outcome = take(json.dumps({"type": "FeatureCollection", "features": features}).encode(), "map.geojson")

    assert outcome.profile is not None
    assert outcome.sample is not None
    assert outcome.sample["columns"] == ["id", "名", "兆瓦", "geometry"]
    assert outcome.sample["rows"][0] == ["7", "甲", None, '{"type":"Point","coordinates":[112.5,37.9]}']
    assert outcome.profile["notices"] == [
        {"code": "geometry", "kinds": {"Point": 1, "Polygon": 1}, "box": ["110", "36", "112.5", "38.5"]}
    ]


@pytest.mark.parametrize(
    ("text", "reason", "row", "line"),
    [
        ('[{"a":1},\n{"a":}]', "not_json", None, 2),
        ('[{"a":1},\n\n{"a":1', "not_json", None, 3),
        ('[{"a":1}] x', "not_json", None, 1),
        ('[{"a":1},\n{"a":1,"a":2}]', "key_repeated", None, 2),
        ('[{"a":1},\n2,{"a":3}]', "not_an_object", 2, 2),
        ("[" * 200_000, "nested_too_deep", None, 1),
        (r'[{"a":"\u0000"}]', "nul_byte", 1, None),
        (r'[{"a":"x"},{"a":"\ud800"}]', "half_character", 2, None),
    ],
)
def test_bad_json_is_refused_by_element_and_line(
    take: Take, text: str, reason: str, row: int | None, line: int | None
) -> None:
    outcome = take(text.encode(), "data.json")

    assert [(problem.reason, problem.row, problem.line) for problem in outcome.problems] == [(reason, row, line)]


@pytest.mark.parametrize("text", ["[]", "{}", "3", '{"a":{"b":[1,2]}}', "[[1,2],[3,4]]"])
def test_json_without_objects_in_an_array_is_opaque(take: Take, text: str) -> None:
    assert take(text.encode(), "data.json").kind == "opaque"


def test_parquet_keeps_the_types_that_it_declares(take: Take, tmp_path: Path) -> None:
    path = tmp_path / "source.parquet"
    duckdb.execute(
        "COPY (SELECT '12' AS 码, 20200402 AS 数, 1.5::DOUBLE AS \"A\", DATE '2020-04-02' AS 日, "
        "TIMESTAMPTZ '2020-04-02 08:00+08' AS 时, [1, 2] AS 列, true AS 开, NULL::INTEGER AS 空 "
        "UNION ALL SELECT NULL, 7, 'nan'::DOUBLE, NULL, NULL, NULL, false, NULL) "
        f"TO '{path}' (FORMAT parquet)"
    )

    outcome = take(path.read_bytes(), "table.parquet")

    assert outcome.profile is not None
    columns = outcome.profile["columns"]
    assert [column["type"] for column in columns] == [
        "text", "integer", "decimal", "date", "timestamp", "text", "boolean", "text",
    ]  # fmt: skip
    assert [column["null_count"] for column in columns] == [1, 0, 1, 1, 1, 1, 0, 2]
    assert columns[2]["null_tokens"] == {"nan": 1}
    assert (columns[4]["min"], columns[1]["max"]) == ("2020-04-02T00:00:00+00:00", "20200402")


def test_a_parquet_file_with_damaged_pages_is_refused(take: Take, tmp_path: Path) -> None:
    path = tmp_path / "source.parquet"
    duckdb.execute(f"COPY (SELECT i, i::VARCHAR AS t FROM range(200000) r(i)) TO '{path}' (FORMAT parquet)")
    content = bytearray(path.read_bytes())
    content[1000:200_000] = b"\x55" * 199_000

    outcome = take(bytes(content), "table.parquet")

    assert [problem.reason for problem in outcome.problems] == ["damaged_parquet"]


def test_the_bytes_decide_where_the_name_says_otherwise(take: Take) -> None:
    outcome = take(workbook(甲=[["x"], [1]]), "table.csv")

    assert (outcome.kind, outcome.format) == ("table", "workbook")
