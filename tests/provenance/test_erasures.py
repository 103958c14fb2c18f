"""Erasing what is behind leaves: two persons, a reason, a basis; the log stays whole and says what is gone."""

import base64
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from contracts import certificates
from market.events.models import Event, Opening
from market.holds import Held, Scope, TwoPersons
from market.kernel import ids
from market.kernel.errors import IllegalStep, Invalid, NotAllowed, NotFound
from market.participants.members import Member, Role
from provenance import erasures, evidence, sequencer
from provenance.errors import ErasureOpen
from provenance.models import Erasure
from provenance.verifier.checks import examine
from supervision import orders
from tests.builders import Stage, given_authority, given_operator, given_settled, given_signatory
from tests.frontend.clients import client_of, text

pytestmark = pytest.mark.django_db(transaction=True)
WHY = {"reason": "本人要求删除，合同目的已实现", "legal_basis": "个人信息保护法 47"}


def given_two() -> tuple[Member, Member]:
    """Who proposes and who carries out."""
    return given_operator(Role.REVIEWER), given_operator(Role.APPROVER)


def erase(stage: Stage, *fields: str) -> Erasure:
    """Erase fields of the stage's trade, everything on the ledger."""
    assert stage.trade is not None
    one, other = given_two()
    made = erasures.propose(stage.trade.id, fields=fields, **WHY, by=one)
    erasures.confirm(made.id, by=other)
    sequencer.drain()
    return made


def opened(stage: Stage, kind: str) -> dict[str, Any]:
    """What the database still holds behind the trade's entry of a kind."""
    assert stage.trade is not None
    return dict(Opening.objects.get(event__kind=kind, thread=stage.trade.id).fields)


def test_the_value_is_gone_and_the_log_verifies_to_the_last_byte() -> None:
    stage = given_settled(price_minor=48_017)
    sequencer.drain()
    before = {event.id: bytes(event.body) for event in Event.objects.all()}

    erase(stage, "amount_minor", "price_minor")

    call_command("verify", deep=True)  # raises for anything that does not hold
    assert {id_: bytes(body) for id_, body in Event.objects.filter(id__in=before).values_list("id", "body")} == before
    assert "amount_minor" not in opened(stage, "period.funded")
    assert "currency" in opened(stage, "period.funded")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM market_opening WHERE thread = %s AND fields::text LIKE %s",
            [stage.period.trade_id, "%48017%"],
        )
        assert cursor.fetchone() == (0,)


def test_a_bundle_says_erased_and_not_false() -> None:
    stage = given_settled()
    assert stage.trade is not None
    made = erase(stage, "amount_minor")

    report = examine(certificates.bundle(stage.trade, stage.buyer.member))

    said = {step.name: (step.status.value, step.detail) for step in report.steps}
    assert report.verdict == "erased"
    assert said["price"][0] == "erased"
    assert made.legal_basis in said["price"][1]
    assert "were erased, as the log says" in said["openings"][1]
    assert {status for status, _ in said.values()} == {"proved", "erased"}


def test_a_bundle_without_need_of_the_value_still_verifies() -> None:
    stage = given_settled()
    assert stage.trade is not None
    erase(stage, "actor")

    report = examine(certificates.bundle(stage.trade, stage.buyer.member))

    assert report.verdict == "verified"
    assert "'actor'" in next(step.detail for step in report.steps if step.name == "openings")


def test_who_hides_a_value_cannot_call_it_erased() -> None:
    stage = given_settled()
    assert stage.trade is not None
    erase(stage, "actor")
    whole = json.loads(certificates.bundle(stage.trade, stage.buyer.member))
    for entry in whole["entries"]:
        if b"period.funded" in base64.b64decode(entry["leaf"]):
            del entry["openings"]["amount_minor"]

    report = examine(json.dumps(whole, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode())

    assert next(step.status.value for step in report.steps if step.name == "price") == "not found"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_entry_and_the_certificate_say_when_and_on_which_basis(language: str) -> None:
    stage = given_settled()
    assert stage.trade is not None
    certificate = certificates.of(stage.trade, by=stage.buyer.member)
    erase(stage, "amount_minor")
    settled = next(each for each in evidence.of([stage.trade.id], reader=None) if each.row.kind == "period.settled")

    entry = text(client_of(stage.buyer.member, language).get(f"/ledger/{settled.row.index}/"))
    public = text(Client().get(f"/certificates/{certificate.id}/"))
    answer = Client().get(f"/api/log/certificates/{certificate.id}").json()

    for page in (entry, public):
        assert WHY["legal_basis"] in page
    assert ("已抹除" in entry) == (language == "zh-hans")
    assert "已抹除" in public
    assert answer["status"] == "erased"
    assert {(each["field"], each["legal_basis"]) for each in answer["erased"]} == {("amount_minor", WHY["legal_basis"])}


def test_a_persons_own_name_goes_wherever_it_stands_and_others_stay() -> None:
    stage = given_settled()
    person = stage.buyer.member.urn
    one, other = given_two()
    others = Opening.objects.exclude(actor=person).exclude(actor="").count()

    made = erasures.propose(stage.buyer.member.person_id, fields=["actor", "person", "owner"], **WHY, by=one)
    erasures.confirm(made.id, by=other)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM market_opening o JOIN market_event e ON e.id = o.event_id "
            "WHERE (o.fields::text LIKE %s OR o.actor = %s) AND e.kind NOT LIKE 'erasure.%%'",
            [f"%{person}%", person],
        )
        assert cursor.fetchone() == (0,)
    told = Opening.objects.filter(event__kind__in=["opening.erased", "erasure.proposed", "erasure.confirmed"]).count()
    assert Opening.objects.exclude(actor="").count() == others + told


def test_every_erased_entry_has_an_event_that_its_parties_can_open() -> None:
    stage = given_settled()
    assert stage.trade is not None
    made = erase(stage, "amount_minor")

    told = evidence.of([stage.trade.id], reader=stage.supplier.member)
    said = [each for each in told if each.row.kind == "opening.erased"]

    assert {each.value("number") for each in said} == {made.number}
    hashes = {each.row.leaf_hash for each in told if "amount_minor" in each.erased}
    assert {each.value("entry_sha256") for each in said} == hashes
    assert len(hashes) > 2


def test_nobody_carries_out_what_they_proposed_and_only_the_operator_erases() -> None:
    stage = given_settled()
    assert stage.trade is not None
    both = given_operator(Role.REVIEWER, Role.APPROVER)
    made = erasures.propose(stage.trade.id, fields=["actor"], **WHY, by=both)

    with pytest.raises(TwoPersons):
        erasures.confirm(made.id, by=both)
    for by in (stage.buyer.member, given_authority(), given_operator(Role.CLERK)):
        with pytest.raises(NotAllowed):
            erasures.propose(stage.trade.id, fields=["actor"], **WHY, by=by)
        with pytest.raises(NotAllowed):
            erasures.confirm(made.id, by=by)


def test_what_is_held_may_be_evidence_and_is_not_erased() -> None:
    stage = given_settled()
    assert stage.trade is not None
    one, other = given_two()
    made = erasures.propose(stage.trade.id, fields=["actor"], **WHY, by=one)
    orders.place(stage.trade.id, scope=Scope.TRADE, reason="调查", legal_basis="条例 28", by=one)

    with pytest.raises(Held):
        erasures.confirm(made.id, by=other)

    assert "actor" in opened(stage, "period.funded")


def test_an_erasure_is_carried_out_or_dropped_once() -> None:
    stage = given_settled()
    assert stage.trade is not None
    one, other = given_two()
    made = erasures.propose(stage.trade.id, fields=["actor"], **WHY, by=one)
    with pytest.raises(ErasureOpen):
        erasures.propose(stage.trade.id, fields=["actor"], **WHY, by=other)
    erasures.withdraw(made.id, reason="仍在保存期内", by=other)

    with pytest.raises(IllegalStep):
        erasures.confirm(made.id, by=other)

    assert "actor" in opened(stage, "period.funded")


@pytest.mark.parametrize(
    ("fields", "why", "wrong"),
    [
        ([], WHY, "fields"),
        (["agreement_sha256"], WHY, "fields"),
        (["thread"], WHY, "fields"),
        (["password"], WHY, "fields"),
        (["actor"], WHY | {"reason": " "}, "reason"),
        (["actor"], WHY | {"legal_basis": ""}, "legal_basis"),
    ],
)
def test_a_proposal_without_its_parts_is_refused(fields: list[str], why: dict[str, str], wrong: str) -> None:
    party = given_signatory().member

    with pytest.raises(Invalid) as refused:
        erasures.propose(party.person_id, fields=fields, **why, by=given_operator(Role.REVIEWER))

    assert [each["field"] for each in refused.value.fields] == [wrong]


def test_nothing_to_erase_is_said() -> None:
    with pytest.raises(NotFound):
        erasures.propose(ids.new_id(), fields=["actor"], **WHY, by=given_operator(Role.REVIEWER))


def test_the_desk_proposes_and_another_carries_out() -> None:
    stage = given_settled()
    assert stage.trade is not None
    one, other = given_two()
    form = {"subject": str(stage.trade.id), "fields": "actor, amount_minor", **WHY}

    refused = client_of(one).post("/desk/erasures/new/", form | {"legal_basis": ""})
    sent = client_of(one).post("/desk/erasures/new/", form)
    made = Erasure.objects.get()
    own = client_of(one).post(f"/desk/erasures/{made.id}/confirmation")
    done = client_of(other).post(f"/desk/erasures/{made.id}/confirmation")
    page = text(client_of(other, "en").get(f"/desk/erasures/{made.id}/"))
    listed = text(client_of(other).get("/desk/erasures/"))

    assert (refused.status_code, sent.status_code, own.status_code, done.status_code) == (422, 303, 403, 303)
    assert "amount_minor" not in opened(stage, "period.funded")
    assert made.number in page
    assert made.number in listed
    assert client_of(stage.buyer.member).get("/desk/erasures/").status_code == 403


def test_programs_erase_by_the_api_with_the_same_rules() -> None:
    stage = given_settled()
    assert stage.trade is not None
    one, other = given_two()
    body = {"subject": str(stage.trade.id), "fields": ["actor"], **WHY}

    made = client_of(one).post("/api/log/erasures", body, content_type="application/json")
    done = client_of(other).post(f"/api/log/erasures/{made.json()['id']}/confirmation")

    assert (made.status_code, done.status_code, done.json()["state"]) == (201, 200, "confirmed")
