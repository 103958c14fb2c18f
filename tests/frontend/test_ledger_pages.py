# mypy: disable-error-code="no-untyped-def,arg-type,attr-defined,union-attr,no-untyped-call,index,operator,misc"
"""The public ledger's pages: what anybody sees, what only parties see, and how an answer says what it searched."""

import hashlib
import re
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from contracts import certificates
from frontend import kinds
from market.events.kinds import KINDS
from market.kernel import canonical_json
from market.participants.models import Person
from provenance import bundles, queries, sequencer
from provenance.models import Certificate
from tests.builders import Stage, given_listing, given_settled, given_signatory, given_signed

pytestmark = pytest.mark.django_db(transaction=True)


def client_of(person_id: object = None, language: str = "zh-hans") -> Client:
    """A visitor, or somebody signed in."""
    client = Client()
    client.cookies["language"] = language
    if person_id:
        client.force_login(Person.objects.get(id=person_id))
    return client


def given_certificate(stage: Stage) -> Certificate:
    """The trade's certificate, with everything on the ledger."""
    assert stage.trade is not None
    made = certificates.of(stage.trade, by=stage.buyer.member)
    sequencer.drain()
    return made


def row_of(stage: Stage, kind: str) -> queries.EntryRow:
    """The entry of the trade of this kind."""
    assert stage.trade is not None
    return next(each.entry for each in queries.story([stage.trade.id], None) if each.entry.kind == kind)


def test_every_kind_of_event_has_words() -> None:
    declared = {kind for kind in KINDS if not kind.startswith("test.")}

    assert declared == set(kinds.WORDS)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_explorer_shows_kinds_times_and_hashes_and_no_names(language):
    stage = given_settled()
    sequencer.drain()

    text = client_of(language=language).get("/ledger/").content.decode()

    assert row_of(stage, "trade.closed").leaf_hash[:8] in text
    assert ("交易完成" in text) == (language == "zh-hans")
    assert stage.supplier.member.organisation_name not in text
    assert stage.trade.number not in text


def test_the_explorer_pages_by_index_and_filters_by_kind() -> None:
    stage = given_settled()
    sequencer.drain()
    client, size = client_of(), queries.health().size

    second = client.get("/ledger/", {"before": size - 20}).content.decode()
    closed = client.get("/ledger/", {"kind": "trade.closed"}).content.decode()

    assert f"#{size - 20:,}" in second
    assert f"#{size:,}" not in second
    assert re.findall(r"/ledger/(\d+)/", closed) == [str(row_of(stage, "trade.closed").index)] * 2


@pytest.mark.parametrize("size", [0, 1])
def test_the_explorer_tells_an_empty_ledger(size):
    if size:
        given_signatory()  # waits for its place

    text = client_of().get("/ledger/").content.decode()

    assert "账本里没有这样的条目" in text
    assert "尚无检查点" in text or "没有检查点" in text


def test_a_number_a_leaf_hash_and_a_certificate_lead_to_their_pages() -> None:
    stage = given_settled()
    made = given_certificate(stage)
    row, client = row_of(stage, "trade.closed"), client_of()

    asked = {
        f"#{row.index + 1:,}": f"/ledger/{row.index}/",
        row.leaf_hash.upper(): f"/ledger/{row.index}/",
        f"https://elsewhere.example/certificates/{made.id}/": f"/certificates/{made.id}/",
    }

    assert {text: client.get("/verify/", {"q": text}).headers["Location"] for text in asked} == asked
    assert {text: client.get("/ledger/", {"q": text}).headers["Location"] for text in asked} == asked


def test_what_is_not_found_says_what_was_searched_and_is_not_called_false() -> None:
    given_settled()
    sequencer.drain()

    answer = client_of().get("/verify/", {"q": hashlib.sha256(b"unknown").hexdigest()})

    text = answer.content.decode()
    assert answer.status_code == 200
    assert f"在全部 {queries.head().size:,} 条里查过" in text
    assert "没有找到不等于虚假" in text
    assert "核验不通过：" not in text.split('id="words"')[0]


@pytest.mark.parametrize("asked", ["abc", "zz" * 32, "", "0" * 300])
def test_what_cannot_be_looked_up_stands_there_again_with_its_reason(asked):
    answer = client_of().get("/verify/", {"q": asked})

    assert answer.status_code == 422
    assert f'value="{asked}"' in answer.content.decode() or not asked


def test_the_fingerprint_of_a_listed_file_leads_to_its_listing() -> None:
    supplier = given_signatory("供方公司")
    offer = given_listing(supplier.member)
    sequencer.drain()

    text = client_of().get("/verify/", {"q": offer.version.resource.file_sha256}).content.decode()

    assert "这个文件曾在此挂牌" in text
    assert offer.version.title in text


def test_an_entry_opens_its_values_for_a_party_and_for_nobody_else() -> None:
    stage = given_settled()
    stranger = given_signatory("别家公司")
    sequencer.drain()
    row = row_of(stage, "negotiation.agreed")
    agreement = stage.trade.agreement.sha256

    party = client_of(stage.buyer.member.person_id).get(f"/ledger/{row.index}/").content.decode()
    others = [
        client_of(each).get(f"/ledger/{row.index}/").content.decode() for each in (None, stranger.member.person_id)
    ]

    assert agreement in party
    assert all(agreement not in text and "salt&quot;" not in text for text in others)
    assert all(row.leaf_hash in text for text in [party, *others])


def test_an_entry_that_does_not_exist_is_not_found() -> None:
    assert [client_of().get(f"/ledger/{index}/").status_code for index in (0, 10**6, 10**30)] == [404, 404, 404]


def test_the_public_copy_of_a_certificate_names_nobody_and_no_price() -> None:
    stage = given_settled()
    made = given_certificate(stage)

    public = client_of().get(f"/certificates/{made.id}/").content.decode()
    copy = client_of(stage.supplier.member.person_id).get(f"/certificates/{made.id}/").content.decode()

    private = [stage.buyer.member.organisation_name, stage.trade.number, "480.00", stage.trade.agreement.sha256]
    assert all(each in copy for each in private)
    assert all(each not in public for each in private)
    assert "有效" in public
    assert f"{settings.PUBLIC_URL}/certificates/{made.id}/" in public


def test_a_certificate_says_when_its_trade_is_not_on_the_ledger_yet() -> None:
    stage = given_settled()
    sequencer.drain()
    running = given_signed()  # its entries wait

    waiting = certificates.of(running.trade, by=running.buyer.member)
    made = certificates.of(stage.trade, by=stage.buyer.member)

    assert "尚未入账" in client_of().get(f"/certificates/{waiting.id}/").content.decode().split('id="words"')[0]
    assert "有效" in client_of().get(f"/certificates/{made.id}/").content.decode().split('id="words"')[0]


def test_a_certificate_that_nobody_issued_is_not_found() -> None:
    given_settled()
    sequencer.drain()

    assert client_of().get(f"/certificates/{uuid4()}/").status_code == 404


def test_the_market_checks_a_bundle_for_readers_without_script_and_says_so() -> None:
    stage = given_settled()
    given_certificate(stage)
    bundle = certificates.bundle(stage.trade, stage.buyer.member)
    forged = canonical_json.loads(bundle)
    forged["signatures"][0]["signature"] = "00" * 64
    forged["manifest"] = bundles.manifest({name: forged[name] for name in forged if name != "manifest"})

    good, bad = (
        client_of().post("/verify/", {"bundle": SimpleUploadedFile("bundle.json", data), "vkey": ""}).content.decode()
        for data in (bundle, canonical_json.dumps(forged))
    )

    assert "由市场的服务器计算" in good
    assert good.count('data-status="proved"') == 13
    assert 'data-step="signatures" data-status="false"' in bad


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 422),
        ({"bundle": SimpleUploadedFile("x.json", b'{"format":"other"}')}, 422),
        ({"bundle": SimpleUploadedFile("x.json", b"not json")}, 200),
        ({"bundle": SimpleUploadedFile("x.json", b"{}"), "vkey": "no key"}, 422),
        ({"bundle": SimpleUploadedFile("x.json", b" " * (17 * 2**20))}, 413),
    ],
    ids=["nothing", "another format", "damaged", "no key", "too large"],
)
def test_a_file_that_cannot_be_checked_is_refused_with_a_sentence(sent, status):
    given_signatory()
    sequencer.drain()

    assert client_of().post("/verify/", sent).status_code == status
