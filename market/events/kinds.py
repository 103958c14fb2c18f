"""The register of event kinds. A leaf is public for ever, so a field is committed unless its kind says public."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from market.events import clear

_ENVELOPE: Final = frozenset({"subject", "actor", "thread"})  # always committed, never a field of a kind


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event: what it says, why it must be said, and which fields stand in clear."""

    name: str
    basis: str
    fields: Mapping[str, type | tuple[type, ...]]
    public: frozenset[str] = field(default_factory=frozenset)
    schema: int = 1

    def check(self, fields: Mapping[str, Any]) -> None:
        """Raise WrongFields unless exactly the declared fields are there, each of its type (None where allowed).

        Raises PersonalInClear for a public text that identifies a person.
        """
        if set(fields) != set(self.fields):
            missing, foreign = set(self.fields) - set(fields), set(fields) - set(self.fields)
            raise WrongFields(f"{self.name}: missing {sorted(missing)}, unknown {sorted(foreign)}")
        for name, value in fields.items():
            wanted = self.fields[name]
            is_flag_as_number = isinstance(value, bool) and bool not in (
                wanted if isinstance(wanted, tuple) else (wanted,)
            )
            if not isinstance(value, wanted) or is_flag_as_number:
                raise WrongFields(f"{self.name}.{name} is {type(value).__name__}")
        if self.public:
            clear.require({name: fields[name] for name in self.public})


class UnknownKind(RuntimeError):
    """An event of a kind that no room declared: a programming error, never a silent leaf."""


class WrongFields(RuntimeError):
    """An event whose fields differ from its kind's schema."""


KINDS: Final[dict[str, Kind]] = {}


def declare(
    name: str,
    /,
    *,
    basis: str,
    public: tuple[str, ...] = (),
    schema: int = 1,
    **fields: type | tuple[type, ...],
) -> Kind:
    """Add a kind to the register; `basis` names the law article or the clause that asks for the record."""
    if name in KINDS:
        raise RuntimeError(f"event kind {name} is declared twice")
    if foreign := (set(public) - set(fields)) | (_ENVELOPE & set(fields)):
        raise RuntimeError(f"event kind {name}: {sorted(foreign)} cannot be declared so")
    kind = Kind(name=name, basis=basis, fields=dict(fields), public=frozenset(public), schema=schema)
    KINDS[name] = kind
    return kind


def get(name: str) -> Kind:
    """The kind of this name. Raises UnknownKind."""
    try:
        return KINDS[name]
    except KeyError as error:
        raise UnknownKind(f"no room declares the event kind {name!r}") from error
