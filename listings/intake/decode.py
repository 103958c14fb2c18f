"""Which kind of file this is, and the reader for it; the name only helps, the bytes decide."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

from listings.intake import delimited, documents, encodings, workbooks
from listings.intake.encodings import Encoding
from listings.intake.outcomes import Limits
from listings.intake.problems import Bad, BadInput
from listings.intake.tables import RowFile, Table

ENDINGS: Final = {
    ".csv": "delimited", ".tsv": "delimited", ".tab": "delimited", ".psv": "delimited",
    ".txt": "maybe delimited", ".dat": "maybe delimited",
    ".json": "document", ".geojson": "document", ".jsonl": "document", ".ndjson": "document",
    ".xlsx": "workbook", ".xlsm": "workbook", ".xlsb": "workbook", ".xls": "workbook", ".ods": "workbook",
    ".parquet": "parquet",
}  # fmt: skip
ZIP: Final = b"PK\x03\x04"
OLE: Final = b"\xd0\xcf\x11\xe0"
PARQUET: Final = b"PAR1"
# Bytes that no text begins with: programs, archives, pictures, databases under a borrowed name.
BINARY_HEADS: Final = (
    b"\x7fELF", b"MZ\x90", b"\x89PNG", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1", b"GIF8", b"%PDF",
    b"\x1f\x8b", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf", b"BZh9", b"\xfd7zXZ", b"(\xb5/\xfd",
    b"SQLite format 3\0", ZIP, OLE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """What the supplier chose instead of our guess."""

    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    sheet: str | None = None


def form(source: Path, filename: str) -> str | None:
    """What to read the file as: "delimited", "document", "workbook", "parquet", or None for opaque.

    Raises Bad for an empty file, and for one whose name promises a form that its bytes have not.
    """
    if source.stat().st_size == 0:
        raise Bad([BadInput("empty_file")])
    named = ENDINGS.get(PurePath(filename).suffix.lower())
    with source.open("rb") as file:
        head = file.read(16)
    if head.startswith(PARQUET):
        return "parquet"
    if head.startswith(ZIP) and workbooks.is_workbook(source):
        return "workbook"
    if head.startswith(OLE) and named == "workbook":
        return "workbook"
    if named == "parquet":
        raise Bad([BadInput("damaged_parquet")])
    if named == "workbook":
        raise Bad([BadInput("damaged_workbook")])
    if head.startswith(BINARY_HEADS) and named:
        if named == "maybe delimited":
            return None
        raise Bad([BadInput("not_text")])
    return named


def decode(
    source: Path,
    as_form: str,
    *,
    rows: RowFile,
    limits: Limits,
    options: Options,
    progress: Callable[[int, int], None],
) -> Table | None:
    """Read the file into `rows`; None means opaque after all: text without columns, JSON without a table.

    Raises Bad naming rows and columns, or Refused past a limit.
    """
    if as_form == "workbook":
        return workbooks.read(
            source, rows, limits=limits, sheet=options.sheet, header=options.header, progress=progress
        )
    encoding = _encoding(source, options)
    if as_form == "document":
        return documents.read(source, rows, limits=limits, encoding=encoding, progress=progress)
    return delimited.read(
        source,
        rows,
        limits=limits,
        encoding=encoding,
        delimiter=options.delimiter,
        header=options.header,
        must_be_table=as_form == "delimited",
        progress=progress,
    )


def _encoding(source: Path, options: Options) -> Encoding:
    if options.encoding is None:
        return encodings.detect(source)
    name = encodings.known(options.encoding)
    if name is None:
        raise Bad([BadInput("unknown_encoding", facts={"encoding": options.encoding})])
    return encodings.given(source, name)
