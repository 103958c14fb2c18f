"""What blocks signing, in the reader's language."""

import ast
import re
from pathlib import Path

from django.utils import translation

from contracts import clauses, gaps
from contracts.clauses import completeness
from tests.contracts.clauses.given import given_terms


def test_every_reason_of_the_clauses_is_one_that_is_translated() -> None:
    source = Path(completeness.__file__).read_text("utf-8")
    texts = {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[A-Z][^.]+", node.value)
    }

    assert {text for text in texts if " " in text} == set(gaps.REASONS)


def test_a_gap_names_its_clause_in_both_languages() -> None:
    found = clauses.missing(given_terms(rights_basis="", usage={"purposes": ()}))

    with translation.override("zh-hans"):
        chinese = gaps.sentences(found)
    with translation.override("en"):
        english = gaps.sentences(found)

    assert chinese == (
        "第3条「权利安排」没有填写（rights_basis）；"
        "第4条「使用目的、方式、范围、期限与地域」没有写明使用目的（policy.purpose）"
    )
    assert english.startswith("Clause 3, Rights: This is not filled in (rights_basis); Clause 4, ")
