"""Which paragraphs of each clause stand, for given terms."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from contracts.clauses.standard_v1 import CLAUSES
from contracts.clauses.terms import Party, Terms
from market.policy import Operand, Plain

Choice = Callable[[Terms, Plain], Sequence[str]]

_CONDITIONAL: Final = frozenset({"action_if", "no_action_if", "duty_if"})
_FORBIDDEN: Final = frozenset({"no_use", "no_read", "no_aggregate", "no_display", "no_delete"})


def chosen(code: str, terms: Terms, plain: Plain) -> Sequence[str]:
    """The keys of the paragraphs that stand in a clause, in order; all where nothing depends on the terms."""
    choice = _CHOICES.get(code)
    return _ALL[code] if choice is None else choice(terms, plain)


def codes(plain: Plain) -> frozenset[str]:
    """Every code that the policy's words hold."""
    return frozenset(phrase.code for phrase in (*plain.may, *plain.may_not, *plain.must))


def _is_individual(party: Party) -> bool:
    return party.kind == "individual"


def _parties(terms: Terms, plain: Plain) -> Sequence[str]:
    return [
        "supplier_individual" if _is_individual(terms.supplier) else "supplier",
        "buyer_individual" if _is_individual(terms.buyer) else "buyer",
        "market",
    ]


def _rights(terms: Terms, plain: Plain) -> Sequence[str]:
    return ["held", "use" if _stance("distribute", plain) is False else "use_and_operate", "kept"]


def _use(terms: Terms, plain: Plain) -> Sequence[str]:
    found = codes(plain)
    # Where the permissions carry conditions of their own, those say purpose, term and territory.
    is_plain = "action_if" not in {phrase.code for phrase in plain.may}
    says_purpose = any(rule.speaks_of(Operand.PURPOSE) for rule in terms.policy.permissions)
    any_purpose = is_plain and says_purpose and "use_for" not in found
    is_kept = _stance("distribute", plain) is False
    stands = {
        "purpose": is_plain and not any_purpose,
        "any_purpose": any_purpose,
        "not_for": "not_for" in found,
        "method": True,
        "own": "not_by_others" not in found and is_kept,
        "own_and_others": "not_by_others" not in found and not is_kept,
        "recipients": "not_by_others" in found,
        "industries": "not_by_other_industries" in found,
        "count": "not_more_than" in found,
        "term": is_plain and "not_after" not in found,
        "until": "not_after" in found,
        "start": "not_before" in found,
        "territory": is_plain,
        "conditions": bool(found & (_CONDITIONAL | _FORBIDDEN)),
        "policy": True,
    }
    return [key for key, does in stands.items() if does]


def _resale(terms: Terms, plain: Plain) -> Sequence[str]:
    found = codes(plain)
    resale = {True: "resale", False: "no_resale", None: "resale_conditional"}
    derive = {True: "derive", False: "no_derive", None: "derive_conditional"}
    attribution = {"attribute_party": "attribution", "attribute": "attribution_open"}
    return [
        resale[_stance("distribute", plain)],
        derive[_stance("derive", plain)],
        *(key for code, key in attribution.items() if code in found),
        "no_identification",
    ]


def _stance(action: str, plain: Plain) -> bool | None:
    """Is this action allowed? None where conditions of the use clause decide."""
    found = codes(plain)
    if "no_use" in found or f"no_{action}" in found:
        return False
    if action in found:
        return True
    conditional = [phrase for phrase in (*plain.may, *plain.may_not) if phrase.code in _CONDITIONAL]
    return None if any(phrase.params["action"] in ("use", action) for phrase in conditional) else False


def _delivery(terms: Terms, plain: Plain) -> Sequence[str]:
    return ["paid" if terms.price_minor else "free", "test", "late"]


def _price(terms: Terms, plain: Plain) -> Sequence[str]:
    if not terms.price_minor:
        return ["free", "no_tax"]
    amount = "cny" if terms.currency == "CNY" else "other"
    return [amount, "tax_included" if terms.tax_included else "tax_added", "invoice"]


def _payment(terms: Terms, plain: Plain) -> Sequence[str]:
    if not terms.price_minor:
        return ["free"]
    return ["custodian" if terms.custodian else "market", "lapse", "release"]


def _acceptance(terms: Terms, plain: Plain) -> Sequence[str]:
    period = ["open_period", "no_silence"] if terms.acceptance_days is None else ["period", "silence"]
    return [*period, "objection", "use_is_not_acceptance"]


def _security(terms: Terms, plain: Plain) -> Sequence[str]:
    report = "incident" if "report_within_hours" in codes(plain) else "incident_open"
    return ["measures", "confidentiality", report]


def _personal(terms: Terms, plain: Plain) -> Sequence[str]:
    return ["none"] if terms.personal is None else ["kinds", "consent", "limits"]


def _deletion(terms: Terms, plain: Plain) -> Sequence[str]:
    return ["delete_at_once" if "delete_after_term" in codes(plain) else "delete", "law"]


def _dispute(terms: Terms, plain: Plain) -> Sequence[str]:
    return ["law", "arbitration" if terms.dispute_forum == "arbitration" else "court"]


_CHOICES: Final[Mapping[str, Choice]] = {
    "parties": _parties,
    "rights": _rights,
    "use": _use,
    "resale": _resale,
    "delivery": _delivery,
    "price": _price,
    "payment": _payment,
    "acceptance": _acceptance,
    "security": _security,
    "personal": _personal,
    "deletion": _deletion,
    "dispute": _dispute,
}
_ALL: Final = {clause.code: tuple(clause.paragraphs) for clause in CLAUSES}
