"""Files for spreadsheets: what makes one open Chinese text rightly and take no cell for a formula."""

import re
from typing import Final

BOM: Final = "\ufeff"  # without it a Chinese spreadsheet takes the bytes for GBK
_NUMBER: Final = re.compile(r"[+-]?[0-9.,]+([eE][+-]?[0-9]+)?%?", re.ASCII)
# The wide forms too: a Chinese spreadsheet takes them for the narrow ones.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(cell: str) -> str:
    """A cell that a spreadsheet would take for a formula is told to be text (CSV injection, OWASP)."""
    is_formula = cell.startswith(_FORMULA_STARTS) and _NUMBER.fullmatch(cell) is None
    return f"'{cell}" if is_formula else cell
