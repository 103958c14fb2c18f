"""Read JSON as a table: an array of objects, such an array inside an object, JSON lines, GeoJSON features."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from listings.intake.encodings import Encoding
from listings.intake.json_stream import DuplicateKey, Malformed, Walker
from listings.intake.outcomes import Limits
from listings.intake.problems import Bad, BadInput, Refused
from listings.intake.tables import NULL, Names, RowFile, Table

BATCH_ROWS: Final = 1_000
Shape = str  # "array", "lines", or the key of the array inside an object


@dataclass(slots=True)
class Found:
    """What the first pass saw of one array: its columns in order of appearance, its objects counted."""

    columns: dict[str, None] = field(default_factory=dict)
    count: int = 0
    others: list[tuple[int, int]] = field(default_factory=list)  # row and line of what is no object
    is_features: bool = True


def read(
    path: Path, rows: RowFile, *, limits: Limits, encoding: Encoding, progress: Callable[[int, int], None]
) -> Table | None:
    """Read the document into `rows` in two passes: which columns there are, then their cells.

    None: it is valid JSON but holds no array of objects. Raises Bad by element and line, Refused past a
    limit.
    """
    walker = Walker(path, encoding)
    try:
        shape, found = _discover(walker, limits)
    except (Malformed, DuplicateKey, RecursionError, UnicodeDecodeError) as error:
        raise _bad(error, walker) from error
    finally:
        walker.close()
    if found is None:
        return None
    if found.others:
        problems = [BadInput("not_an_object", row, line=line) for row, line in found.others[:5]]
        raise Bad(problems, len(found.others))
    features = Features() if found.is_features else None
    columns = list(features.columns(found)) if features else list(found.columns)
    if len(columns) > limits.columns_max:
        raise Refused("over_columns", found=len(columns), limit=limits.columns_max)
    rows.open(len(columns))
    walker = Walker(path, encoding)
    try:
        _write(walker, shape, columns, features, rows, limits, progress)
    finally:
        walker.close()
    notices = ({"code": "array_taken", "key": shape},) if shape not in ("array", "lines") and not features else ()
    return Table(
        format="geojson" if features else "json",
        names=Names.of(columns),
        row_count=found.count,
        encoding=encoding.name,
        notices=(*notices, *([features.notice()] if features else [])),
    )


def _discover(walker: Walker, limits: Limits) -> tuple[Shape, Found | None]:
    first = walker.peek()
    if first == "":
        raise Bad([BadInput("empty_file")])
    if first == "[":
        found = _survey(walker, _elements(walker), limits)
        _must_end(walker)
        return "array", found if found.count else None
    if first != "{":
        walker.value()
        _must_end(walker)
        return "array", None
    inside = {}
    for key in walker.keys():  # noqa: SIM118 - reads on as it goes, no mapping
        if walker.peek() == "[":
            inside[key] = _survey(walker, _elements(walker), limits)
        else:
            walker.value()
    if walker.peek() == "{":
        walker.rewind()
        return "lines", _survey(walker, _lines(walker), limits)
    _must_end(walker)
    key = max(inside, key=lambda name: inside[name].count, default="")
    return key, inside[key] if key in inside and inside[key].count else None


def _must_end(walker: Walker) -> None:
    if walker.peek():
        raise walker.fault("nothing more expected")


def _survey(walker: Walker, elements: Iterator[tuple[int, Any]], limits: Limits) -> Found:
    found = Found()
    for number, (line, element) in enumerate(elements, 1):
        if not isinstance(element, dict):
            found.others.append((number, line))
            continue
        found.count += 1
        is_feature = element.get("type") == "Feature" and isinstance(element.get("properties") or {}, dict)
        found.is_features = found.is_features and is_feature
        found.columns |= dict.fromkeys((element.get("properties") or {}) if is_feature else element)
        if found.count > limits.rows_max:
            raise Refused("over_rows", limit=limits.rows_max)
    found.is_features = found.is_features and found.count > 0
    if found.count == 0:
        found.others = []
    return found


def _elements(walker: Walker) -> Iterator[tuple[int, Any]]:
    for element in walker.elements():
        yield 0 if isinstance(element, dict) else walker.line_here(), element


def _lines(walker: Walker) -> Iterator[tuple[int, Any]]:
    while walker.peek():
        line = walker.line_here()
        yield line, walker.value()


def _chosen(walker: Walker, shape: Shape) -> Iterator[Any]:
    if shape == "array":
        yield from walker.elements()
    elif shape == "lines":
        while walker.peek():
            yield walker.value()
    else:
        for key in walker.keys():  # noqa: SIM118 - reads on as it goes, no mapping
            if key == shape:
                yield from walker.elements()
                return
            walker.value()


def _write(
    walker: Walker,
    shape: Shape,
    columns: list[str],
    features: "Features | None",
    rows: RowFile,
    limits: Limits,
    progress: Callable[[int, int], None],
) -> None:
    batch: list[list[str]] = []
    for written, element in enumerate(_chosen(walker, shape), 1):
        row = features.row(element, columns) if features else [_text(element.get(key, ABSENT)) for key in columns]
        _check(row, written, columns, limits)
        batch.append(row)
        if len(batch) == BATCH_ROWS:
            rows.write(batch)
            batch = []
            progress(written, walker.bytes_done())
    rows.write(batch)


def _check(row: list[str], number: int, columns: list[str], limits: Limits) -> None:
    for index, cell in enumerate(row):
        if "\0" in cell:
            raise Bad([BadInput("nul_byte", number, index + 1, column_name=columns[index])])
        if len(cell) > limits.cell_chars_max:
            facts = {"limit": limits.cell_chars_max}
            raise Bad([BadInput("cell_too_long", number, index + 1, column_name=columns[index], facts=facts)])
        if not cell.isascii() and any("\ud800" <= char <= "\udfff" for char in cell):
            raise Bad([BadInput("half_character", number, index + 1, column_name=columns[index])])


ABSENT: Final = object()


def _text(value: Any) -> str:
    """A JSON value as a cell: text as it is, null and a missing key as none, anything nested as JSON."""
    if value is None or value is ABSENT:
        return NULL
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{_string(key)}:{_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return str(value)
    return "null" if value is None else _string(value)


def _string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char >= " " else f"\\u{ord(char):04x}" for char in escaped) + '"'


class Features:
    """GeoJSON (RFC 7946): the properties of a feature are its cells, its geometry is one more."""

    def __init__(self) -> None:
        self.kinds: dict[str, int] = {}
        self.box: list[Decimal] = []

    def columns(self, found: Found) -> Iterator[str]:
        """`id`, the properties, `geometry`."""
        yield "id"
        yield from found.columns
        yield "geometry"

    def row(self, feature: dict[str, Any], columns: list[str]) -> list[str]:
        """The cells of one feature."""
        properties, geometry = feature.get("properties") or {}, feature.get("geometry")
        if isinstance(geometry, dict):
            kind = str(geometry.get("type"))
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
            self._grow(geometry.get("coordinates"))
        inside = [_text(properties.get(name, ABSENT)) for name in columns[1:-1]]
        return [_text(feature.get("id")), *inside, _text(geometry)]

    def notice(self) -> dict[str, Any]:
        """Kinds of geometry with their counts, and the box: west, south, east, north in degrees."""
        return {"code": "geometry", "kinds": self.kinds, "box": [str(edge) for edge in self.box]}

    def _grow(self, coordinates: Any) -> None:
        if not isinstance(coordinates, list) or not coordinates:
            return
        if isinstance(coordinates[0], list):
            for part in coordinates:
                self._grow(part)
        elif len(coordinates) >= 2 and all(isinstance(number, Decimal) for number in coordinates[:2]):
            east, north = coordinates[:2]
            west_, south_, east_, north_ = self.box or (east, north, east, north)
            self.box = [min(west_, east), min(south_, north), max(east_, east), max(north_, north)]


def _bad(error: Exception, walker: Walker) -> Bad:
    if isinstance(error, Malformed):
        return Bad([BadInput("not_json", line=error.line, column=error.char, facts={"what": error.what})])
    if isinstance(error, DuplicateKey):
        return Bad([BadInput("key_repeated", line=walker.line_here(), facts={"key": error.key})])
    if isinstance(error, UnicodeDecodeError):
        facts = {"byte": f"0x{error.object[error.start]:02X}", "encoding": error.encoding}
        return Bad([BadInput("undecodable_byte", line=walker.line, facts=facts)])
    return Bad([BadInput("nested_too_deep", line=walker.line)])
