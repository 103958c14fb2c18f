"""Reading a policy document: plain JSON as the Dataspace Protocol 2025-1 writes it, or with odrl: prefixes.

What cannot be enforced is refused here, so that nothing signed promises more than access checks.
"""

from collections.abc import Callable, Mapping
from typing import Final

from market.policy import values
from market.policy.errors import PolicyInvalid
from market.policy.language import (
    DUTIES,
    OPERATORS,
    TAKES_LIST,
    USES,
    XSD,
    Action,
    Condition,
    Connective,
    Constraint,
    Logical,
    Operand,
    Operator,
    Policy,
    PolicyType,
    Rule,
    RuleKind,
    Value,
)
from market.policy.reading import Reader, bare, shown

NESTING_MAX: Final = 8

# The Eclipse connector's spelling of a validity date.
_EDC_IN_FORCE: Final = "https://w3id.org/edc/v0.0.1/ns/inForceDate"
_INTEGERS: Final = frozenset({"xsd:integer", "xsd:nonNegativeInteger", "xsd:positiveInteger", "xsd:int", "xsd:long"})
_TERM_TYPES: Final = frozenset({"xsd:string", "xsd:anyURI", "@id"})
_TERMS: Final = frozenset({Operand.PURPOSE, Operand.SPATIAL, Operand.RECIPIENT, Operand.INDUSTRY})


def parse(document: object) -> Policy:
    """Read a policy document, as decoded from JSON.

    Raises PolicyInvalid with every problem found: its path, the reason and what to write instead.
    """
    reader = _PolicyReader()
    policy = reader.policy(document)
    if policy is None or reader.problems:
        raise PolicyInvalid(reader.problems)
    return policy


_TEXTS: Final = ("@id", "profile", "target", "assigner", "assignee")
_MEMBERS: Final = {"@context", "@type", "timestamp", "conflict", *_TEXTS}


class _PolicyReader(Reader):
    # --- the policy ---

    def policy(self, document: object) -> Policy | None:
        body = self.mapping(document, "")
        if body is None:
            return None
        self.only(body, _MEMBERS | set(RuleKind), "")
        kind = self.word(PolicyType, body.get("@type"), "@type")
        texts = {key: self.optional_text(body, key) for key in _TEXTS}
        timestamp = self.optional_text(body, "timestamp")
        if timestamp is not None and (len(timestamp) < 11 or values.moment(timestamp) is None):
            self.refuse(
                "timestamp",
                "not_a_moment",
                f"{shown(timestamp)} is not a date and time with a zone",
                "Write it as 2026-11-23T02:14:00Z",
            )
        if "conflict" in body and bare(body["conflict"]) != "prohibit":
            self.refuse("conflict", "unknown_conflict", "Only prohibitions win here", "Leave conflict out")
        rules = {rule_kind: self.rules(body, rule_kind, "") for rule_kind in RuleKind}
        if not any(rule_kind in body for rule_kind in (RuleKind.PERMISSION, RuleKind.PROHIBITION)):
            self.refuse(
                "permission",
                "no_rule",
                "A policy needs a permission or a prohibition",
                'Add a permission, such as {"action": "use"}',
            )
        if kind is None:
            return None
        self.needs(kind, texts)
        return Policy(
            type=kind,
            id=texts["@id"],
            profile=texts["profile"],
            target=texts["target"],
            assigner=texts["assigner"],
            assignee=texts["assignee"],
            timestamp=timestamp,
            permissions=rules[RuleKind.PERMISSION],
            prohibitions=rules[RuleKind.PROHIBITION],
            obligations=rules[RuleKind.OBLIGATION],
        )

    def needs(self, kind: PolicyType, texts: Mapping[str, str | None]) -> None:
        needed = {
            PolicyType.SET: (),
            PolicyType.OFFER: ("@id",),
            PolicyType.AGREEMENT: ("@id", "target", "assigner", "assignee"),
        }
        for key in needed[kind]:
            if texts[key] is None:
                self.refuse(key, "missing", f"An {kind} needs {key}", f"Add {key} as a URI")

    # --- rules ---

    def rules(self, body: Mapping[str, object], kind: RuleKind, path: str, key: str | None = None) -> tuple[Rule, ...]:
        key = key or kind.value
        if key not in body:
            return ()
        where = f"{path}.{key}" if path else key
        return self.array(body[key], where, lambda item, at: self.rule(item, kind, at))

    def rule(self, item: object, kind: RuleKind, path: str) -> Rule | None:
        body = self.mapping(item, path)
        if body is None:
            return None
        known = {"action", "constraint", "@type"}
        if kind is RuleKind.PERMISSION:
            known = known | {"duty"}
        party_key = next((key for key in body if bare(key) == "attributedParty"), None)
        if kind is RuleKind.OBLIGATION and party_key is not None:
            known = known | {party_key}
        self.only(body, known, path)
        action = self.word(Action, body.get("action"), f"{path}.action")
        if action is None:
            return None
        if action not in (DUTIES if kind is RuleKind.OBLIGATION else USES):
            allowed = ", ".join(sorted(DUTIES if kind is RuleKind.OBLIGATION else USES))
            self.refuse(
                f"{path}.action",
                "action_out_of_place",
                f"{action} cannot stand in a {kind}",
                f"Use one of {allowed}",
            )
        party = self.optional_text(body, party_key, path) if party_key is not None else None
        if party is not None and action is not Action.ATTRIBUTE:
            self.refuse(
                f"{path}.{party_key}",
                "party_out_of_place",
                "Only an attribute duty names a party",
                "Move it to the attribute duty",
            )
        constraints = self.conditions(body, path, pays=action is Action.COMPENSATE)
        return Rule(
            kind=kind,
            action=action,
            constraints=constraints,
            duties=self.rules(body, RuleKind.OBLIGATION, path, key="duty"),
            attributed_party=party,
        )

    # --- constraints ---

    def conditions(self, body: Mapping[str, object], path: str, *, pays: bool) -> tuple[Condition, ...]:
        found = body.get("constraint", [])
        if found == []:  # the protocol's schema allows an empty list of constraints, not of rules
            return ()
        return self.array(found, f"{path}.constraint", lambda item, at: self.condition(item, at, pays=pays, depth=0))

    def condition(self, item: object, path: str, *, pays: bool, depth: int) -> Condition | None:
        body = self.mapping(item, path)
        if body is None:
            return None
        joined = [key for key in body if bare(key) in set(Connective)]
        if not joined:
            return self.constraint(body, path, pays=pays)
        if len(body) != 1:
            self.refuse(
                path,
                "mixed_constraint",
                "A logical constraint has exactly one of and, or, xone, andSequence",
                "Split it into constraints of their own",
            )
            return None
        if depth >= NESTING_MAX:
            self.refuse(path, "too_deep", f"Constraints nest deeper than {NESTING_MAX}", "Flatten them")
            return None
        key = joined[0]

        def inner(part: object, at: str) -> Condition | None:
            return self.condition(part, at, pays=pays, depth=depth + 1)

        return Logical(Connective(str(bare(key))), self.array(body[key], f"{path}.{key}", inner))

    def constraint(self, body: Mapping[str, object], path: str, *, pays: bool) -> Constraint | None:
        unit_key = next((key for key in body if bare(key) == "unit"), "unit")
        self.only(body, {"leftOperand", "operator", "rightOperand", "@type", unit_key}, path)
        left_text = body.get("leftOperand")
        left = Operand.DATE_TIME if left_text == _EDC_IN_FORCE else self.word(Operand, left_text, f"{path}.leftOperand")
        operator = self.word(Operator, body.get("operator"), f"{path}.operator")
        if left is None or operator is None:
            return None
        if operator not in OPERATORS[left]:
            self.refuse(
                f"{path}.operator",
                "operator_out_of_place",
                f"{left} cannot be compared by {operator}",
                f"Use one of {', '.join(sorted(OPERATORS[left]))}",
            )
        if (left is Operand.PAY_AMOUNT) is not pays:
            self.refuse(
                f"{path}.leftOperand",
                "operand_out_of_place",
                "payAmount belongs to a compensate duty, and a compensate duty has nothing else",
                "State the price as an obligation: action compensate, payAmount eq the amount",
            )
        right = self.right(body.get("rightOperand"), left, operator, f"{path}.rightOperand")
        unit = self.optional_text(body, unit_key, path)
        if unit is not None and left is not Operand.PAY_AMOUNT:
            self.refuse(f"{path}.{unit_key}", "unit_out_of_place", "Only payAmount has a unit", "Leave unit out")
        return None if right is None else Constraint(left, operator, right, unit)

    def right(self, found: object, left: Operand, operator: Operator, path: str) -> Value | tuple[Value, ...] | None:
        if isinstance(found, list):
            if operator not in TAKES_LIST:
                self.refuse(
                    path,
                    "list_out_of_place",
                    f"{operator} compares with one value, not with a list",
                    "Write the single value, or use isAnyOf",
                )
                return None
            return self.array(found, path, lambda item, at: self.value(item, left, at))
        return self.value(found, left, path)

    def value(self, found: object, left: Operand, path: str) -> Value | None:
        value = self.typed(found, path)
        if value is None:
            return None
        types, reads, example = _READS[left]
        if value.datatype is not None and value.datatype not in types:
            self.refuse(
                path,
                "wrong_datatype",
                f"{left} does not take {value.datatype}",
                f"Use one of {', '.join(sorted(types))}",
            )
        elif not reads(value.text):
            self.refuse(
                path,
                "unreadable_value",
                f"{shown(value.text)} is no value for {left}",
                f"Write it as {example}",
            )
        return value

    def typed(self, found: object, path: str) -> Value | None:
        if isinstance(found, Mapping):
            body = {str(key): inner for key, inner in found.items()}
            if set(body) == {"@id"}:
                text = self.text(body["@id"], f"{path}.@id")
                return None if text is None else Value(text, "@id")
            self.only(body, {"@value", "@type"}, path)
            inner = body.get("@value")
            is_number = isinstance(inner, int) and not isinstance(inner, bool)
            text = self.text(str(inner) if is_number else inner, f"{path}.@value")
            datatype = self.text(body["@type"], f"{path}.@type") if "@type" in body else None
            return None if text is None else Value(text, datatype and datatype.replace(XSD, "xsd:"))
        if isinstance(found, (bool, int, float)):
            self.refuse(
                path,
                "bare_number",
                "The protocol allows no bare number or boolean here",
                f'Write "{found}", or {{"@value": "{found}", "@type": "xsd:integer"}}',
            )
            return None
        text = self.text(found, path)
        return None if text is None else Value(text)


_READS: Final[Mapping[Operand, tuple[frozenset[str], Callable[[str], bool], str]]] = {
    Operand.DATE_TIME: (
        frozenset({"xsd:date", "xsd:dateTime"}),
        lambda text: values.moment(text) is not None,
        "2027-11-23 or 2027-11-23T16:00:00Z (with its zone)",
    ),
    Operand.ELAPSED_TIME: (
        frozenset({"xsd:duration"}),
        lambda text: values.duration(text) is not None,
        "P365D, P1Y or PT24H",
    ),
    Operand.COUNT: (_INTEGERS, lambda text: values.count(text) is not None, '"10"'),
    Operand.PAY_AMOUNT: (_INTEGERS | {"xsd:decimal"}, values.is_amount, '"480.00"'),
    **dict.fromkeys(_TERMS, (_TERM_TYPES, bool, "a text or a URI")),
}
