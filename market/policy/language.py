"""The words of a usage policy: the ODRL 2.2 subset that this market enforces, as frozen values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

ODRL: Final = "http://www.w3.org/ns/odrl/2/"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
ANY_LAWFUL: Final = "any-lawful"  # the purpose that holds every declared purpose, for a supplier who says so
WORLD: Final = "001"  # UN M.49: the territory that holds every region


class PolicyType(StrEnum):
    """What the document is: a template, an offer, or what two parties agreed."""

    SET = "Set"
    OFFER = "Offer"
    AGREEMENT = "Agreement"


class Action(StrEnum):
    """What may be done with the data, or must be done in return."""

    USE = "use"
    READ = "read"
    AGGREGATE = "aggregate"
    DERIVE = "derive"
    DISTRIBUTE = "distribute"
    DISPLAY = "display"
    DELETE = "delete"
    COMPENSATE = "compensate"
    ATTRIBUTE = "attribute"
    INFORM = "inform"


DUTIES: Final = frozenset({Action.COMPENSATE, Action.ATTRIBUTE, Action.INFORM, Action.DELETE})
USES: Final = frozenset(Action) - {Action.COMPENSATE, Action.ATTRIBUTE, Action.INFORM}


class Operand(StrEnum):
    """The left side of a constraint: the fact that is compared."""

    DATE_TIME = "dateTime"
    ELAPSED_TIME = "elapsedTime"
    COUNT = "count"
    PURPOSE = "purpose"
    SPATIAL = "spatial"
    RECIPIENT = "recipient"
    INDUSTRY = "industry"
    PAY_AMOUNT = "payAmount"


class Operator(StrEnum):
    """How the fact is compared with the right side."""

    EQ = "eq"
    NEQ = "neq"
    LT = "lt"
    LTEQ = "lteq"
    GT = "gt"
    GTEQ = "gteq"
    IS_ANY_OF = "isAnyOf"
    IS_NONE_OF = "isNoneOf"
    IS_ALL_OF = "isAllOf"
    IS_PART_OF = "isPartOf"
    HAS_PART = "hasPart"
    IS_A = "isA"


ORDERED: Final = frozenset({Operator.LT, Operator.LTEQ, Operator.GT, Operator.GTEQ})
EQUAL: Final = frozenset({Operator.EQ, Operator.NEQ})
# An operator outside its line is refused when the policy is read: no offer promises what access cannot check.
OPERATORS: Final[Mapping[Operand, frozenset[Operator]]] = {
    Operand.DATE_TIME: ORDERED | EQUAL,
    Operand.ELAPSED_TIME: ORDERED,
    Operand.COUNT: ORDERED,
    Operand.PURPOSE: frozenset(Operator) - ORDERED,
    Operand.SPATIAL: frozenset(Operator) - ORDERED,
    Operand.RECIPIENT: frozenset(Operator) - ORDERED,
    Operand.INDUSTRY: frozenset(Operator) - ORDERED,
    Operand.PAY_AMOUNT: frozenset({Operator.EQ}),
}
TAKES_LIST: Final = frozenset({Operator.IS_ANY_OF, Operator.IS_NONE_OF, Operator.IS_ALL_OF, Operator.IS_PART_OF})


class Connective(StrEnum):
    """How the parts of a logical constraint are joined."""

    AND = "and"
    OR = "or"
    XONE = "xone"
    AND_SEQUENCE = "andSequence"


class RuleKind(StrEnum):
    """The three kinds of rule."""

    PERMISSION = "permission"
    PROHIBITION = "prohibition"
    OBLIGATION = "obligation"


@dataclass(frozen=True, slots=True)
class Value:
    """A right operand: its text as written, and its datatype (`xsd:…`, `@id`) where the document gave one."""

    text: str
    datatype: str | None = None


@dataclass(frozen=True, slots=True)
class Constraint:
    """One comparison. A tuple on the right is a list of alternatives; `unit` goes with payAmount only."""

    left: Operand
    operator: Operator
    right: Value | tuple[Value, ...]
    unit: str | None = None

    @property
    def values(self) -> tuple[Value, ...]:
        """The right side as a tuple, one value long where it was not a list."""
        return self.right if isinstance(self.right, tuple) else (self.right,)

    @property
    def texts(self) -> tuple[str, ...]:
        """The right side without datatypes."""
        return tuple(value.text for value in self.values)


@dataclass(frozen=True, slots=True)
class Logical:
    """Constraints joined by and, or, xone or andSequence."""

    connective: Connective
    parts: tuple["Condition", ...]


Condition = Constraint | Logical


def _flat(parts: tuple[Condition, ...]) -> Iterator[Constraint]:
    for part in parts:
        if isinstance(part, Logical):
            yield from _flat(part.parts)
        else:
            yield part


@dataclass(frozen=True, slots=True)
class Rule:
    """A permission, a prohibition or an obligation; only a permission has duties of its own."""

    kind: RuleKind
    action: Action
    constraints: tuple[Condition, ...] = ()
    duties: tuple["Rule", ...] = ()
    attributed_party: str | None = None  # whom an `attribute` duty names

    @property
    def atoms(self) -> tuple[Constraint, ...]:
        """Every comparison in its conditions, however deep it nests."""
        return tuple(_flat(self.constraints))

    def speaks_of(self, *operands: Operand) -> bool:
        """Does any of its conditions look at one of these facts?"""
        return any(part.left in operands for part in self.atoms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A whole policy. Rules keep the order of the document: a counterpart compares ours with its own."""

    type: PolicyType = PolicyType.SET
    id: str | None = None
    profile: str | None = None
    target: str | None = None
    assigner: str | None = None
    assignee: str | None = None
    timestamp: str | None = None
    permissions: tuple[Rule, ...] = ()
    prohibitions: tuple[Rule, ...] = ()
    obligations: tuple[Rule, ...] = ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule: permissions, then prohibitions, then obligations."""
        return self.permissions + self.prohibitions + self.obligations


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One intended use and the facts a policy may ask for. One left out is unknown, and unknown is no."""

    action: Action | str
    at: datetime
    agreed_at: datetime | None = None
    use_count: int | None = None  # uses already taken under this agreement, without this one
    purpose: str | None = None
    recipient: str | None = None  # urn of the organisation that will hold the data
    region: str | None = None  # ISO 3166-1 alpha-2, or with a GB/T 2260 division code: CN, CN-140105
    claims: Mapping[str, str] = field(default_factory=dict)  # attested facts, such as industry (GB/T 4754)

    def __post_init__(self) -> None:
        for moment in (self.at, self.agreed_at):
            if moment is not None and moment.utcoffset() is None:
                raise ValueError("a request needs times with a zone")


Parameter = str | int | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a request: `code` is `allowed` or says what refused, `params` fill its sentence."""

    allowed: bool
    code: str
    params: Mapping[str, Parameter] = field(default_factory=dict)
    rule: Rule | None = None  # the permission that let it pass, or the prohibition that stopped it
    clause: str | None = None  # where it stands: `permission[0].constraint[1]`
