"""The one door by which an event enters: in a transaction, of a known kind, saying little."""

import hashlib
import json
from typing import Any

import pytest
from django.db import transaction

from market import subscriptions, verbs
from market.events import kinds, outbox
from market.events.kinds import UnknownKind, WrongFields
from market.events.models import Dispatch, Event, Opening
from market.kernel import canonical_json, ids
from market.participants.members import system
from market.verbs import NothingTold, verb

pytestmark = pytest.mark.django_db
BY = system("test").urn


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> str:
    """A kind of event that only this test knows."""
    monkeypatch.setattr(kinds, "KINDS", dict(kinds.KINDS))
    monkeypatch.setattr(verbs, "REGISTRY", dict(verbs.REGISTRY))
    kinds.declare("test.told", basis="test", public=("shown",), shown=str, price_minor=int, note=(str, type(None)))
    return "test.told"


def record(kind: str, **changed: Any) -> Event:
    said: dict[str, Any] = {"shown": "a", "price_minor": 48_000, "note": None}
    with transaction.atomic():
        event_id = outbox.record(kind, subject=ids.urn(ids.new_id()), actor=BY, **(said | changed))
    return Event.objects.get(id=event_id)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_recorded_outside_a_transaction(kind: str) -> None:
    with pytest.raises(RuntimeError, match="outside a transaction"):
        outbox.record(kind, subject=ids.urn(ids.new_id()), actor=BY, shown="a", price_minor=1, note=None)

    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_event_goes_with_the_transaction_that_made_it_true(kind: str) -> None:
    @transaction.atomic
    def fail_late() -> None:
        outbox.record(kind, subject=ids.urn(ids.new_id()), actor=BY, shown="a", price_minor=1, note=None)
        raise KeyError

    with pytest.raises(KeyError):
        fail_late()

    assert not Event.objects.exists()
    assert not Opening.objects.exists()


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UnknownKind):
        outbox.record("nobody.declared", subject=ids.urn(ids.new_id()), actor=BY)


@pytest.mark.parametrize(
    "changed",
    [{"price_minor": "48000"}, {"price_minor": True}, {"price_minor": None}, {"foreign": 1}, {"note": 1}],
    ids=["text for a number", "yes for a number", "nothing for a number", "one too many", "number for a text"],
)
def test_fields_that_differ_from_the_kinds_are_refused(kind: str, changed: dict[str, Any]) -> None:
    with pytest.raises(WrongFields):
        record(kind, **changed)

    assert not Event.objects.exists()


def test_a_missing_field_is_refused(kind: str) -> None:
    with pytest.raises(WrongFields):
        outbox.record(kind, subject=ids.urn(ids.new_id()), actor=BY, shown="a", note=None)


def test_a_kind_is_declared_once_and_its_envelope_is_never_a_field(kind: str) -> None:
    with pytest.raises(RuntimeError, match="declared twice"):
        kinds.declare(kind, basis="again")
    with pytest.raises(RuntimeError, match="absent"):
        kinds.declare("test.other", basis="x", public=("absent",))
    with pytest.raises(RuntimeError, match="actor"):
        kinds.declare("test.other", basis="x", actor=str)


def test_only_public_fields_stand_in_clear(kind: str) -> None:
    event = record(kind, note="秘密")
    leaf = json.loads(bytes(event.body))

    assert leaf["public"] == {"shown": "a"}
    assert set(leaf["commitments"]) == {"price_minor", "note", "subject", "actor"}
    for hidden in ("48000", "秘密", BY, str(event.opening.subject)):
        assert hidden not in bytes(event.body).decode()


def test_the_leaf_is_canonical(kind: str) -> None:
    event = record(kind)

    assert canonical_json.dumps(canonical_json.loads(bytes(event.body))) == bytes(event.body)


def test_every_commitment_opens_to_its_value(kind: str) -> None:
    event = record(kind, note="秘密")
    leaf = json.loads(bytes(event.body))

    for name, opening in event.opening.fields.items():
        salt = bytes.fromhex(opening["salt"])
        expected = hashlib.sha256(
            b"dm-commit/v1\x00" + name.encode() + b"\x00" + salt + canonical_json.dumps(opening["value"])
        ).hexdigest()
        assert leaf["commitments"][name] == expected
        assert len(salt) == 32


def test_equal_values_have_unlike_commitments(kind: str) -> None:
    first, second = (json.loads(bytes(record(kind).body))["commitments"] for _ in range(2))

    assert first["price_minor"] != second["price_minor"]
    assert first["note"] != second["note"]


def test_a_leaf_of_65_535_bytes_fits_and_one_more_does_not(kind: str) -> None:
    room = 65_535 - (len(bytes(record(kind).body)) - 1)

    assert len(bytes(record(kind, shown="x" * room).body)) == 65_535
    with pytest.raises(outbox.LeafTooLarge):
        record(kind, shown="x" * (room + 1))


@pytest.mark.parametrize("value", ["\ud800", 2**53])
def test_what_has_no_canonical_form_is_never_recorded(kind: str, value: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        record(kind, **({"shown": value} if isinstance(value, str) else {"price_minor": value}))

    assert not Event.objects.exists()


def test_each_subscriber_gets_its_own_row_in_the_same_transaction(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(subscriptions.SUBSCRIPTIONS, kind, ("a.b.hear", "job:c.tasks.do"))

    event = record(kind)

    rows = Dispatch.objects.order_by("subscriber")
    assert [row.subscriber for row in rows] == ["a.b.hear", "job:c.tasks.do"]
    assert rows[0].payload["fields"] == {"shown": "a", "price_minor": 48_000, "note": None}
    assert {row.event_id for row in rows} == {event.id}


def test_a_kind_without_subscribers_leaves_no_news(kind: str) -> None:
    record(kind)

    assert not Dispatch.objects.exists()


def test_every_subscription_is_to_a_declared_kind_and_to_something_that_is_there() -> None:
    from django.utils.module_loading import import_string

    for name, subscribers in subscriptions.SUBSCRIPTIONS.items():
        assert name in kinds.KINDS
        for subscriber in subscribers:
            assert callable(import_string(subscriber.removeprefix("job:")))


def test_a_verb_that_tells_nothing_is_rolled_back(kind: str) -> None:
    @verb(kind)
    def silent() -> None:
        Dispatch.objects.create(
            id=ids.new_id(), event_id=ids.new_id(), kind=kind, subscriber="x", payload={}, due_at="2026-01-01T00:00Z"
        )

    with pytest.raises(NothingTold):
        silent()

    assert not Dispatch.objects.exists()


def test_a_verb_may_say_that_it_was_a_replay(kind: str) -> None:
    @verb(kind)
    def again() -> str:
        outbox.unchanged()
        return "stored answer"

    assert again() == "stored answer"


def test_a_composing_verb_is_satisfied_by_what_its_parts_told(kind: str) -> None:
    @verb(kind)
    def part() -> None:
        outbox.record(kind, subject=ids.urn(ids.new_id()), actor=BY, shown="a", price_minor=1, note=None)

    @verb(composes=True)
    def whole() -> None:
        part()

    whole()

    assert Event.objects.count() == 1
