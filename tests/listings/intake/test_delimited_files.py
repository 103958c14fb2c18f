"""What becomes of delimited text: every row counted, every fault named by row and column."""

from pathlib import Path

import duckdb
import pytest

from tests.listings.intake.conftest import Take


def test_a_small_table_is_counted_profiled_and_stored(take: Take, tmp_path: Path) -> None:
    content = '\ufeff城市,人口,日期\r\n太原,539,2020-04-02\r\n"大同,\n晋北",NaN,2020-04-03\r\n'.encode()

    outcome = take(content)

    assert (outcome.kind, outcome.byte_count) == ("table", len(content))
    assert outcome.profile is not None
    assert (outcome.profile["row_count"], outcome.profile["column_count"]) == (2, 3)
    assert [column["name"] for column in outcome.profile["columns"]] == ["城市", "人口", "日期"]
    assert [column["type"] for column in outcome.profile["columns"]] == ["text", "integer", "date"]
    assert outcome.profile["columns"][1]["null_tokens"] == {"NaN": 1}
    stored = duckdb.execute(f"SELECT * FROM read_parquet('{outcome.table_path}')").fetchall()
    assert [(name, number, str(day)) for name, number, day in stored] == [
        ("太原", 539, "2020-04-02"),
        ("大同,\n晋北", None, "2020-04-03"),
    ]
    assert sorted(path.name for path in (tmp_path / "work").iterdir()) == ["result"]


@pytest.mark.parametrize(
    ("content", "reason", "row", "column", "line"),
    [
        pytest.param(b"a,b\n1,2\n3\n", "ragged_row", 3, 2, 3, id="a cell too few"),
        pytest.param(b'a,b\n"x\ny",2\n3,4,5\n', "ragged_row", 3, 3, 4, id="a cell too many"),
        pytest.param(b'a,b\n1,2\n3,"4\n5,6\n', "unclosed_quote", 3, 2, 3, id="a quote never closed"),
        pytest.param(b'a,b\n1,2\n"3"x,4\n', "text_after_quote", 3, 1, 3, id="text after a quote"),
        pytest.param(b"a,b\n1,2\n3,4\0\n", "nul_byte", 3, 2, 3, id="a NUL"),
        pytest.param("市,省\n太原,晋\n".encode() + b"\xff,x\n", "undecodable_byte", 3, 1, 3, id="a bad byte"),
        pytest.param(b"", "empty_file", None, None, None, id="nothing"),
        pytest.param(b"\n \n", "empty_file", None, None, None, id="blank lines only"),
        pytest.param(b"a,b\n", "no_rows", 1, None, None, id="a header only"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_by_row_and_column_and_nothing_is_kept(
    take: Take,
    tmp_path: Path,
    content: bytes,
    reason: str,
    row: int | None,
    column: int | None,
    line: int | None,
) -> None:
    outcome = take(content)

    problem = outcome.problems[0]
    assert (outcome.kind, outcome.problem_count) == ("bad", 1)
    assert (problem.reason, problem.row, problem.column, problem.line) == (reason, row, column, line)
    assert "{" not in problem.message + problem.fix
    assert list((tmp_path / "work").iterdir()) == []


def test_the_first_five_problems_are_shown_and_all_are_counted(take: Take) -> None:
    content = b"a,b\n" + b"1\n" * 7 + b"1,2\n" + b'"x"y,2\n' + b"1,2,3\n"

    outcome = take(content)

    assert outcome.problem_count == 9
    assert [problem.row for problem in outcome.problems] == [2, 3, 4, 5, 6]
