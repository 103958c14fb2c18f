"""A reader compares a checkpoint that was kept, and who may not see a trade finds nothing by its ids."""

import base64
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from market.kernel import ids
from provenance import checkpoints, comparisons, merkle, sequencer
from provenance.models import Checkpoint, Leaf
from provenance.notes import Checkpoint as Statement
from provenance.notes import SigningKey
from provenance.verifier.tlog_proof import TlogProof
from tests.builders import given_settled, given_signatory

from .conftest import Record

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def log(log_dir: Path, record: Record) -> list[Checkpoint]:
    """A log that published sizes 3 and 7."""
    for count in (3, 4):
        for number in range(count):
            record(number)
        sequencer.drain()
    return list(Checkpoint.objects.filter(size__gt=0).order_by("size"))


def ask(client: Client, size: int, root: str) -> Any:
    return client.get("/api/log/comparison?" + urlencode({"size": size, "root": root})).json()


def test_an_old_checkpoint_is_shown_to_begin_the_log_with_a_proof(client: Client, log: list[Checkpoint]) -> None:
    old, new = log

    for root in (bytes(old.root).hex(), base64.b64encode(old.root).decode()):
        said = ask(client, 3, root)
        assert said["verdict"] == "begins"
        hashes = [bytes.fromhex(node) for node in said["hashes"]]
        merkle.verify_consistency(3, bytes(old.root), said["new_size"], bytes.fromhex(said["new_root"]), hashes)
    assert ask(client, 7, bytes(new.root).hex())["verdict"] == "same"


def test_another_root_and_a_larger_size_are_told_apart(client: Client, log: list[Checkpoint]) -> None:
    other = ask(client, 3, "ab" * 32)

    assert (other["verdict"], other["root_here"]) == ("other", bytes(log[0].root).hex())
    assert ask(client, 8, "ab" * 32)["verdict"] == "beyond"
    assert ask(client, 0, "ab" * 32)["verdict"] == "empty"
    assert client.get("/api/log/comparison?size=3&root=xyz").status_code == 422


def test_a_note_with_our_signature_over_another_tree_is_evidence(log: list[Checkpoint], settings: Any) -> None:
    key = SigningKey.from_seed(settings.LOG_ORIGIN, settings.LOG_SIGNING_KEY)
    other = key.sign(Statement(settings.LOG_ORIGIN, 3, b"x" * 32).text())
    stranger = SigningKey.from_seed(settings.LOG_ORIGIN, b"s" * 32).sign(
        Statement(settings.LOG_ORIGIN, 3, b"x" * 32).text()
    )

    assert comparisons.compare_note(other).is_split
    assert not comparisons.compare_note(stranger).is_split
    assert comparisons.compare_note(log[0].note).verdict == "begins"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_page_compares_what_is_pasted(client: Client, log: list[Checkpoint], language: str, settings: Any) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    pasted = {
        f"3 {bytes(log[0].root).hex()}": "begins",
        f"3\n{base64.b64encode(log[0].root).decode()}\n": "begins",
        log[1].note: "same",
        log[1].note.replace("\n", "\r\n"): "same",  # as a browser sends lines
        f"3 {'ab' * 32}": "other",
        f"4,000 {'ab' * 32}": "beyond",
    }

    for kept, verdict in pasted.items():
        answer = client.get("/ledger/checkpoints/", {"kept": kept})
        assert (answer.status_code, f'data-verdict="{verdict}"' in answer.content.decode()) == (200, True), kept
    assert client.get("/ledger/checkpoints/", {"kept": "nonsense"}).status_code == 422
    page = client.get("/ledger/checkpoints/").content.decode()
    assert bytes(log[0].root).hex()[:16] in page
    assert ("检查点" in page) == (language == "zh-hans")


def test_checkpoints_are_paged_from_the_largest(client: Client, log: list[Checkpoint]) -> None:
    first = client.get("/api/log/checkpoints?limit=1").json()
    rest = client.get(f"/api/log/checkpoints?before={first[0]['size']}").json()

    assert [row["size"] for row in first + rest] == [7, 3, 0]
    assert first[0]["note"] == log[1].note


def test_a_proof_file_is_handed_over_as_it_is_verified(client: Client, log: list[Checkpoint]) -> None:
    answer = client.get("/api/log/entries/5/proof")

    leaf = bytes(Leaf.objects.get(index=5).leaf_hash)
    assert TlogProof.parse(answer.content.decode()).verify(leaf, checkpoints.verifier_key()).size == 7
    assert answer["Content-Disposition"] == 'attachment; filename="entry-5.tlog-proof"'
    assert client.get("/api/log/entries/7/proof").status_code == 404
    assert client.get(f"/api/log/entries/{10**30}/proof").status_code == 404


def test_only_who_may_see_an_event_finds_it_by_its_id(client: Client, log_dir: Path, record: Record) -> None:
    party, stranger = given_signatory("甲公司").member, given_signatory("乙公司").member
    thread = ids.new_id()
    event = record(1, thread=thread, parties=(party.organisation_id,))
    sequencer.drain()

    def answers(path: str) -> list[Any]:
        found = []
        for person in (None, stranger.person_id, party.person_id):
            visitor = Client()
            if person:
                visitor.force_login(_person(person))
            answer = visitor.get(path)
            found.append(answer.status_code if answer.status_code != 200 else answer.json())
        return found

    visitor, other, own = answers(f"/api/log/events/{event}")
    assert (visitor, other, own["index"]) == (401, 404, Leaf.objects.get(event_id=event).index)
    assert answers(f"/api/log/events/{ids.new_id()}") == [401, 404, 404]
    visitor, other, own = answers(f"/api/log/threads/{thread}")
    assert (visitor, other, [row["kind"] for row in own]) == (401, [], ["test.happened"])


def test_a_trades_number_leads_its_parties_to_it_and_tells_strangers_nothing() -> None:
    stage = given_settled()
    sequencer.drain()
    assert stage.trade is not None
    number, stranger = stage.trade.number, given_signatory("别的公司").member
    clients = {name: Client() for name in ("visitor", "stranger", "buyer")}
    clients["stranger"].force_login(_person(stranger.person_id))
    clients["buyer"].force_login(_person(stage.buyer.member.person_id))

    api = {name: each.get(f"/api/contracts/trades/{number}/entries") for name, each in clients.items()}
    page = {name: each.get("/ledger/", {"q": number}) for name, each in clients.items()}
    unknown = clients["stranger"].get("/ledger/", {"q": "T20200101-000001"})

    assert [api[name].status_code for name in clients] == [401, 404, 200]
    assert "trade.closed" in {row["kind"] for row in api["buyer"].json()}
    assert page["buyer"].headers["Location"].endswith(f"/trades/{stage.trade.id}/")
    for name in ("visitor", "stranger"):
        assert page[name].status_code == 200
        said, nothing = page[name].content.decode(), unknown.content.decode()
        assert ("账本里没有" in said) == ("账本里没有" in nothing)
        assert str(stage.trade.id) not in said


def _person(person_id: Any) -> Any:
    from market.participants.models import Person

    return Person.objects.get(id=person_id)
