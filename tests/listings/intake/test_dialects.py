"""Delimiter and header are told from the first rows; the supplier may know better."""

import pytest

from listings.intake import dialects
from tests.listings.intake.conftest import Take


@pytest.mark.parametrize(
    ("sample", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";"),
        ("a\tb\n1,5\t2\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ('a,b\n"1;2;3",4\n"5;6;7",8\n', ","),
        ("甲,乙\n1,2\n3\n5,6\n7,8\n", ","),
        ("a\n1\n2\n", None),
    ],
)
def test_the_delimiter_is_the_one_that_cuts_evenly(sample: str, delimiter: str | None) -> None:
    assert dialects.delimiter(sample, is_whole=True) == delimiter


@pytest.mark.parametrize(
    ("rows", "is_header"),
    [
        pytest.param(["name,age", "Wu,3", "Li,4"], True, id="words above numbers"),
        pytest.param(["1,Goroka,-6.08", "2,Madang,-5.20", "3,Hagen,-5.82"], False, id="numbers above numbers"),
        pytest.param(["地区,2019,2020,2021", "太原,5,7,6", "大同,3,4,9"], True, id="years above numbers"),
        pytest.param(["name,town", "Wu,Taiyuan", "Li,Datong"], True, id="words above words"),
        pytest.param(["2020-01-01,5", "2020-01-02,6", "2020-01-03,7"], False, id="dates above dates"),
        pytest.param(["zip,n", "08123,1", "00501,2"], True, id="words above codes"),
        pytest.param(["a,b"], True, id="a lone row"),
        pytest.param(["晋,开" for _ in range(8)], False, id="a first row that comes again"),
    ],
)
def test_the_first_row_is_a_header_unless_something_speaks_against_it(rows: list[str], is_header: bool) -> None:
    assert dialects.has_header([row.split(",") for row in rows]) is is_header


def test_numeric_names_above_rows_that_repeat_themselves_are_a_header() -> None:
    names = ["id", *(str(number) for number in range(100022, 100222))]
    body = [[f"id{row}", *(["0", "1"] * 100)] for row in range(3)]

    assert dialects.has_header([names, *body])


def test_what_the_supplier_chose_replaces_the_guess(take: Take) -> None:
    content = "1;2,3\n4;5,6\n".encode("utf-16-le")

    outcome = take(content, encoding="utf-16", delimiter=";", header=True)

    assert outcome.profile is not None
    assert outcome.sample is not None
    assert (outcome.profile["encoding"], outcome.profile["delimiter"]) == ("utf-16-le", ";")
    assert (outcome.sample["columns"], outcome.sample["rows"]) == (["1", "2,3"], [["4", "5,6"]])


def test_names_are_made_unique_and_what_was_changed_is_told(take: Take) -> None:
    outcome = take(b'a, A ,,"x\n y",a\n1,2,3,4,5\n')

    assert outcome.profile is not None
    columns = outcome.profile["columns"]
    assert [column["name"] for column in columns] == ["a", "A_2", "column_3", "x y", "a_3"]
    assert [column["source_name"] for column in columns] == ["a", " A ", "", "x\n y", "a"]
    assert outcome.profile["notices"] == [
        {"code": "name_repeated", "position": 2, "name": "A_2"},
        {"code": "name_missing", "position": 3, "name": "column_3"},
        {"code": "name_repeated", "position": 5, "name": "a_3"},
    ]


def test_blank_lines_are_left_out_and_counted(take: Take) -> None:
    outcome = take(b"\na,b\n1,2\n\n   \n3,4\n\n")

    assert outcome.profile is not None
    assert (outcome.profile["row_count"], outcome.profile["blank_row_count"]) == (2, 4)


@pytest.mark.parametrize(
    ("filename", "content", "kind"),
    [
        ("letter.txt", "敬启者：\n来函收悉。\n此致\n".encode(), "opaque"),
        ("table.txt", b"a\tb\n1\t2\n", "table"),
        ("table.TSV", b"a\tb\n1\t2\n", "table"),
        ("list.csv", "站点\n尖草坪\n涧河\n".encode(), "table"),
        ("picture.png", b"\x89PNG\r\n\x1a\n", "opaque"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n", "bad"),
        ("no ending", b"a,b\n1,2\n", "opaque"),
    ],
)
def test_what_is_no_table_is_opaque_unless_its_name_promises_one(
    take: Take, filename: str, content: bytes, kind: str
) -> None:
    assert take(content, filename).kind == kind
