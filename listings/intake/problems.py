"""Why a file is refused: each reason with its sentence and its fix, told by row and column.

The sentences are msgids: pages translate them and then fill in `facts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

SHOWN_MAX: Final = 5


def gettext_noop(text: str) -> str:
    """Mark a sentence for translation; this package must not import Django."""
    return text


REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "empty_file": (
        gettext_noop("The file is empty."),
        gettext_noop("Upload a file that holds a table."),
    ),
    "no_rows": (
        gettext_noop("The file has a header but no rows."),
        gettext_noop("Upload a file with at least one row of data."),
    ),
    "ragged_row": (
        gettext_noop("The row has {found} cells, the first row has {expected}."),
        gettext_noop("Give every row the same number of cells; put cells that hold the delimiter in quotes."),
    ),
    "undecodable_byte": (
        gettext_noop("The byte {byte} is not valid in {encoding}."),
        gettext_noop("Save the file as UTF-8, or choose its encoding."),
    ),
    "nul_byte": (
        gettext_noop("The cell holds a NUL character."),
        gettext_noop("Remove the NUL characters, or export the file again as plain text."),
    ),
    "unclosed_quote": (
        gettext_noop("A quote is opened here and never closed."),
        gettext_noop("Close the quote, or write a quote inside a cell twice."),
    ),
    "text_after_quote": (
        gettext_noop("There is text between a closing quote and the next delimiter."),
        gettext_noop("Write a quote inside a cell twice, and leave nothing after the closing quote."),
    ),
    "cell_too_long": (
        gettext_noop("The cell is longer than {limit} characters."),
        gettext_noop("Shorten it, or look for a quote that is never closed."),
    ),
    "not_text": (
        gettext_noop("The file is named as text but is not text."),
        gettext_noop("Upload it under its true name ending, or export it as UTF-8 CSV."),
    ),
    "damaged_workbook": (
        gettext_noop("The workbook cannot be opened: it is cut off or damaged."),
        gettext_noop("Open it in a spreadsheet program, save it again, and upload that file whole."),
    ),
    "locked_workbook": (
        gettext_noop("The workbook is protected by a password."),
        gettext_noop("Save it without a password."),
    ),
    "unpacks_too_large": (
        gettext_noop("The workbook unpacks to {found} bytes; at most {limit} are taken."),
        gettext_noop("Save the table as CSV, or split the workbook."),
    ),
    "unknown_sheet": (
        gettext_noop("The workbook has no sheet {sheet}; it has {sheets}."),
        gettext_noop("Choose one of its sheets."),
    ),
    "damaged_parquet": (
        gettext_noop("The Parquet file cannot be read: it is cut off or damaged."),
        gettext_noop("Write it again, and upload that file whole."),
    ),
    "not_json": (
        gettext_noop("The text is not JSON here: {what}."),
        gettext_noop("Correct it at this line and character, or export the file again."),
    ),
    "key_repeated": (
        gettext_noop("An object has the key {key} twice."),
        gettext_noop("Give every value of an object its own key."),
    ),
    "not_an_object": (
        gettext_noop("This element of the array is not an object."),
        gettext_noop("Make every element an object with the same keys."),
    ),
    "half_character": (
        gettext_noop("The cell holds half of a character."),
        gettext_noop("Write the character whole; look for a lone \\ud… escape."),
    ),
    "nested_too_deep": (
        gettext_noop("Values are nested too deeply."),
        gettext_noop("Flatten the document."),
    ),
    "unknown_encoding": (
        gettext_noop("The encoding {encoding} is not known."),
        gettext_noop("Choose one of the encodings offered."),
    ),
}


def _storable(value: Any) -> Any:
    """Text that a column of JSON can hold: a name out of a file in disorder may have halves of characters and NULs."""
    return value.encode("utf-8", "replace").decode().replace("\0", "?") if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class BadInput:
    """One thing wrong with a file.

    `row` counts as a spreadsheet shows it (the header is row 1, blank rows count), `line` is the physical
    line on which that row begins, `column` starts at 1; None where the problem is the whole file.
    """

    reason: str
    row: int | None = None
    column: int | None = None
    line: int | None = None
    column_name: str | None = None
    facts: Mapping[str, str | int] = field(default_factory=dict)

    @classmethod
    def parse(cls, said: Mapping[str, Any]) -> Self:
        """From what a child said; KeyError for a reason that is not in the table."""
        plain = {name: _storable(value) for name, value in said.items() if name != "facts"}
        problem = cls(**plain, facts={name: _storable(value) for name, value in said.get("facts", {}).items()})
        if problem.reason not in REASONS:
            raise KeyError(problem.reason)
        return problem

    @property
    def message(self) -> str:
        """The English sentence, filled in."""
        return REASONS[self.reason][0].format(**self.facts)

    @property
    def fix(self) -> str:
        """The English advice, filled in."""
        return REASONS[self.reason][1].format(**self.facts)


REFUSALS: Final[Mapping[str, str]] = {
    "over_bytes": gettext_noop("The file has {found} bytes; at most {limit} are taken."),
    "over_rows": gettext_noop("The table has more than {limit} rows."),
    "over_columns": gettext_noop("The table has {found} columns; at most {limit} are taken."),
    "over_time": gettext_noop("Reading the file took longer than {limit} seconds."),
    "over_memory": gettext_noop("Reading the file took more than {limit} bytes of memory."),
    "over_output": gettext_noop("What was made of the file passed {limit} bytes."),
    "crashed": gettext_noop("The reader stopped on this file ({how})."),
    "not_locked": gettext_noop("This system cannot keep the reader off the network, so it opens no files."),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the work was stopped although the file may be in order."""

    code: str
    facts: Mapping[str, str | int] = field(default_factory=dict)

    @classmethod
    def parse(cls, said: Mapping[str, Any]) -> Self:
        """From what a child said; KeyError for a code that is not in the table."""
        refusal = cls(**said)
        if refusal.code not in REFUSALS:
            raise KeyError(refusal.code)
        return refusal

    @property
    def message(self) -> str:
        """The English sentence, filled in."""
        return REFUSALS[self.code].format(**self.facts)


class Bad(Exception):
    """Raised inside the child: the file cannot become a table."""

    def __init__(self, problems: list[BadInput], count: int | None = None) -> None:
        super().__init__(problems[0].message)
        self.problems = problems[:SHOWN_MAX]
        self.count = len(problems) if count is None else count


class Refused(Exception):
    """Raised inside the child: a limit was passed."""

    def __init__(self, code: str, **facts: str | int) -> None:
        self.refusal = Refusal(code, facts)
        super().__init__(self.refusal.message)
