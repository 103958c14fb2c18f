"""The agreement document, composed from the terms and nothing else: no clock, no database, no settings."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Final

from contracts.clauses import paragraphs
from contracts.clauses.filling import fill
from contracts.clauses.standard_v1 import CLAUSES, NAME, VERSION
from contracts.clauses.terms import Party, Terms
from contracts.clauses.wording import PLACE, Clause
from market import policy
from market.kernel import clock

FORMAT: Final = "dm-agreement/v1"
LANGUAGE: Final = "zh-Hans"  # the prevailing one

_NUMBERS: Final = {clause.code: str(index) for index, clause in enumerate(CLAUSES, start=1)}


def compose(terms: Terms) -> dict[str, object]:
    """The agreement as JSON, ready for canonical_json: both parties sign the SHA-256 of those bytes.

    A pure function: equal terms give equal bytes. `filled` lists what the parties put in, as it stands in
    each text; `differs_from_template` marks clauses that read otherwise than on the market's standard terms.
    What is not filled in reads （未填写）; `missing` names it and must be empty before anybody signs.
    """
    agreed = policy.as_agreement(
        terms.policy,
        id=terms.agreement_id,
        target=terms.product.urn,
        assigner=terms.supplier.urn,
        assignee=terms.buyer.urn,
        at=None,  # the moment of agreement is not known when the text is drawn up
    )
    usual = [clause["text"] for clause in _clauses(standard(terms))]
    clauses = _clauses(terms)
    for clause, usual_text in zip(clauses, usual, strict=True):
        clause["differs_from_template"] = clause["text"] != usual_text
    return {
        "format": FORMAT,
        "template": {"name": NAME, "version": VERSION},
        "language": LANGUAGE,
        "agreement_id": terms.agreement_id,
        "thread": terms.thread,
        "requested_at": clock.text(terms.requested_at),
        "terms_at": clock.text(terms.terms_at),
        "supplier": _party(terms.supplier),
        "buyer": _party(terms.buyer),
        "product": asdict(terms.product),
        "file_sha256": terms.file_sha256,
        "file_bytes": terms.file_bytes,
        "price_minor": terms.price_minor,
        "currency": terms.currency,
        "tax_rate_bp": terms.tax_rate_bp,
        "tax_included": terms.tax_included,
        "payment_due_days": terms.payment_due_days,
        "acceptance_days": terms.acceptance_days,
        "policy": policy.canonical(agreed),
        "rules": dict(terms.rules),
        "custodian": terms.custodian,
        "clauses": clauses,
    }


def standard(terms: Terms) -> Terms:
    """The same trade on standard terms: what is negotiable is set back, what is filled in stays."""
    found = policy.terms_of(terms.policy)
    usual = policy.UsageTerms()
    if found is not None:
        usual = replace(
            usual,
            term_days=found.term_days,
            uses_max=found.uses_max,
            purposes=found.purposes,
            territory=found.territory,
            attribution=found.attribution,
        )
    return replace(
        terms,
        policy=policy.build(usual),
        payment_due_days=7,
        acceptance_days=3,
        delivery_due_days=1,
        confidentiality_years=3,
        dispute_forum="court",
        dispute_body="",
    )


def paragraph_number(code: str, key: str, terms: Terms) -> str:
    """Where a paragraph of the wording stands in the agreement, e.g. 9.2; empty where these terms leave it out."""
    keys = paragraphs.chosen(code, terms, policy.words(terms.policy))
    return f"{_NUMBERS[code]}.{keys.index(key) + 1}" if key in keys else ""


def _clauses(terms: Terms) -> list[dict[str, object]]:
    plain = policy.words(terms.policy)
    values = fill(terms, plain)
    spoken = {language: {name: getattr(each, language) for name, each in values.items()} for language in ("zh", "en")}
    return [_clause(clause, paragraphs.chosen(clause.code, terms, plain), spoken) for clause in CLAUSES]


def _clause(clause: Clause, keys: Sequence[str], spoken: dict[str, dict[str, str]]) -> dict[str, object]:
    number = _NUMBERS[clause.code]
    names: list[str] = []
    lines: dict[str, list[str]] = {"zh": [], "en": []}
    for index, key in enumerate(keys, start=1):
        wording = clause.paragraphs[key]
        for mark, name in PLACE.findall(wording.zh):
            if not mark and name not in names:
                names.append(name)
        lines["zh"].append(f"{number}.{index} {_with(wording.zh, spoken['zh'])}")
        lines["en"].append(f"{number}.{index} {_with(wording.en, spoken['en'])}")
    return {
        "no": number,
        "code": clause.code,
        "title": {"zh": clause.title.zh, "en": clause.title.en},
        "text": {language: "\n".join(written) for language, written in lines.items()},
        "filled": [{"name": name, "value": spoken["zh"][name], "value_en": spoken["en"][name]} for name in names],
        "differs_from_template": False,
    }


def _with(template: str, values: dict[str, str]) -> str:
    # One pass over the template: a party's own text that looks like a placeholder stays text.
    return PLACE.sub(lambda match: _NUMBERS[match[2]] if match[1] else values[match[2]], template)


def _party(party: Party) -> dict[str, object]:
    return {"urn": party.urn, "name": party.name, "uscc": party.uscc, "kind": party.kind}
