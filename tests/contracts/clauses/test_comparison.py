"""Two drafts beside each other, as the page shows a counter-offer."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts import clauses
from contracts.clauses import Piece
from tests.contracts.clauses.given import TERMS, given_terms

texts = st.text(st.sampled_from("数据在30日内删除60，使用 use 480.00元"), max_size=30)


def test_equal_drafts_do_not_differ() -> None:
    assert clauses.differences(clauses.compose(TERMS), clauses.compose(TERMS)) == []


def test_a_counter_offer_shows_its_clauses_with_old_and_new_text() -> None:
    before = clauses.compose(TERMS)
    after = clauses.compose(given_terms(price_minor=45_000, usage={"delete_within_days": 60}))

    found = clauses.differences(before, after)

    assert [difference.code for difference in found] == ["price", "deletion"]
    deletion = found[1]
    assert deletion.title == {"zh": "到期删除与返还", "en": "Deletion and return"}
    assert deletion.before is not None
    assert deletion.after is not None
    assert "在30日内删除" in deletion.before["zh"]
    assert "在60日内删除" in deletion.after["zh"]


def test_a_clause_on_one_side_only_is_shown_with_the_other_side_empty() -> None:
    before: dict[str, Any] = clauses.compose(TERMS)
    after = before | {"clauses": before["clauses"][1:]}

    [dropped] = clauses.differences(before, after)
    [added] = clauses.differences(after, before)

    assert (dropped.code, dropped.after) == ("parties", None)
    assert (added.code, added.before) == ("parties", None)


def test_changes_strike_the_old_number_whole() -> None:
    pieces = clauses.changes("到期后60日内删除", "到期后30日内删除")

    assert pieces == [
        Piece("same", "到期后"),
        Piece("removed", "60"),
        Piece("added", "30"),
        Piece("same", "日内删除"),
    ]


@given(texts, texts)
def test_changes_hold_both_texts(before: str, after: str) -> None:
    pieces = clauses.changes(before, after)

    assert "".join(piece.text for piece in pieces if piece.kind != "added") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == after
