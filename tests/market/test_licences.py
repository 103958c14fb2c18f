"""Licences for readers: every phrase has its sentence in both languages, every fault of the form its advice."""

import re
from typing import Any

import pytest
from django.utils import translation

from market import licences, policy
from market.policy import Phrase, PolicyInvalid, UsageTerms

FULL = UsageTerms(
    term_days=365,
    uses_max=10,
    purposes=("碳排放与空气质量关联分析",),
    territory=("CN",),
    attribution="中国环境监测总站",
    delete_within_days=30,
    incident_report_hours=24,
)


def test_every_phrase_of_the_policy_library_has_a_sentence_with_its_parameters() -> None:
    assert set(licences.SENTENCES) == set(policy.CODES)
    with translation.override(None):
        for code, names in policy.CODES.items():
            assert sorted(set(re.findall(r"%\((\w+)\)s", str(licences.SENTENCES[code])))) == sorted(names), code


def test_every_action_and_comparison_has_a_name() -> None:
    assert set(licences.ACTIONS) == set(policy.Action)
    for operand, operators in policy.language.OPERATORS.items():
        for operator in operators:
            limit = Phrase("limit", {"operand": operand.value, "operator": operator.value, "values": ("1",)})
            assert licences.sentence(limit)


def test_the_three_columns_in_chinese() -> None:
    with translation.override("zh-hans"):
        said = licences.sentences(policy.words(policy.build(FULL)))

    assert said == licences.Sentences(
        may=["用于：碳排放与空气质量关联分析", "加工形成衍生成果"],
        may_not=["自订立起满365日之后使用", "使用超过10次", "在中国境内以外使用", "转售或公开原始数据"],
        must=["注明来源「中国环境监测总站」", "到期后30日内删除，并提交删除回执", "泄露后24小时内报告市场"],
    )


def test_the_three_columns_in_english() -> None:
    with translation.override("en"):
        said = licences.sentences(policy.words(policy.build(FULL)))

    assert said.may == ["Use for 碳排放与空气质量关联分析", "Make derivatives"]
    assert said.may_not[-1] == "Resell or publish the original data"
    assert said.must[1] == "Delete within 30 days after the term and file a receipt"


def test_nested_conditions_are_read_out_whole() -> None:
    count = {"leftOperand": "count", "operator": "lteq", "rightOperand": "3"}
    region = {"leftOperand": "spatial", "operator": "isPartOf", "rightOperand": ["CN", "US"]}
    found = policy.parse({"@type": "Set", "permission": [{"action": "use", "constraint": [{"or": [count, region]}]}]})

    with translation.override("zh-hans"):
        [said] = licences.sentences(policy.words(found)).may

    assert said == "使用数据，条件是至少满足其一（使用次数不超过3；地域属于CN、US）"


def test_a_moment_is_told_in_beijing_time() -> None:
    found = policy.parse(
        {
            "@type": "Set",
            "permission": [
                {
                    "action": "use",
                    "constraint": [
                        {"leftOperand": "dateTime", "operator": "lteq", "rightOperand": "2027-11-23T16:00:00Z"}
                    ],
                }
            ],
        }
    )

    with translation.override("en"):
        assert licences.sentences(policy.words(found)).may_not == ["Use after 2027-11-24 00:00"]


@pytest.mark.parametrize(
    ("changed", "field", "fix"),
    [
        ({"term_days": 0}, "usage.term_days", "填1到36500，或留空"),
        ({"purposes": ("a", "a")}, "usage.purposes", "去掉重复的一条"),
        ({"recipients": ("",)}, "usage.recipients", "至多100条，每条至多500字"),
        ({"may_derive": 1}, "usage.may_derive", "二者选一"),
        ({"attribution": "\n"}, "usage.attribution", "至多500字，不换行"),
        ({"territory": ("山西",)}, "usage.territory", "例如CN、CN-140100，全球填001"),
    ],
)
def test_a_fault_of_the_form_is_told_in_chinese(changed: dict[str, Any], field: str, fix: str) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        policy.build(UsageTerms(**changed))

    with translation.override("zh-hans"):
        [problem] = licences.fields(refused.value, prefix="usage.")

    assert (problem["field"], problem["fix"]) == (field, fix)
    assert re.search("[\u4e00-\u9fff]", problem["reason"])


def test_a_fault_of_a_document_keeps_its_place_and_advice() -> None:
    with pytest.raises(PolicyInvalid) as refused:
        policy.parse({"@type": "Set", "permission": [{"action": "sell"}]})

    [problem] = licences.fields(refused.value, prefix="policy.")

    assert problem["field"] == "policy.permission[0].action"
    assert problem["fix"].startswith("Use one of ")
