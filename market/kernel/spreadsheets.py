"""Files for spreadsheets: what makes one open Chinese text rightly and take no cell for a formula."""

import re
from typing import Final

BOM: Final = "\ufeff"  # without it a Chinese spreadsheet takes the bytes for GBK
_NUMBER: Final = re.compile(r"[+-]?[0-9.,]+([eE][+-]?[0-9]+)?%?", re.ASCII)
# Also after blanks, which a spreadsheet drops. The wide forms too: a Chinese one takes them for the narrow ones.
_FORMULA: Final = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would take a text for the beginning of a formula (CSV injection, OWASP)."""
    return _FORMULA.match(cell) is not None


def harmless(cell: str) -> str:
    """A cell that a spreadsheet would take for a formula is told to be text; a signed number stays a number."""
    return f"'{cell}" if is_formula(cell) and _NUMBER.fullmatch(cell) is None else cell
