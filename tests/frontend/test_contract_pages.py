"""The contract as a page, and its signing with a key that the platform keeps."""

import hashlib

import pytest
from django.urls import reverse

from contracts import clauses, negotiations, terms
from contracts.models import Agreement, Negotiation, Signature, Trade
from contracts.queries import documents
from contracts.states import NegotiationState
from listings.offers import policy_of
from market.participants import sealed_keys
from market.participants.members import Member, Role
from market.participants.models import Membership, PublicKey
from tests.builders import USAGE, Stage, given_agreed, given_requested, given_signatory
from tests.frontend.clients import client_of, text

pytestmark = pytest.mark.django_db
PIN = "Tulip-4821"


def address(stage: Stage, page: str = "contract") -> str:
    """A page of the stage's contract."""
    assert stage.negotiation is not None
    return reverse(f"frontend:{page}", args=[stage.negotiation.id])


def signing(stage: Stage, member: Member, **changed: str) -> dict[str, str]:
    """What the sign form sends."""
    key = PublicKey.objects.get(organisation_id=member.organisation_id, provider="sealed_key", revoked_at__isnull=True)
    exact = hashlib.sha256(stage.draft()).hexdigest()
    return {"consent": "on", "sha256": exact, "key": str(key.id), "pin": PIN} | changed


def given_sealed() -> Stage:
    """The buyer has asked, and the supplier has a key in the platform's keeping."""
    stage = given_requested()
    sealed_keys.make(pin=PIN, by=stage.supplier.member)
    return stage


def test_the_draft_names_the_fingerprint_of_exactly_the_bytes_that_are_signed() -> None:
    stage = given_requested()
    client = client_of(stage.supplier.member)

    page = text(client.get(address(stage)))
    exact = client.get(address(stage, "contract_bytes")).content

    assert exact == stage.draft()
    assert hashlib.sha256(exact).hexdigest() in page


@pytest.mark.parametrize(
    ("asked", "chinese", "english"), [("zh", True, False), ("en", False, True), ("both", True, True)]
)
def test_the_text_is_read_in_chinese_in_english_or_in_both(asked: str, chinese: bool, english: bool) -> None:
    stage = given_requested()

    page = text(client_of(stage.buyer.member).get(address(stage), {"text": asked}))

    assert ("第1条　合约主体" in page) is chinese
    assert ("Clause 1　" in page) is english


def test_what_differs_from_the_standard_terms_is_struck_and_underlined() -> None:
    stage = given_requested()
    assert stage.negotiation is not None
    negotiations.offer(stage.negotiation.id, acceptance_days=5, by=stage.supplier.member)
    client = client_of(stage.buyer.member)

    page = text(client.get(address(stage)))
    only = text(client.get(address(stage), {"only": "changed"}))

    assert "<del>3</del><ins><mark>5</mark></ins>" in page
    assert "改了 1 条" in page.replace("改了1条", "改了 1 条")
    assert "合约主体" in page
    assert "合约主体" not in only


def test_runs_taken_together_give_both_texts_to_the_character() -> None:
    stage = given_requested()
    assert stage.negotiation is not None
    usage = USAGE | {"may_redistribute": True, "delete_within_days": 60, "attribution": "监测总站"}
    negotiations.offer(
        stage.negotiation.id, price_minor=99_900, policy=policy_of(usage), acceptance_days=9, by=stage.supplier.member
    )
    settled = terms.of(Negotiation.objects.get())
    now, usual = clauses.compose(settled), clauses.compose(clauses.standard(settled))

    for clause, before in zip(now["clauses"], usual["clauses"], strict=True):  # type: ignore[call-overload]
        for language in documents.LANGUAGES:
            runs = [each.runs for each in documents.paragraphs(clause, language, before["text"][language])]
            joined = ["".join(run.text for run in line if run.kind != "removed") for line in runs]
            struck = ["".join(run.text for run in line if run.kind != "added") for line in runs]
            assert "".join(joined) == clause["text"][language].replace("\n", "")
            assert "".join(struck) == before["text"][language].replace("\n", "")


def test_the_supplier_signs_with_its_pin_and_the_signature_is_labelled_as_kept_by_the_platform() -> None:
    stage = given_sealed()
    client = client_of(stage.supplier.member)
    before = text(client.get(address(stage)))

    response = client.post(address(stage, "contract_sign"), signing(stage, stage.supplier.member))

    assert "checked" not in before.partition('name="consent"')[2].partition(">")[0]
    assert response.status_code == 303
    assert Signature.objects.get().provider == "sealed_key"
    assert Negotiation.objects.get().state == NegotiationState.AGREED
    assert "平台托管签名" in text(client.get(address(stage)))


def test_the_buyer_signs_the_same_bytes_and_is_led_to_the_trade() -> None:
    stage = given_agreed()
    sealed_keys.make(pin=PIN, by=stage.buyer.member)

    response = client_of(stage.buyer.member).post(address(stage, "contract_sign"), signing(stage, stage.buyer.member))

    assert response.status_code == 303
    assert response.headers["Location"] == reverse("frontend:trade", args=[Trade.objects.get().id])
    assert Negotiation.objects.get().state == NegotiationState.FINALIZED
    assert {each.side for each in Signature.objects.all()} == {"supplier", "buyer"}


def test_a_wrong_pin_is_counted_and_told_beside_its_field() -> None:
    stage = given_sealed()

    response = client_of(stage.supplier.member).post(
        address(stage, "contract_sign"), signing(stage, stage.supplier.member, pin="Wrong-0000")
    )

    page = text(response)
    assert response.status_code == 403
    assert 'id="id_pin_error"' in page
    assert "Wrong-0000" not in page
    assert PublicKey.objects.get(provider="sealed_key").wrong_pins == 1
    assert not Agreement.objects.exists()


def test_five_wrong_pins_lock_the_key() -> None:
    stage = given_sealed()
    client = client_of(stage.supplier.member)
    for _ in range(5):
        client.post(address(stage, "contract_sign"), signing(stage, stage.supplier.member, pin="Wrong-0000"))

    response = client.post(address(stage, "contract_sign"), signing(stage, stage.supplier.member))

    assert response.status_code == 423
    assert not Agreement.objects.exists()


@pytest.mark.parametrize("missing", ["consent", "pin", "sha256"])
def test_without_consent_pin_and_fingerprint_nothing_is_signed(missing: str) -> None:
    stage = given_sealed()
    sent = signing(stage, stage.supplier.member)
    del sent[missing]

    response = client_of(stage.supplier.member).post(address(stage, "contract_sign"), sent)

    assert response.status_code == 422
    assert not Agreement.objects.exists()
    assert PublicKey.objects.get(provider="sealed_key").wrong_pins == 0


def test_a_text_that_changed_since_it_was_read_is_not_signed_and_no_pin_is_tried() -> None:
    stage = given_sealed()
    sent = signing(stage, stage.supplier.member)
    assert stage.negotiation is not None
    negotiations.offer(stage.negotiation.id, price_minor=60_000, by=stage.supplier.member)
    negotiations.counter(stage.negotiation.id, price_minor=40_000, by=stage.buyer.member)

    response = client_of(stage.supplier.member).post(address(stage, "contract_sign"), sent | {"pin": "Wrong-0000"})

    assert response.status_code == 409
    assert "文本在阅读后有改动" in text(response)
    assert PublicKey.objects.get(provider="sealed_key").wrong_pins == 0
    assert not Agreement.objects.exists()


def test_the_side_whose_turn_it_is_not_cannot_sign() -> None:
    stage = given_requested()
    sealed_keys.make(pin=PIN, by=stage.buyer.member)

    response = client_of(stage.buyer.member).post(address(stage, "contract_sign"), signing(stage, stage.buyer.member))

    assert response.status_code == 403
    assert PublicKey.objects.get(provider="sealed_key").wrong_pins == 0
    assert not Agreement.objects.exists()


def test_a_trader_reads_the_contract_and_is_told_which_role_signs() -> None:
    stage = given_sealed()
    Membership.objects.filter(person_id=stage.supplier.member.person_id).update(roles=[Role.TRADER])
    client = client_of(stage.supplier.member)

    page = text(client.get(address(stage)))
    response = client.post(address(stage, "contract_sign"), signing(stage, stage.supplier.member))

    assert 'name="pin"' not in page
    assert response.status_code == 403
    assert not Agreement.objects.exists()


def test_a_signatory_with_its_own_key_is_told_how_to_sign_by_program() -> None:
    stage = given_agreed()
    assert stage.negotiation is not None

    page = text(client_of(stage.buyer.member).get(address(stage)))

    assert f"POST /api/contracts/negotiations/{stage.negotiation.id}/verification" in page
    assert str(stage.buyer.key_id) in page


def test_a_signatory_without_a_key_makes_one_there() -> None:
    stage = given_requested()
    PublicKey.objects.filter(id=stage.supplier.key_id).update(revoked_at=stage.negotiation.requested_at)  # type: ignore[union-attr]
    client = client_of(stage.supplier.member)

    weak = client.post(address(stage, "contract_key"), {"pin": "12345678", "again": "12345678"})
    other = client.post(address(stage, "contract_key"), {"pin": PIN, "again": "Tulip-4822"})
    right = client.post(address(stage, "contract_key"), {"pin": PIN, "again": PIN})

    assert (weak.status_code, other.status_code, right.status_code) == (422, 422, 303)
    assert PublicKey.objects.filter(provider="sealed_key").count() == 1
    assert 'name="consent"' in text(client.get(address(stage)))


def test_strangers_read_no_contract() -> None:
    stage = given_agreed()
    client = client_of(given_signatory("丙公司").member)

    assert client.get(address(stage)).status_code == 404
    assert client.get(address(stage, "contract_bytes")).status_code == 404
