"""Where the filled-in values stand in a clause, so that pages can mark them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from contracts.clauses.standard_v1 import CLAUSES
from contracts.clauses.wording import PLACE

_PARAGRAPHS = {clause.code: clause.paragraphs for clause in CLAUSES}


class Segment(NamedTuple):
    """A stretch of text; `name` is the filled-in value it is, or None for wording of the template."""

    text: str
    name: str | None


def segments(clause: Mapping[str, Any], language: str) -> list[list[Segment]]:
    """The paragraphs of one clause of a composed document, each cut at what was filled in.

    language: zh or en. A paragraph that is not of the published wording comes back whole and unmarked.
    """
    key = "value" if language == "zh" else "value_en"
    values = {filled["name"]: filled[key] for filled in clause["filled"]}
    wordings = _PARAGRAPHS.get(clause["code"], {}).values()
    templates = [wording.zh if language == "zh" else wording.en for wording in wordings]
    return [_cut(line, templates, values) for line in clause["text"][language].split("\n")]


def _cut(line: str, templates: Sequence[str], values: Mapping[str, str]) -> list[Segment]:
    number, _, body = line.partition(" ")
    for template in templates:
        cut = _matched(body, template, values)
        if cut is not None:
            return [Segment(f"{number} ", None), *cut]
    return [Segment(line, None)]


def _matched(body: str, template: str, values: Mapping[str, str]) -> list[Segment] | None:
    """The segments if `body` is this template filled with these values; references to clauses are wording."""
    cut: list[Segment] = []
    rest, place = body, 0
    for match in PLACE.finditer(template):
        literal = template[place : match.start()]
        place = match.end()
        value = _reference(rest.removeprefix(literal)) if match[1] else values.get(match[2])
        if value is None or not rest.startswith(literal + value):
            return None
        rest = rest[len(literal) + len(value) :]
        cut += [Segment(literal + value, None)] if match[1] else [Segment(literal, None), Segment(value, match[2])]
    if rest != template[place:]:
        return None
    return [segment for segment in [*cut, Segment(rest, None)] if segment.text]


def _reference(rest: str) -> str:
    return rest[: len(rest) - len(rest.lstrip("0123456789"))]
