"""The picture of a lineage: where a thing comes from, left to right, drawn by us as SVG with its list beside it."""

from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t

from provenance.prov.graph import DERIVED, SPECIAL, Graph, Kind, Thing

WIDTH: Final = 220
HEIGHT: Final = 56
GAP_X: Final = 56
GAP_Y: Final = 20
LABEL_MAX: Final = 15  # characters of Han that a box is wide enough for


def words() -> dict[str, str]:
    """What the types of entities are called."""
    return {
        "dm:resource": _t("Data resource"),
        "dm:product": _t("Data product"),
        "dm:version": _t("Version"),
        "dm:agreement": _t("Usage contract"),
        "dm:delivery": _t("Delivered file"),
    }


def draw(graph: Graph, title: str) -> SafeString:
    """Entities as boxes, derivation as arrows; each column is one step further from the source."""
    entities, columns = graph.of(Kind.ENTITY), _columns(graph)
    places: dict[str, tuple[int, int]] = {}
    rows: dict[int, int] = {}
    for thing in entities:
        column = columns[thing.id]
        rows[column] = rows.get(column, -1) + 1
        places[thing.id] = (column * (WIDTH + GAP_X) + 1, rows[column] * (HEIGHT + GAP_Y) + 1)
    width = (max(columns.values(), default=0) + 1) * (WIDTH + GAP_X) - GAP_X + 2
    height = (max(rows.values(), default=0) + 1) * (HEIGHT + GAP_Y) - GAP_Y + 2
    edges = [
        (*_start(places[second]), *_end(places[first]))
        for bond, first, second in graph.bonds
        if bond in (DERIVED, SPECIAL) and first in places and second in places
    ]
    boxes = [
        (x, y, WIDTH, HEIGHT, x + 12, y + 22, _type(thing), x + 12, y + 43, _cut(thing))
        for thing in entities
        for x, y in [places[thing.id]]
    ]
    line = '<line x1="{}" y1="{}" x2="{}" y2="{}"/><circle cx="{}" cy="{}" r="3"/>'
    box = (
        '<rect x="{}" y="{}" width="{}" height="{}" rx="6"/>'
        '<text class="what" x="{}" y="{}">{}</text><text x="{}" y="{}">{}</text>'
    )
    return format_html(
        '<svg class="lineage" viewBox="0 0 {} {}" width="{}" height="{}" role="img">'
        "<title>{}</title><desc>{}</desc>{}{}</svg>",
        width, height, width, height, title,
        _t("%(count)s things and what each was made of; the same as a list below") % {"count": len(entities)},
        format_html_join("", line, [(*edge, edge[2], edge[3]) for edge in edges]),
        format_html_join("", box, boxes),
    )  # fmt: skip


def lines(graph: Graph) -> list[tuple[str, str, list[str]]]:
    """The same as a list: what it is, what it is called, what it was made of."""
    names = {thing.id: _name(thing) for thing in graph.of(Kind.ENTITY)}
    return [
        (_type(thing), _name(thing), [names[second] for bond, second in graph.joined(thing.id) if bond is DERIVED])
        for thing in graph.of(Kind.ENTITY)
    ]


def _columns(graph: Graph) -> dict[str, int]:
    """How many derivations lie behind each entity; a loop, which no log can tell, would end at its length."""
    columns = {thing.id: 0 for thing in graph.of(Kind.ENTITY)}
    for _ in columns:
        for bond, first, second in graph.bonds:
            if bond in (DERIVED, SPECIAL):
                columns[first] = min(max(columns[first], columns[second] + 1), len(columns))
    return columns


def _start(place: tuple[int, int]) -> tuple[int, int]:
    return place[0] + WIDTH, place[1] + HEIGHT // 2


def _end(place: tuple[int, int]) -> tuple[int, int]:
    return place[0], place[1] + HEIGHT // 2


def _type(thing: Thing) -> str:
    return words().get(thing.type, thing.type)


def _name(thing: Thing) -> str:
    return thing.label or thing.id.removeprefix("uuid:")[:13]


def _cut(thing: Thing) -> str:
    """The name as far as its box is wide; a Han character is as wide as two Latin ones."""
    shown, room = "", 2 * LABEL_MAX
    for character in (name := _name(thing)):
        room -= 1 if character.isascii() else 2
        if room < 0:
            return shown[:-1] + "…"
        shown += character
    return name
