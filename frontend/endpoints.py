"""The API as a page shows it: what each address does, who may call it, and what it takes. Read from the API itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from market import doors
from market.access import MEMBER, PUBLIC, SIGNED_IN, AccessRule
from market.api import api
from market.participants.members import Role

# The first part of the address, in the order in which a trade meets the rooms.
ROOMS: Final[dict[str, str | Promise]] = {
    "": _("Organisations, members, keys"),
    "listings": _("Resources, products, catalogue"),
    "contracts": _("Negotiations, contracts, trades"),
    "settlement": _("Money"),
    "delivery": _("Delivery"),
    "log": _("Ledger"),
    "supervision": _("Trade supervision"),
}
_LEVELS: Final[dict[str, str | Promise]] = {
    PUBLIC: _("anybody"),
    SIGNED_IN: _("who is signed in"),
    MEMBER: _("any member"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a request may carry: its name, the kind of its value, whether it must be there."""

    name: str
    kind: str
    is_needed: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """One address and method as the code states them; told in no language yet."""

    method: str
    path: str
    sentence: str
    rule: AccessRule
    query: tuple[Field, ...]
    body: tuple[Field, ...]
    media: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address and method in the reader's language."""

    method: str
    path: str
    meaning: str
    callers: str
    scope: str
    query: tuple[Field, ...]
    body: tuple[Field, ...]
    media: str


def rooms() -> list[tuple[str, list[Endpoint]]]:
    """Every endpoint by room, in the reader's language."""
    found: dict[str, list[Endpoint]] = {room: [] for room in ROOMS}
    for each in operations():
        first = each.path.split("/")[2]
        found[first if first in found else ""].append(_told(each))
    return [(str(ROOMS[room]), endpoints) for room, endpoints in found.items() if endpoints]


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation of the API, read once: code does not change under a running process."""
    schema = api.get_openapi_schema()
    return tuple(_operations(schema))


def _operations(schema: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in schema["paths"].items():
        for method, said in methods.items():
            rule = doors.rule(method.upper(), path)
            if rule is None:
                raise LookupError(f"{method.upper()} {path} states no rule")
            bodies: dict[str, dict[str, Any]] = said.get("requestBody", {}).get("content", {})
            media = next(iter(bodies), "")
            yield Operation(
                method=method.upper(),
                path=path,
                sentence=said.get("description", "").split("\n\n")[0].replace("\n", " "),
                rule=rule,
                query=tuple(
                    Field(each["name"], _kind(each["schema"], schema), each.get("required", False))
                    for each in said.get("parameters", ())
                    if each["in"] == "query"
                ),
                body=tuple(_fields(_resolved(bodies.get(media, {}).get("schema", {}), schema), schema)),
                media=media,
            )


def _told(each: Operation) -> Endpoint:
    roles = [role for role in Role if role in each.rule.roles]
    return Endpoint(
        method=each.method,
        path=each.path,
        meaning=_t(each.sentence) if each.sentence else "",
        callers=_t(", ").join(str(role.label) for role in roles) or str(_LEVELS[each.rule.level]),
        scope=each.rule.scope or "",
        query=each.query,
        body=each.body,
        media="" if each.media == "application/json" else each.media,
    )


def _fields(shape: dict[str, Any], schema: dict[str, Any]) -> Iterator[Field]:
    needed = shape.get("required", ())
    for name, value in shape.get("properties", {}).items():
        yield Field(name, _kind(value, schema), name in needed)


def _kind(value: dict[str, Any], schema: dict[str, Any]) -> str:
    """The kind of a value in the words of JSON Schema: a format, the choices, or a type; of a list its items'."""
    value = _resolved(value, schema)
    choices = [each for each in value.get("anyOf", ()) if each.get("type") != "null"]
    if choices:
        return " | ".join(dict.fromkeys(_kind(each, schema) for each in choices))
    if "enum" in value:
        return " | ".join(map(str, value["enum"]))
    if value.get("type") == "array":
        return f"[{_kind(value.get('items', {}), schema)}]"
    return str(value.get("format") or value.get("type") or "any")


def _resolved(value: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = value.get("$ref")
    if reference is None:
        return value
    found: dict[str, Any] = schema["components"]["schemas"][reference.rpartition("/")[2]]
    return found
