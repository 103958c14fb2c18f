"""Whatever we write as a table is read as the same cells, in every encoding and under every delimiter."""

import csv
import io
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from listings.intake import columns, delimited, encodings, profile
from listings.intake.encodings import Encoding
from listings.intake.outcomes import Limits
from listings.intake.tables import Names, RowFile, Table

LIMITS = Limits()
CODECS = ("utf-8", "utf-16-le", "gb18030", "big5", "shift_jis", "windows-1252", "iso-8859-1")
# Characters of which most texts of the encoding consist.
COMMON = {
    "utf-8": "太原市大同éñ데이터🚆",
    "utf-16-le": "太原市大同公司ABCxyz012",
    "gb18030": "太原市大同阳泉长治晋城朔州忻州吕梁晋中临汾运城的有限公司",
    "big5": "臺北高雄臺中市縣有限公司的國際電話號碼姓名",
    "shift_jis": "さくらたろうはなこのひらがなカタカナ東京都",
    "windows-1252": "àèìòùéçñüö€“”’",
}


@st.composite
def tables(draw: st.DrawFn, alphabet: st.SearchStrategy[str], width_min: int = 1) -> list[list[str]]:
    """Rows of equal width."""
    width = draw(st.integers(width_min, 5))
    row = st.lists(st.text(alphabet, max_size=8), min_size=width, max_size=width)
    return draw(st.lists(row, min_size=1, max_size=12))


def written(rows: list[list[str]], delimiter: str, line_end: str, codec: str, bom: bytes) -> bytes:
    """The rows under a header, as Python's csv module writes them."""
    file = io.StringIO(newline="")
    # The writer leaves a line end unquoted that is not its own.
    is_broken = any(end in cell for row in rows for cell in row for end in "\r\n")
    writer = csv.writer(
        file,
        delimiter=delimiter,
        lineterminator=line_end,
        quoting=csv.QUOTE_ALL if is_broken else csv.QUOTE_MINIMAL,
    )
    writer.writerow([f"c{position}" for position in range(len(rows[0]))])
    writer.writerows(rows)
    return bom + file.getvalue().encode(codec)


def read_back(content: bytes, encoding: Encoding | None, delimiter: str | None) -> tuple[Table, list[list[str]]]:
    """Decode, load and read the text columns."""
    with tempfile.TemporaryDirectory() as folder:
        source, work = Path(folder) / "source", Path(folder)
        source.write_bytes(content)
        with RowFile(work / "rows") as file:
            table = delimited.read(
                source,
                file,
                limits=LIMITS,
                encoding=encoding or encodings.detect(source),
                delimiter=delimiter,
                header=True,
                must_be_table=True,
                progress=lambda _rows, _bytes: None,
            )
        assert table is not None
        with columns.connect(work, source, LIMITS, file.width) as connection:
            loaded = columns.load(connection, file, table, work / "text.parquet")
            rows = connection.execute(f"SELECT * FROM read_parquet('{loaded.path}')").fetchall()
        return table, [list(row) for row in rows]


@pytest.mark.parametrize("codec", CODECS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_cells_survive_in_a_known_encoding(codec: str, data: st.DataObject) -> None:
    characters = st.characters(codec=codec, exclude_characters="\0¥‾")
    awkward = st.sampled_from("\",;|\t\r\n \\\x1f'")
    rows = data.draw(tables(st.one_of(characters, awkward)))
    delimiter = data.draw(st.sampled_from(",;\t|"))
    line_end = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))

    table, found = read_back(written(rows, delimiter, line_end, codec, b""), Encoding(codec), delimiter)

    assert found == rows
    assert (table.row_count, table.delimiter) == (len(rows), delimiter)


@pytest.mark.parametrize("codec", COMMON)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_usual_texts_survive_in_an_encoding_and_delimiter_that_are_told_from_the_file(
    codec: str, data: st.DataObject
) -> None:
    rows = data.draw(tables(st.sampled_from(COMMON[codec]), width_min=2))
    assume(sum(len(cell) for row in rows for cell in row) > 20)
    delimiter = data.draw(st.sampled_from(",;\t|"))

    table, found = read_back(written(rows, delimiter, "\r\n", codec, b""), None, None)

    assert found == rows
    assert table.delimiter == delimiter


@settings(max_examples=60, deadline=None)
@given(st.lists(st.decimals(-(10**9), 10**9, places=4), min_size=1, max_size=30))
def test_figures_of_a_column_of_numbers_are_exact(numbers: list[Decimal]) -> None:
    rows = [[str(number), "x"] for number in numbers]

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        with RowFile(work / "rows") as file:
            file.open(2)
            file.write(rows)
        table = Table("csv", Names.of(["n", "t"]), len(rows))
        with columns.connect(work, file.path, LIMITS, 2) as connection:
            source = columns.load(connection, file, table, work / "text.parquet")
            measured, types = profile.measure(connection, source, table, lambda _count: None)

    shown = measured["columns"][0]
    assert types[0].name == "decimal"
    assert (Decimal(shown["min"]), Decimal(shown["max"])) == (min(numbers), max(numbers))
    assert Decimal(shown["mean"]) == (sum(numbers, Decimal()) / len(numbers)).quantize(Decimal("1e-10"))
    assert shown["distinct_count"] == len(set(map(str, numbers)))
    assert sum(bin_["count"] for bin_ in shown["histogram"]) == len(numbers)
    assert len(shown["histogram"]) <= profile.BINS_MAX
    for bin_ in shown["histogram"]:
        inside = [number for number in numbers if Decimal(bin_["low"]) <= number < Decimal(bin_["high"])]
        assert len(inside) == bin_["count"]
