"""Writing a policy: the one spelling that is hashed, signed and sent."""

from market.policy.language import ODRL, Action, Condition, Logical, Policy, Rule, Value


def canonical(policy: Policy) -> dict[str, object]:
    """The policy as plain JSON of the Dataspace Protocol 2025-1; `parse` reads it back as the same value.

    `use` stands as the protocol's term, every other action as its full IRI, since the protocol's context
    knows no other. Order is kept, not sorted: the Eclipse connector refuses an agreement whose rules
    stand in another order than in its offer. Empty members are left out, the schemas forbid them.
    """
    members: dict[str, object] = {
        "@type": policy.type.value,
        "@id": policy.id,
        "profile": policy.profile,
        "target": policy.target,
        "assigner": policy.assigner,
        "assignee": policy.assignee,
        "timestamp": policy.timestamp,
        "permission": [_rule(rule) for rule in policy.permissions],
        "prohibition": [_rule(rule) for rule in policy.prohibitions],
        "obligation": [_rule(rule) for rule in policy.obligations],
    }
    return {key: member for key, member in members.items() if member}


def condition(found: Condition) -> dict[str, object]:
    """One constraint or logical constraint as plain JSON."""
    if isinstance(found, Logical):
        return {found.connective.value: [condition(part) for part in found.parts]}
    right = found.right
    written: dict[str, object] = {
        "leftOperand": found.left.value,
        "operator": found.operator.value,
        "rightOperand": [_value(item) for item in right] if isinstance(right, tuple) else _value(right),
    }
    return written if found.unit is None else written | {f"{ODRL}unit": found.unit}


def _rule(rule: Rule) -> dict[str, object]:
    members: dict[str, object] = {
        "action": rule.action.value if rule.action is Action.USE else f"{ODRL}{rule.action}",
        "constraint": [condition(found) for found in rule.constraints],
        "duty": [_rule(duty) for duty in rule.duties],
        f"{ODRL}attributedParty": rule.attributed_party,
    }
    return {key: member for key, member in members.items() if member}


def _value(value: Value) -> str | dict[str, str]:
    if value.datatype is None:
        return value.text
    if value.datatype == "@id":
        return {"@id": value.text}
    return {"@value": value.text, "@type": value.datatype}
