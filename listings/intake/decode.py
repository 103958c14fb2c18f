"""Which kind of file this is, and the reader for it; the name only helps, the bytes decide."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

from listings.intake import delimited, encodings
from listings.intake.encodings import Encoding
from listings.intake.outcomes import Limits
from listings.intake.problems import Bad, BadInput
from listings.intake.tables import RowFile, Table

DELIMITED: Final = frozenset({".csv", ".tsv", ".tab", ".psv"})
MAYBE_DELIMITED: Final = frozenset({".txt", ".dat"})
# Bytes that no text begins with: programs, archives, pictures, databases under a borrowed name.
BINARY_HEADS: Final = (
    b"\x7fELF", b"MZ\x90", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06",
    b"Rar!", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd", b"\xd0\xcf\x11\xe0", b"SQLite format 3\0", b"PAR1",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """What the supplier chose instead of our guess."""

    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    sheet: str | None = None


def decode(
    source: Path,
    *,
    filename: str,
    rows: RowFile,
    limits: Limits,
    options: Options,
    progress: Callable[[int, int], None],
) -> Table | None:
    """Read the file into `rows`; None means opaque: kept as it is, without preview.

    Raises Bad naming rows and columns, or Refused past a limit.
    """
    ending = PurePath(filename).suffix.lower()
    if source.stat().st_size == 0:
        raise Bad([BadInput("empty_file")])
    if ending not in DELIMITED | MAYBE_DELIMITED:
        return None
    with source.open("rb") as file:
        head = file.read(16)
    if head.startswith(BINARY_HEADS):
        if ending in MAYBE_DELIMITED:
            return None
        raise Bad([BadInput("not_text")])
    return delimited.read(
        source,
        rows,
        limits=limits,
        encoding=_encoding(source, options),
        delimiter=options.delimiter,
        header=options.header,
        must_be_table=ending in DELIMITED,
        progress=progress,
    )


def _encoding(source: Path, options: Options) -> Encoding:
    if options.encoding is None:
        return encodings.detect(source)
    name = encodings.known(options.encoding)
    if name is None:
        raise Bad([BadInput("unknown_encoding", facts={"encoding": options.encoding})])
    return encodings.given(source, name)
