"""The published wording of version 1: whole, consistent in both languages, in the house's tone, and frozen."""

import hashlib
import re

from contracts.clauses import MANDATORY
from contracts.clauses.standard_v1 import CLAUSES
from contracts.clauses.wording import PLACE, Wording
from market.kernel import canonical_json

PARAGRAPHS = [(clause.code, key, wording) for clause in CLAUSES for key, wording in clause.paragraphs.items()]
HAN = "[\u4e00-\u9fff]"


def test_every_mandatory_clause_has_wording() -> None:
    assert tuple(clause.code for clause in CLAUSES) == MANDATORY
    assert all(clause.paragraphs for clause in CLAUSES)


def test_both_languages_leave_the_same_places_open() -> None:
    for code, key, wording in PARAGRAPHS:
        places = [sorted(PLACE.findall(text)) for text in (wording.zh, wording.en)]
        assert places[0] == places[1], (code, key)


def test_references_lead_to_clauses() -> None:
    codes = {clause.code for clause in CLAUSES}

    for _code, _key, wording in PARAGRAPHS:
        assert {name for mark, name in PLACE.findall(wording.zh) if mark} <= codes


def test_the_chinese_text_keeps_the_house_rules() -> None:
    for code, key, wording in PARAGRAPHS:
        assert not re.search("[您你]", wording.zh), (code, key)
        assert not re.search(rf"{HAN} [A-Za-z0-9{{]|[A-Za-z0-9}}] {HAN}", wording.zh), (code, key)
        assert not re.search(rf"{HAN}[,;:]|[()]", wording.zh.replace("（", "").replace("）", "")), (code, key)
        assert wording.zh.endswith("。"), (code, key)
        assert wording.en.endswith("."), (code, key)
        assert not re.search(HAN, wording.en), (code, key)


def test_published_wording_is_frozen() -> None:
    def written(wording: Wording) -> dict[str, str]:
        return {"zh": wording.zh, "en": wording.en}

    whole = [
        [clause.code, written(clause.title), {key: written(each) for key, each in clause.paragraphs.items()}]
        for clause in CLAUSES
    ]

    # Signed agreements are shown by this wording: a change here is a new version, not an edit.
    assert (
        hashlib.sha256(canonical_json.dumps(whole)).hexdigest()
        == "af3935878605e32e1b11620e0dde6d052e0a6417cccf2bfbd9bf2d9ee0c77582"
    )
