"""Every change is a verb, and every verb tells an event of its own."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.urls import get_resolver

from market import houserules, verbs
from market.events import kinds, outbox
from market.events.models import Event
from market.kernel import ids
from market.rules import Rule

WRITES = {
    "save", "create", "create_once", "bulk_create", "update", "delete", "get_or_create", "update_or_create",
    "bulk_update",
}  # fmt: skip
# Public functions that write and are no business fact; each with the reason.
NO_FACT = {
    "listings/sales.py:hear": "counts a trade that has closed; the trade's room told of it",
    "listings/search/folding.py:fold_all": "bitmaps made from rows that verbs wrote",
    "listings/search/indexing.py:index": "the catalogue's row, part of publish, delist and of offers",
    "listings/resources.py:report": "progress of a running job",
    "listings/resources.py:upload": "calls the verb register; removes the object when that fails",
    "market/events/dispatch.py:claim": "lease of a piece of news",
    "market/events/dispatch.py:take_over": "ends the leases of a dispatcher that is gone",
    "market/events/dispatch.py:tell": "bookkeeping of the news itself",
    "market/events/dispatch.py:hear_lifting": "wakes what a hold had stopped",
    "market/events/openings.py:erase": "part of erasures.confirm, which tells of each",
    "market/rules.py:write_first_versions": "standing rows after a migration",
    "market/notifications/mail.py:post": "a letter about an event that was told",
    "market/notifications/todo.py:follow": "whose turn it is follows from events",
    "market/notifications/todo.py:done": "whose turn it is follows from events",
    "market/notifications/todo.py:remind": "whose turn it is follows from events",
    "market/participants/accounts.py:create": "a person without any membership can do nothing yet",
    "market/participants/keys.py:keep": "part of register and of sealed_keys.make",
    "market/participants/keys.py:find": "the day a key was last used",
    "market/participants/sealed_keys.py:open_and_sign": "counts wrong PINs; the verb key.refused tells of them",
    "settlement/answers.py:forget_old": "answers whose promise has ended; what they answered stays told",
    "settlement/answers.py:once": "what a verb inside answered; the verb told of it",
    "settlement/obligations.py:save_funded": "part of statements.import_file and payments",
    "settlement/payouts.py:add": "part of request",
    "settlement/payouts.py:save_ended": "part of statements.import_file",
    "settlement/refunds.py:make": "part of escrow.refund and suspense.give_back",
    "provenance/chain/anchorer.py:note": "what hinders anchoring now; an event would be a leaf and ask for an anchor",
    "provenance/chain/deployments.py:deploy": "the chain itself is the record, and tells of it to everybody",
    "contracts/negotiations.py:end": "part of terminate and lapse",
    "contracts/negotiations.py:write_signature": "part of agree and verify",
    "contracts/periods.py:move_trade": "part of the verbs of contracts.trade",
    "contracts/periods.py:set_due": "part of contracts.trade.sign",
}


def test_every_verb_names_kinds_that_its_room_declares() -> None:
    assert get_resolver().url_patterns  # loads every room's doors, and with them every verb

    unknown = {verb.name: [kind for kind in verb.kinds if kind not in kinds.KINDS] for verb in verbs.REGISTRY.values()}

    assert {name: kind for name, kind in unknown.items() if kind} == {}
    assert len(verbs.REGISTRY) > 50


def test_every_verb_has_a_kind_or_composes() -> None:
    silent = [verb.name for verb in verbs.REGISTRY.values() if not verb.kinds and not verb.composes]

    assert silent == []


def test_no_public_function_changes_rows_outside_a_verb() -> None:
    root: Path = settings.BASE_DIR
    found = []
    for path in houserules.sources(root):
        relative = path.relative_to(root).as_posix()
        if relative.startswith(("frontend/demonstration", "market/launcher")) or "management" in path.parts:
            continue
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not _is_verb(node):
                writes = [name for call in ast.walk(node) if (name := _write(call))]
                if writes and f"{relative}:{node.name}" not in NO_FACT:
                    found.append(f"{relative}:{node.name} ({', '.join(writes)})")

    assert "\n".join(found) == ""


def _is_verb(node: ast.FunctionDef) -> bool:
    return any(isinstance(each, ast.Call) and getattr(each.func, "id", "") == "verb" for each in node.decorator_list)


def _write(node: ast.AST) -> str:
    """A call such as X.objects.create(…), row.save(…) or rows.create(…)."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in WRITES:
        return ""
    text = ast.unparse(node.func.value)
    is_write = node.func.attr == "save" or text == "rows" or "objects" in text or "filter(" in text
    return node.func.attr if is_write else ""


@pytest.mark.django_db(transaction=True)
def test_a_verb_that_tells_nothing_is_rolled_back() -> None:
    @verbs.verb("hold.placed")
    def mute() -> None:
        Rule.objects.create(name="mute", version=1, value={}, legal_basis="-", effective_from="2026-01-01T00:00:00Z")

    try:
        with pytest.raises(verbs.NothingTold):
            mute()
    finally:
        del verbs.REGISTRY[f"{__name__}.mute"]

    assert not Rule.objects.filter(name="mute").exists()


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="outside a transaction"):
        outbox.record("person.joined", subject=ids.urn(ids.new_id()), actor="x", organisation="x", roles=[])

    assert not Event.objects.exists()


def test_the_house_rules_hold() -> None:
    assert [str(breach) for breach in houserules.check_all(settings.BASE_DIR, apps.get_models())] == []


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        ("settlement/x.py", 'apps.get_model("contracts.Trade")', "upper room"),
        ("settlement/x.py", 'import_module("delivery.grants")', "upper room"),
        ("market/x.py", 'send_task("listings.tasks.take_in")', "upper room"),
        ("contracts/x.py", "from settlement import tasks", "its own"),
        ("contracts/x.py", "import stripe", "only"),
    ],
)
def test_a_planted_breach_is_named(path: str, text: str, says: str) -> None:
    assert [breach for breach in houserules.check_file(path, text) if says in str(breach)]


def test_a_call_downward_is_no_breach() -> None:
    text = 'import_string("settlement.ledger")\nfrom settlement import escrow'

    assert houserules.check_file("contracts/x.py", text) == []
