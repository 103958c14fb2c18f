"""The values that cross between the locked child and its parent: limits in, stages and an outcome out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from listings.intake.problems import BadInput, Refusal

STAGES: Final = ("hash", "decode", "profile", "scan", "sample", "store")

Kind = Literal["table", "opaque", "bad", "refused"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may take. Fed from settings; the defaults suit two cores and 24 GB."""

    bytes_max: int = 2 << 30
    rows_max: int = 50_000_000
    columns_max: int = 10_000
    cell_chars_max: int = 1 << 20
    seconds_max: int = 600
    memory_bytes_max: int = 1 << 30
    threads: int = 2
    output_ratio_max: int = 4  # everything the child writes ÷ the source
    output_bytes_min: int = 256 << 20  # but at least this much, for sources that are packed
    is_lock_required: bool = True

    def output_bytes_max(self, source_bytes: int) -> int:
        """Bytes that the child may have on disk at once, working files included."""
        return max(source_bytes * self.output_ratio_max, self.output_bytes_min)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the work stands: step n of N, rows and bytes done, totals 0 while unknown."""

    name: str
    step: int
    steps: int
    rows_done: int = 0
    rows_total: int = 0
    bytes_done: int = 0
    bytes_total: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file.

    `table`: `profile` and `sample` are filled, `table_path` is the typed Parquet in the work folder.
    `opaque`: kept and delivered as it is, no preview. `bad`: `problems` holds the first five of
    `problem_count`. `refused`: a limit or a crash, see `refusal`. `sha256` is "" only when the child died
    before it had read the file.
    """

    kind: Kind
    sha256: str = ""
    byte_count: int = 0
    format: str = ""
    lock: str = ""
    profile: dict[str, Any] | None = None
    sample: dict[str, Any] | None = None
    table_path: Path | None = None
    problems: tuple[BadInput, ...] = ()
    problem_count: int = 0
    refusal: Refusal | None = None
