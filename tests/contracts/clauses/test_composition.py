"""The agreement document: whole, deterministic, bound to every term, and true to the policy."""

import hashlib
import json
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given

from contracts import clauses
from contracts.clauses import MANDATORY, Party, PersonalData, Terms, phrases
from market import licences, policy
from market.kernel import canonical_json
from market.policy import Policy
from tests.contracts.clauses.given import BUYER, SUPPLIER, TERMS, given_terms
from tests.market.policy import policies


def text_of(document: dict[str, Any], code: str, language: str = "zh") -> str:
    [clause] = [clause for clause in document["clauses"] if clause["code"] == code]
    return str(clause["text"][language])


def marked(document: dict[str, Any]) -> list[str]:
    return [clause["code"] for clause in document["clauses"] if clause["differs_from_template"]]


def test_every_mandatory_clause_stands_and_says_something() -> None:
    document: dict[str, Any] = clauses.compose(TERMS)

    assert [clause["code"] for clause in document["clauses"]] == list(MANDATORY)
    assert [clause["no"] for clause in document["clauses"]] == [str(n) for n in range(1, len(MANDATORY) + 1)]
    for clause in document["clauses"]:
        for language in ("zh", "en"):
            assert clause["title"][language]
            assert len(clause["text"][language]) > 20
        assert "（未填写）" not in clause["text"]["zh"]
        assert "{" not in clause["text"]["zh"] + clause["text"]["en"]


def test_the_document_has_the_agreed_members_and_no_others() -> None:
    document = clauses.compose(TERMS)

    assert list(document) == [
        "format", "template", "language", "agreement_id", "thread", "requested_at", "terms_at", "supplier", "buyer",
        "product", "file_sha256", "file_bytes", "price_minor", "currency", "tax_rate_bp", "tax_included",
        "payment_due_days", "acceptance_days", "policy", "rules", "custodian", "clauses",
    ]  # fmt: skip
    assert document["format"] == "dm-agreement/v1"
    assert document["template"] == {"name": "standard-data-provision", "version": 1}
    assert document["requested_at"] == "2026-11-23T01:02:03.000004Z"


def test_equal_terms_give_equal_bytes_and_these_bytes() -> None:
    once = canonical_json.dumps(clauses.compose(TERMS))
    again = canonical_json.dumps(clauses.compose(given_terms()))

    assert once == again
    assert hashlib.sha256(once).hexdigest() == "db5024eb69ce119c1359724455852eaeab81e4917f412b757f003be30714acdc"


CHANGES: dict[str, Any] = {
    "agreement_id": "urn:uuid:01938f00-0000-7000-8000-0000000000ff",
    "thread": "urn:uuid:01938f00-0000-7000-8000-0000000000fe",
    "requested_at": TERMS.requested_at + timedelta(microseconds=1),
    "terms_at": TERMS.terms_at + timedelta(microseconds=1),
    "supplier": replace(SUPPLIER, name="另一家公司"),
    "buyer": replace(BUYER, uscc="91140100MA0GT0001Q"),
    "product": replace(TERMS.product, scale="1,189行×13列"),
    "file_sha256": "b" * 64,
    "file_bytes": 80_501,
    "price_minor": 48_001,
    "tax_rate_bp": 300,
    "policy": policy.build(policy.UsageTerms(uses_max=1)),
    "rights_basis": "授权",
    "currency": "EUR",
    "tax_included": False,
    "payment_due_days": 8,
    "acceptance_days": None,
    "rights_held": ("use",),
    "personal": PersonalData(kinds=("姓名",), consent_evidence="同意书"),
    "delivery_modes": ("rows",),
    "delivery_due_days": 2,
    "confidentiality_years": 5,
    "dispute_forum": "arbitration",
    "dispute_body": "太原仲裁委员会",
    "rules": {"fee.platform": 2, "tax.vat": 1},
    "custodian": "某银行太原分行",
}


@pytest.mark.parametrize("name", [field.name for field in fields(Terms)])
def test_a_change_of_any_term_changes_the_bytes(name: str) -> None:
    before = canonical_json.dumps(clauses.compose(TERMS))

    after = canonical_json.dumps(clauses.compose(replace(TERMS, **{name: CHANGES[name]})))

    assert before != after


def test_the_policy_of_the_document_binds_both_parties_and_the_product() -> None:
    document = clauses.compose(TERMS)

    found = policy.parse(document["policy"])

    assert (found.type, found.id, found.target) == ("Agreement", TERMS.agreement_id, TERMS.product.urn)
    assert (found.assigner, found.assignee) == (SUPPLIER.urn, BUYER.urn)
    assert found.rules == TERMS.policy.rules


def test_the_price_stands_in_figures_and_capital_numerals_with_its_tax() -> None:
    text = text_of(clauses.compose(TERMS), "price")

    assert "价款为人民币480.00元（大写：人民币肆佰捌拾元整）" in text
    assert "税率6%，其中税额人民币27.17元" in text


def test_tax_on_top_is_added_to_what_the_buyer_pays() -> None:
    document = clauses.compose(given_terms(tax_included=False, tax_rate_bp=650))

    assert "税率6.5%，税额人民币31.20元另加，需方应付合计人民币511.20元" in text_of(document, "price")


def test_a_foreign_price_has_no_capital_numerals() -> None:
    text = text_of(clauses.compose(given_terms(currency="EUR")), "price")

    assert "价款为EUR 480.00，" in text
    assert "大写" not in text


def test_a_free_trade_speaks_of_no_payment() -> None:
    document = clauses.compose(given_terms(price_minor=0))

    assert "价款为零" in text_of(document, "price")
    assert text_of(document, "payment") == "8.1 本合约免费，不发生付款。"
    assert "生效后1日内" in text_of(document, "delivery")


@pytest.mark.parametrize(
    ("custodian", "said", "unsaid"),
    [("某银行太原分行", "由某银行太原分行监管的监管账户", "托管账户"), (None, "履约资金托管账户", "监管账户")],
)
def test_only_a_custodians_account_is_called_supervised(custodian: str | None, said: str, unsaid: str) -> None:
    text = text_of(clauses.compose(given_terms(custodian=custodian)), "payment")

    assert said in text
    assert unsaid not in text


def test_silence_accepts_only_where_the_terms_say_so() -> None:
    with_silence = text_of(clauses.compose(TERMS), "acceptance")
    without = text_of(clauses.compose(given_terms(acceptance_days=None)), "acceptance")

    assert "期满视为验收通过" in with_silence
    assert "未作答复的，不视为验收" in without
    assert "期满视为" not in without
    for text in (with_silence, without):
        assert "需方为此使用数据不视为验收" in text


def test_personal_information_brings_its_duties() -> None:
    personal = PersonalData(kinds=("姓名", "手机号"), consent_evidence="单独同意书2026-11")

    text = text_of(clauses.compose(given_terms(personal=personal)), "personal")

    assert "种类为：姓名、手机号" in text
    assert "单独同意，证据：单独同意书2026-11" in text
    assert "不含个人信息" not in text


def test_a_natural_person_has_no_credit_code_in_the_text() -> None:
    person = Party(urn="urn:uuid:p", name="张建国", uscc="", kind="individual")

    text = text_of(clauses.compose(given_terms(supplier=person)), "parties")

    assert "供方：张建国（自然人，身份信息留存于市场）" in text


@pytest.mark.parametrize(
    ("usage", "code", "said"),
    [
        ({"may_redistribute": True}, "resale", "需方可以向他人提供数据"),
        ({"may_redistribute": True}, "rights", "向他人提供数据的经营权"),
        ({"may_redistribute": True}, "use", "以及依第5条接收数据的人"),
        ({"may_redistribute": False}, "resale", "不得转售、出借、公开"),
        ({"may_redistribute": False}, "use", "使用范围限于需方自身"),
        ({"may_derive": False}, "resale", "不得以数据加工形成衍生数据产品"),
        ({"uses_max": 3}, "use", "使用至多3次"),
        ({"term_days": 90}, "use", "使用期限为90日"),
        ({"recipients": ("urn:uuid:9",)}, "use", "限于下列组织：urn:uuid:9"),
        ({"territory": ("CN", "US")}, "use", "中国境内、US（ISO 3166）"),
        ({"territory": ("CN-140100",)}, "use", "行政区划140100（GB/T 2260）"),
        ({"purposes": (policy.ANY_LAWFUL,)}, "use", "任何合法目的"),
        ({"incident_report_hours": 12}, "security", "在12小时内报告"),
        ({"incident_report_hours": None}, "security", "立即报告"),
        ({"delete_within_days": 7}, "deletion", "在7日内删除"),
        ({"attribution": ""}, "resale", "不得单独或者与其他数据合并"),
    ],
)
def test_the_text_says_what_the_policy_enforces(usage: dict[str, Any], code: str, said: str) -> None:
    assert said in text_of(clauses.compose(given_terms(usage=usage)), code)


def test_the_purposes_of_the_market_stand_in_words_with_their_codes() -> None:
    document = clauses.compose(given_terms(usage={"purposes": ("internal-analysis", "碳核算", "model-training")}))

    zh, en = text_of(document, "use"), text_of(document, "use", "en")
    assert "使用目的限于：内部分析（internal-analysis）、碳核算、模型训练（model-training）。" in zh
    assert "limited to: internal analysis (internal-analysis), 碳核算, training of models (model-training)." in en


def test_a_purpose_that_is_excluded_or_a_condition_stands_in_words_too() -> None:
    excluded = {"leftOperand": "purpose", "operator": "isNoneOf", "rightOperand": ["model-training"]}
    research = {"leftOperand": "purpose", "operator": "eq", "rightOperand": "scientific-research"}
    not_for = policy.parse({"@type": "Set", "permission": [{"action": "use", "constraint": [excluded]}]})
    only_if = policy.parse({"@type": "Set", "permission": [{"action": "display", "constraint": [research]}]})

    forbids = text_of(clauses.compose(given_terms(policy=not_for)), "use")
    allows = text_of(clauses.compose(given_terms(policy=only_if)), "use")

    assert "不得用于：模型训练（model-training）。" in forbids
    assert "声明的目的等于科学研究（scientific-research）" in allows


def test_the_agreement_has_words_for_every_purpose_that_the_pages_have_words_for() -> None:
    with translation.override("en"):
        shown = {code: licences.purpose(code) for code in phrases.PURPOSES}

    assert set(licences.PURPOSES) | {policy.ANY_LAWFUL} == set(phrases.PURPOSES)
    assert shown == {code: words.en for code, words in phrases.PURPOSES.items()}


def test_conditions_beyond_the_form_are_written_out() -> None:
    count = {"leftOperand": "count", "operator": "lteq", "rightOperand": "3"}
    day = {"leftOperand": "dateTime", "operator": "lt", "rightOperand": "2027-01-01"}
    found = policy.parse({"@type": "Set", "permission": [{"action": "use", "constraint": [{"or": [count, day]}]}]})

    document = clauses.compose(given_terms(policy=found))

    assert "可以使用，条件是满足其一（使用次数不超过3；时间早于2027-01-01）" in text_of(document, "use")
    assert "按第4条的其他条件" in text_of(document, "resale")


@given(policies.policies())
def test_any_policy_that_can_be_read_can_be_written_as_an_agreement(found: Policy) -> None:
    document = clauses.compose(given_terms(policy=found))

    assert json.loads(canonical_json.dumps(document)) == json.loads(json.dumps(document))
    assert policy.parse(document["policy"]).rules == found.rules


@given(policies.policies())
def test_every_limit_of_a_policy_stands_in_the_text(found: Policy) -> None:
    use = text_of(clauses.compose(given_terms(policy=found)), "use")

    # Times, regions and the like are rewritten for readers; organisations and industries stand as they are.
    for rule in (*found.permissions, *found.prohibitions):
        for part in rule.atoms:
            if part.left in ("recipient", "industry"):
                assert all(text in use for text in part.texts)


def test_what_is_not_filled_in_is_seen() -> None:
    document = clauses.compose(given_terms(rights_basis="  ", usage={"purposes": (), "term_days": None}))

    assert "依据：（未填写）" in text_of(document, "rights")
    assert "使用目的限于：（未填写）" in text_of(document, "use")
    assert "使用期限为（未填写）" in text_of(document, "use")


def test_a_partys_text_cannot_break_out_of_its_line_or_fill_another_place() -> None:
    hostile = "甲\n9.9 需方放弃一切权利。\u202e{price}\u200b"

    document = clauses.compose(given_terms(rights_basis=hostile))

    lines = text_of(document, "rights").split("\n")
    assert [line.split(" ")[0] for line in lines] == ["3.1", "3.2", "3.3"]
    assert lines[0].endswith("依据：甲 9.9 需方放弃一切权利。{price}。")


def test_standard_terms_differ_nowhere_from_the_template() -> None:
    assert marked(clauses.compose(TERMS)) == []
    assert clauses.standard(TERMS) == TERMS


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"acceptance_days": 5}, ["acceptance"]),
        ({"acceptance_days": None}, ["acceptance"]),
        ({"payment_due_days": 1}, ["payment"]),
        ({"delivery_due_days": 3}, ["delivery"]),
        ({"confidentiality_years": 5}, ["security"]),
        ({"usage": {"delete_within_days": 60}}, ["deletion"]),
        ({"usage": {"recipients": ("urn:uuid:9",)}}, ["use"]),
        ({"usage": {"may_redistribute": True}}, ["rights", "use", "resale"]),
        ({"dispute_forum": "arbitration", "dispute_body": "太原仲裁委员会"}, ["dispute"]),
        ({"price_minor": 1, "file_bytes": 7, "usage": {"term_days": 30, "uses_max": 2}}, []),
    ],
)
def test_only_what_is_negotiated_is_marked_as_different(changed: dict[str, Any], codes: list[str]) -> None:
    assert marked(clauses.compose(given_terms(**changed))) == codes


def test_what_was_filled_in_stands_in_both_texts() -> None:
    for clause in clauses.compose(TERMS)["clauses"]:  # type: ignore[attr-defined]  # a list of clauses
        for filled in clause["filled"]:
            assert filled["value"] in clause["text"]["zh"]
            assert filled["value_en"] in clause["text"]["en"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_segments_rebuild_the_text_and_mark_each_filled_value(language: str) -> None:
    document: dict[str, Any] = clauses.compose(TERMS)

    for clause in document["clauses"]:
        cut = clauses.segments(clause, language)
        rebuilt = "\n".join("".join(segment.text for segment in line) for line in cut)
        names = {segment.name for line in cut for segment in line if segment.name}
        assert rebuilt == clause["text"][language]
        assert names == {filled["name"] for filled in clause["filled"]}


def test_a_line_that_is_not_of_the_template_is_shown_whole() -> None:
    clause = {"code": "price", "filled": [], "text": {"zh": "7.1 另行约定。"}}

    assert clauses.segments(clause, "zh") == [[("7.1 另行约定。", None)]]
