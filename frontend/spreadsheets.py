"""Files for spreadsheets: what makes one open Chinese text rightly and take no cell for a formula."""

from typing import Final

BOM: Final = "\ufeff"  # without it a Chinese spreadsheet takes the bytes for GBK


def harmless(cell: str) -> str:
    """A cell that a spreadsheet would take for a formula is told to be text (CSV injection, OWASP)."""
    is_number = cell[1:2].isdigit() or cell[1:2] == "."
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and not (cell[:1] in "+-" and is_number) else cell
