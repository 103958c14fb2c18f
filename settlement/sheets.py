"""Tables as CSV and as xlsx that open right in Chinese Excel. Text stays text: no cell of it ever becomes a formula."""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from xml.sax.saxutils import escape

from market.kernel import spreadsheets

CSV_TYPE: Final = "text/csv; charset=utf-8"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of minor units, written as yuan with two decimals and never through a float."""

    minor: int

    def __str__(self) -> str:
        sign, whole, cents = "-" if self.minor < 0 else "", *divmod(abs(self.minor), 100)
        return f"{sign}{whole}.{cents:02d}"


Cell = str | int | date | Amount
_LONG_NUMBER: Final = re.compile(r"^[0-9]{12,}$")  # would be shown as 6.22E+18 and lose its last digits
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write_csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with byte order mark and CRLF, as Chinese Excel wants it; amounts with a point and no thousands marks."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([_text(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _text(cell: Cell) -> str:
    if isinstance(cell, date):
        return cell.isoformat()
    if not isinstance(cell, str):
        return str(cell)
    # the quote is what people type to keep text; a program that reads the file takes it off again
    return f"'{cell}" if spreadsheets.is_formula(cell) or _LONG_NUMBER.match(cell) else cell


_TYPES: Final = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Default Extension="xml" ContentType="application/xml"/>\
<Override PartName="/xl/workbook.xml" \
ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>\
<Override PartName="/xl/worksheets/sheet1.xml" \
ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>\
<Override PartName="/xl/styles.xml" \
ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>"""
_RELS: Final = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>"""
_REL: Final = (
    '<Relationship Id="rId{}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" '
    'Target="{}"/>'
)
_BOOK: Final = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" \
xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">\
<sheets><sheet name="{}" sheetId="1" r:id="rId1"/></sheets></workbook>"""
# Formats by place: 0 general, 1 amount, 2 day, 3 text.
_STYLES: Final = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">\
<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>\
<fonts count="1"><font><sz val="11"/><name val="等线"/></font></fonts>\
<fills count="2"><fill><patternFill patternType="none"/></fill>\
<fill><patternFill patternType="gray125"/></fill></fills>\
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>\
<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>\
<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>\
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"""
_SHEET: Final = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">\
<cols><col min="1" max="16" width="18" customWidth="1"/></cols><sheetData>"""
_EPOCH: Final = date(1899, 12, 30)  # Excel's day 0, its 29 February 1900 counted


def write_xlsx(rows: Iterable[Sequence[Cell]], *, name: str) -> bytes:
    """One sheet. Text is written as text cells, which a program never computes; the same rows give the same bytes."""
    body = io.StringIO()
    body.write(_SHEET)
    for row in rows:
        body.write(f"<row>{''.join(map(_cell, row))}</row>")
    body.write("</sheetData></worksheet>")
    book = _REL.format(1, "worksheet", "worksheets/sheet1.xml") + _REL.format(2, "styles", "styles.xml")
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELS.format(_REL.format(1, "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": _BOOK.format(escape(name[:31], {'"': "&quot;"})),
        "xl/_rels/workbook.xml.rels": _RELS.format(book),
        "xl/styles.xml": _STYLES,
        "xl/worksheets/sheet1.xml": body.getvalue(),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in parts.items():
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _cell(cell: Cell) -> str:
    if isinstance(cell, Amount):
        return f'<c s="1"><v>{cell}</v></c>'
    if isinstance(cell, date):
        return f'<c s="2"><v>{(cell - _EPOCH).days}</v></c>'
    if isinstance(cell, int):
        return f"<c><v>{cell}</v></c>"
    text = escape(_NOT_XML.sub("\ufffd", cell), {"\r": "&#13;"})
    return f'<c s="3" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
