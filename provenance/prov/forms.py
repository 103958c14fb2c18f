"""The four forms of a graph, and which one a reader asks for.

Sources: PROV-JSON (W3C member submission 2013), PROV-N, PROV-O (W3C recommendations), Turtle 1.1, JSON-LD 1.1.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from provenance.prov.graph import Graph, Kind, Thing

PROV_JSON: Final = "application/prov+json"
PROV_N: Final = "text/provenance-notation"
TURTLE: Final = "text/turtle"
JSON_LD: Final = "application/ld+json"
HTML: Final = "text/html"
_CLASSES: Final = {Kind.ENTITY: "Entity", Kind.ACTIVITY: "Activity", Kind.AGENT: "Agent"}


def as_prov_json(graph: Graph) -> str:
    """PROV-JSON."""
    own = {name: iri for name, iri in graph.all_prefixes().items() if name not in {"prov", "xsd", "rdfs"}}
    whole: dict[str, Any] = {"prefix": own}
    for thing in graph.things.values():
        whole.setdefault(thing.kind.value, {})[thing.id] = _json_attributes(thing)
    for number, (bond, first, second) in enumerate(graph.bonds, start=1):
        ends = {f"prov:{bond.first}": first, f"prov:{bond.second}": second}
        whole.setdefault(bond.name, {})[f"_:b{number}"] = ends
    return json.dumps(whole, ensure_ascii=False, indent=1)


def as_prov_n(graph: Graph) -> str:
    """PROV-N, one statement a line."""
    lines = ["document"]
    lines += [f"  prefix {name} <{iri}>" for name, iri in graph.all_prefixes().items() if name not in {"prov", "xsd"}]
    for thing in graph.things.values():
        times = f", {thing.at or '-'}, {thing.at or '-'}" if thing.kind is Kind.ACTIVITY else ""
        said = ", ".join(f"{name}={_literal(value, is_name=is_name)}" for name, value, is_name in _said(thing))
        lines.append(f"  {thing.kind.value}({thing.id}{times}{f', [{said}]' if said else ''})")
    for bond, first, second in graph.bonds:
        third = ", -" if bond.has_time or bond.name == "wasAssociatedWith" else ""
        lines.append(f"  {bond.name}({first}, {second}{third})")
    return "\n".join([*lines, "endDocument", ""])


def as_turtle(graph: Graph) -> str:
    """PROV-O as Turtle."""
    lines = [f"@prefix {name}: <{iri}> ." for name, iri in graph.all_prefixes().items()]
    for thing in graph.things.values():
        facts = [f"a prov:{_CLASSES[thing.kind]}" + (f", {_turtle_iri(graph, thing.type)}" if thing.type else "")]
        if thing.label:
            facts.append(f"rdfs:label {_quoted(thing.label)}")
        if thing.at:
            facts += [f'prov:{name} "{thing.at}"^^xsd:dateTime' for name in ("startedAtTime", "endedAtTime")]
        facts += [f"{name} {_literal(value)}" for name, value in thing.said]
        facts += [f"prov:{bond.name} {_turtle_iri(graph, second)}" for bond, second in graph.joined(thing.id)]
        lines += ["", f"{_turtle_iri(graph, thing.id)}", "    " + " ;\n    ".join(facts) + " ."]
    return "\n".join([*lines, ""])


def as_json_ld(graph: Graph) -> str:
    """PROV-O as JSON-LD."""
    nodes = []
    for thing in graph.things.values():
        node: dict[str, Any] = {"@id": graph.iri(thing.id), "@type": [f"prov:{_CLASSES[thing.kind]}"]}
        if thing.type:
            node["@type"].append(thing.type)
        if thing.label:
            node["rdfs:label"] = thing.label
        if thing.at:
            for name in ("startedAtTime", "endedAtTime"):
                node[f"prov:{name}"] = {"@value": thing.at, "@type": "xsd:dateTime"}
        node |= dict(thing.said)
        for bond, second in graph.joined(thing.id):
            node.setdefault(f"prov:{bond.name}", []).append({"@id": graph.iri(second)})
        nodes.append(node)
    return json.dumps({"@context": graph.all_prefixes(), "@graph": nodes}, ensure_ascii=False, indent=1)


WRITERS: Final[dict[str, Callable[[Graph], str]]] = {
    PROV_JSON: as_prov_json,
    PROV_N: as_prov_n,
    TURTLE: as_turtle,
    JSON_LD: as_json_ld,
}
# ?format=… for readers that cannot set a header, such as a link on a page.
NAMES: Final = {"json": PROV_JSON, "provn": PROV_N, "ttl": TURTLE, "jsonld": JSON_LD, "html": HTML}
_ALSO: Final = {"application/json": PROV_JSON, "*/*": HTML, "text/*": HTML, "application/xhtml+xml": HTML}


def wanted(accept: str, name: str = "") -> str | None:
    """The media type to answer with: the named form, else the best of an Accept header (RFC 9110 §12.5.1).

    None where nothing that is asked for can be had.
    """
    if name:
        return NAMES.get(name)
    best: tuple[float, int, str] | None = None
    for place, part in enumerate(accept.split(",") if accept.strip() else ["*/*"]):
        kind, *parameters = (each.strip().lower() for each in part.split(";"))
        offered = kind if kind in WRITERS or kind == HTML else _ALSO.get(kind)
        weight = _weight(parameters)
        if offered and weight > 0 and (best is None or (weight, -place) > best[:2]):
            best = (weight, -place, offered)
    return best[2] if best else None


def _weight(parameters: list[str]) -> float:
    for each in parameters:
        if each.startswith("q="):
            try:
                return float(each.removeprefix("q="))
            except ValueError:
                return 0.0
    return 1.0


def _json_attributes(thing: Thing) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if thing.at:
        found |= {"prov:startTime": thing.at, "prov:endTime": thing.at}
    for name, value, is_name in _said(thing):
        found[name] = {"$": value, "type": "prov:QUALIFIED_NAME"} if is_name else value
    return found


def _said(thing: Thing) -> list[tuple[str, str | int, bool]]:
    """Attributes with whether the value is a prefixed name."""
    found: list[tuple[str, str | int, bool]] = [("prov:label", thing.label, False)] if thing.label else []
    if thing.type:
        found.append(("prov:type", thing.type, True))
    return found + [(name, value, False) for name, value in thing.said]


def _literal(value: str | int, *, is_name: bool = False) -> str:
    if isinstance(value, int):
        return str(value)
    return f"'{value}'" if is_name else _quoted(value)


def _quoted(text: str) -> str:
    """A string of Turtle and PROV-N: JSON's escapes are theirs too."""
    return json.dumps(text, ensure_ascii=False).replace("\\/", "/")


def _turtle_iri(graph: Graph, name: str) -> str:
    return f"<{graph.iri(name)}>"
