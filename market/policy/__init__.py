"""Usage policies (ODRL 2.2 subset): read, write, evaluate, explain. A pure library: no Django, no database.

policy.parse(document)           plain JSON -> Policy, or PolicyInvalid with every problem
policy.canonical(found)          Policy -> the one spelling that is hashed, signed and sent
policy.evaluate(found, request)  default deny; a prohibition wins; unknown is no
policy.build(terms)              the supplier's simple form -> Policy
policy.words(found)              may / may not / must, as codes that pages translate
policy.differences(old, new)     what a counter-offer changes
"""

from market.policy.canonical import canonical
from market.policy.comparison import Difference, differences
from market.policy.errors import PolicyInvalid, Problem
from market.policy.evaluation import evaluate
from market.policy.language import (
    ANY_LAWFUL,
    WORLD,
    Action,
    Constraint,
    Decision,
    Logical,
    Operand,
    Operator,
    Policy,
    PolicyType,
    Request,
    Rule,
    RuleKind,
    Value,
)
from market.policy.licence import UsageTerms, as_agreement, as_offer, build, terms_of
from market.policy.parser import parse
from market.policy.words import CODES, Phrase, Plain, words

__all__ = [
    "ANY_LAWFUL",
    "CODES",
    "WORLD",
    "Action",
    "Constraint",
    "Decision",
    "Difference",
    "Logical",
    "Operand",
    "Operator",
    "Phrase",
    "Plain",
    "Policy",
    "PolicyInvalid",
    "PolicyType",
    "Problem",
    "Request",
    "Rule",
    "RuleKind",
    "UsageTerms",
    "Value",
    "as_agreement",
    "as_offer",
    "build",
    "canonical",
    "differences",
    "evaluate",
    "parse",
    "terms_of",
    "words",
]
