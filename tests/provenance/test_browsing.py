"""The explorer's lists: what filters let through, paging without gaps and repeats, a size that costs nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from market.events.kinds import KINDS
from market.kernel import clock, ids
from provenance import browsing, queries, sequencer
from provenance.browsing import NEWEST, Filter
from tests.builders import given_settled, given_signatory
from tests.frontend.clients import client_of, text

from .conftest import Record
from .whole import AsOwner

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 30_000


def walked(chosen: Filter, limit: int) -> list[int | None]:
    """Indexes over all pages of a list."""
    found: list[int | None] = []
    before = None
    while rows := browsing.entries(chosen, before=before, limit=limit):
        found += [row.index for row in rows]
        before = rows[-1].index
    return found


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_paging_a_filtered_list_neither_skips_nor_repeats(record: Record, limit: int) -> None:
    given_signatory()
    for number in range(5):
        record(number)
    sequencer.drain()
    everything = [row.index for row in queries.latest(100)]
    of_kind = [row.index for row in queries.latest(100) if row.kind == "test.happened"]
    ever = Filter(since=datetime(2020, 1, 1, tzinfo=UTC))

    assert walked(Filter(kinds=["test.happened"]), limit) == of_kind
    assert walked(ever, limit) == everything
    assert walked(Filter(), limit) == everything


def test_a_page_stays_as_it_was_while_new_entries_come(record: Record) -> None:
    for number in range(6):
        record(number)
    sequencer.drain()
    chosen = Filter(kinds=["test.happened"])
    before = browsing.entries(chosen, limit=3)[-1].index
    second = browsing.entries(chosen, before=before, limit=3)

    record(7)
    sequencer.drain()

    assert browsing.entries(chosen, before=before, limit=3) == second


def test_time_lets_through_from_one_moment_until_before_another(record: Record) -> None:
    moments = []
    for number in range(3):
        with clock.shifted(timedelta(hours=number)):
            moments.append(clock.now())
            record(number)
    sequencer.drain()

    found = browsing.entries(Filter(since=moments[1], until=moments[1] + timedelta(hours=1)))

    assert [row.index for row in found] == [1]


def test_an_unknown_kind_and_what_waits_are_not_listed(record: Record) -> None:
    record(1)

    assert browsing.entries(Filter(kinds=["test.happened"])) == []
    assert browsing.entries(Filter(kinds=["no.such"])) == []


def test_a_subject_lists_for_who_may_open_it_and_for_nobody_else() -> None:
    stage = given_settled()
    assert stage.trade is not None
    sequencer.drain()
    stranger = given_signatory().member

    mine = browsing.about(stage.trade.id, stage.buyer.member, Filter(), limit=3)
    further = browsing.about(stage.trade.id, stage.buyer.member, Filter(), before=mine[-1].index, limit=100)
    kinds = browsing.about(stage.trade.id, stage.buyer.member, Filter(kinds=["period.settled"]))

    indexes = [row.index or 0 for row in (*mine, *further)]
    assert indexes == sorted(indexes, reverse=True)
    assert len(set(indexes)) == len(indexes) > 10
    assert [row.kind for row in kinds] == ["period.settled"]
    assert browsing.about(stage.trade.id, stranger, Filter()) == []
    assert browsing.about(stage.trade.id, None, Filter()) == []


def test_the_page_filters_by_kind_days_and_subject() -> None:
    stage = given_settled()
    assert stage.trade is not None
    sequencer.drain()
    today = clock.now().date()
    about: dict[str, str] = {"about": ids.urn(stage.trade.id), "kind": "period.settled"}

    of_buyer = text(client_of(stage.buyer.member, "en").get("/ledger/", about))
    of_public = text(Client().get("/ledger/", about))
    long_ago = Client().get("/ledger/", {"last_on": "2020-01-01"})
    recent = text(Client().get("/ledger/", {"first_on": f"{today - timedelta(days=2)}", "kind": "trade.closed"}))
    wrong = Client().get("/ledger/", {"first_on": "2026-02-01", "last_on": "2026-01-01"})
    nothing = client_of(stage.buyer.member).get("/ledger/", {"about": "x"})

    assert of_buyer.count("Trade period settled</a>") == 1
    assert 'name="about"' not in of_public
    assert "交易完成</a>" in recent
    assert "账本里没有这样的条目" in text(long_ago)
    assert (wrong.status_code, nothing.status_code) == (422, 422)


def test_programs_page_the_same_lists() -> None:
    stage = given_settled()
    assert stage.trade is not None
    sequencer.drain()
    since = (clock.now() - timedelta(days=1)).isoformat()

    first = Client().get("/api/log/entries", {"since": since, "limit": "5"}).json()
    second = Client().get("/api/log/entries", {"since": since, "limit": "5", "before": first[-1]["index"]}).json()
    mine = client_of(stage.buyer.member).get(f"/api/log/subjects/{stage.trade.id}/entries").json()

    assert [row["index"] for row in first + second] == list(range(first[0]["index"], first[0]["index"] - 10, -1))
    assert len(mine) > 10
    assert client_of(given_signatory().member).get(f"/api/log/subjects/{stage.trade.id}/entries").json() == []


def test_any_two_checkpoints_are_joined_on_the_page_and_impossible_ones_are_said(record: Record) -> None:
    for number in range(9):
        record(number)
    sequencer.drain()
    client = Client()

    joined = text(client.get("/ledger/checkpoints/", {"old": "3", "new": "7"}))
    impossible: tuple[dict[str, str], ...] = (
        {"old": "7", "new": "3"}, {"old": "3", "new": "1000"}, {"old": "0", "new": "3"}, {"old": "x", "new": "3"},
    )  # fmt: skip
    answers = [client.get("/ledger/checkpoints/", each).status_code for each in impossible]

    proof = client.get("/api/log/proofs/consistency", {"old": "3", "new": "7"}).json()
    assert all(node in joined for node in (*proof["hashes"], proof["old_root"], proof["new_root"]))
    assert answers == [422] * 4


def test_the_health_page_tells_size_age_and_what_waits(record: Record) -> None:
    record(1)
    sequencer.drain()

    on_time = text(Client().get("/ledger/health/"))
    record(2)
    with clock.shifted(timedelta(minutes=20)):
        halted = text(Client().get("/ledger/health/"))

    assert "按时" in on_time or "准时" in on_time or "正常" in on_time
    assert "停" in halted
    assert "外部联署" in on_time


def test_a_large_log_is_read_by_its_indexes_and_no_more_rows_than_a_page(as_owner: AsOwner) -> None:
    given_large_log(as_owner)
    middle = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=ROWS // 2)
    filters = {
        "rare kind": Filter(kinds=["log.repaired"]),
        "common kind": Filter(kinds=["use.opened"]),
        "days": Filter(since=middle, until=middle + timedelta(minutes=5)),
    }

    plans = {name: explained(chosen) for name, chosen in filters.items()}

    assert {name for name, (nodes, _) in plans.items() if "Seq Scan" in nodes} == set()
    assert all("event_kind_newest" in nodes for nodes, _ in plans.values())
    assert {name: rows for name, (_, rows) in plans.items() if rows > 25 * len(KINDS)} == {}


def given_large_log(as_owner: AsOwner) -> None:
    """Many entries of one kind and three of another, in the order of their times."""
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO market_event (id, kind, at, body)
            SELECT md5(n::text)::uuid, CASE WHEN n %% 10000 = 7 THEN 'log.repaired' ELSE 'use.opened' END,
                   timestamptz '2026-01-01 00:00+00' + n * interval '1 second', '{}'::bytea
            FROM generate_series(1, %s) AS n
            """,
            [ROWS],
        )
        cursor.execute(
            """
            INSERT INTO provenance_leaf (index, event_id, leaf_hash)
            SELECT n - 1, md5(n::text)::uuid, sha256(n::text::bytea) FROM generate_series(1, %s) AS n
            """,
            [ROWS],
        )
        cursor.execute("ANALYZE market_event, provenance_leaf")


def explained(chosen: Filter) -> tuple[str, int]:
    """The nodes of the plan with what they scan, and the rows that were read from the events."""
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN (ANALYZE, FORMAT JSON) " + NEWEST, browsing.parameters(chosen, before=ROWS - 100, limit=21)
        )
        ((plan,),) = cursor.fetchall()
    nodes: list[dict[str, Any]] = []
    todo = [plan[0]["Plan"]]
    while todo:
        node = todo.pop()
        nodes.append(node)
        todo += node.get("Plans", [])
    read = sum(
        int(node["Actual Rows"] * node["Actual Loops"]) for node in nodes if node.get("Relation Name") == "market_event"
    )
    return " ".join(f"{node['Node Type']} {node.get('Index Name', '')}" for node in nodes), read
