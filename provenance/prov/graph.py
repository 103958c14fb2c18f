"""Entities, activities and agents with what joins them, as W3C PROV-DM names them. Knows no Django and no database."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

PREFIXES: Final = {
    "prov": "http://www.w3.org/ns/prov#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "uuid": "urn:uuid:",
    "dm": "urn:market:prov:",
    "tlog": "https://c2sp.org/tlog-tiles#",
}


class Kind(StrEnum):
    """The three kinds of things."""

    ENTITY = "entity"
    ACTIVITY = "activity"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Bond:
    """One relation of PROV: its name, the roles of its two ends in PROV-JSON, and whether PROV-N gives it a time."""

    name: str
    first: str
    second: str
    has_time: bool = False


GENERATED: Final = Bond("wasGeneratedBy", "entity", "activity", has_time=True)
USED: Final = Bond("used", "activity", "entity", has_time=True)
INVALIDATED: Final = Bond("wasInvalidatedBy", "entity", "activity", has_time=True)
ASSOCIATED: Final = Bond("wasAssociatedWith", "activity", "agent")
ATTRIBUTED: Final = Bond("wasAttributedTo", "entity", "agent")
DERIVED: Final = Bond("wasDerivedFrom", "generatedEntity", "usedEntity")
BEHALF: Final = Bond("actedOnBehalfOf", "delegate", "responsible")
SPECIAL: Final = Bond("specializationOf", "specificEntity", "generalEntity")


@dataclass(frozen=True, slots=True)
class Thing:
    """An entity, an activity or an agent. id: prefixed, e.g. uuid:0193…; at: of an activity, RFC 3339 in UTC."""

    kind: Kind
    id: str
    label: str = ""
    type: str = ""  # prefixed, e.g. dm:version
    at: str = ""
    said: tuple[tuple[str, str | int], ...] = ()  # further attributes, prefixed


@dataclass(slots=True)
class Graph:
    """Things by id in the order they were added, and what joins them. prefixes: beside PREFIXES."""

    prefixes: dict[str, str] = field(default_factory=dict)
    things: dict[str, Thing] = field(default_factory=dict)
    bonds: list[tuple[Bond, str, str]] = field(default_factory=list)

    def add(self, thing: Thing) -> str:
        """Take a thing in, once; answers its id."""
        self.things.setdefault(thing.id, thing)
        return thing.id

    def join(self, bond: Bond, first: str, second: str) -> None:
        """Join two things that are there already, once."""
        if first not in self.things or second not in self.things:
            raise KeyError(f"{bond.name} joins what is not in the graph: {first}, {second}")
        if (bond, first, second) not in self.bonds:
            self.bonds.append((bond, first, second))

    def of(self, kind: Kind) -> list[Thing]:
        """The things of a kind."""
        return [each for each in self.things.values() if each.kind is kind]

    def all_prefixes(self) -> dict[str, str]:
        """Every prefix that ids and attributes use."""
        return PREFIXES | self.prefixes

    def iri(self, name: str) -> str:
        """The whole address of a prefixed name."""
        prefix, _, local = name.partition(":")
        return self.all_prefixes()[prefix] + local

    def joined(self, thing_id: str) -> Iterable[tuple[Bond, str]]:
        """What a thing is joined to as the first of two."""
        return ((bond, second) for bond, first, second in self.bonds if first == thing_id)
