"""Certificates of product, agreement, delivery and settlement: what each stands on, who reads what, its life."""

import pytest
from django.test import Client

from contracts import papers
from contracts.models import Trade
from contracts.papers import NothingToCertify
from listings import reviews
from market.events.models import Event
from market.kernel.errors import NotFound
from market.participants.members import Role
from provenance import certificates, sequencer
from provenance.models import Certificate
from tests.builders import Stage, given_operator, given_settled, given_signatory, given_signed
from tests.frontend.clients import client_of, text

pytestmark = pytest.mark.django_db(transaction=True)
Kind = Certificate.Kind


def trade_of(stage: Stage) -> Trade:
    """The stage's trade, read afresh."""
    assert stage.trade is not None
    return Trade.objects.get(id=stage.trade.id)


def certified(stage: Stage, kind: Kind) -> Certificate:
    """The certificate of a kind, everything on the ledger."""
    if kind == Kind.PRODUCT:
        made = papers.of_version(stage.offer.version_id, by=stage.supplier.member)
    else:
        made = papers.of_trade(trade_of(stage), kind, by=stage.buyer.member)
    sequencer.drain()
    return made


@pytest.mark.parametrize("kind", papers.OF_TRADES)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_parties_read_who_and_what_and_the_public_only_that_it_stands_there(kind: Kind, language: str) -> None:
    stage = given_settled()
    made = certified(stage, kind)

    mine = text(client_of(stage.buyer.member, language).get(f"/certificates/{made.id}/"))
    public = text(Client().get(f"/certificates/{made.id}/"))

    for secret in (stage.supplier.member.organisation_name, trade_of(stage).number, trade_of(stage).agreement.sha256):
        assert secret in mine
        assert secret not in public
    assert str(made.id) in public
    assert "<svg" in public
    assert "有效" in public
    assert "data-proof" in public


def test_a_products_certificate_is_public_and_names_its_file() -> None:
    stage = given_settled()
    made = certified(stage, Kind.PRODUCT)
    version = stage.offer.version

    public = text(Client().get(f"/certificates/{made.id}/"))

    assert version.title in public
    assert version.resource.file_sha256 in public


def test_each_is_issued_once_and_tells_of_it() -> None:
    stage = given_settled()
    first = [certified(stage, kind) for kind in papers.STANDS_ON]

    again = [certified(stage, kind) for kind in papers.STANDS_ON]

    assert [each.id for each in again] == [each.id for each in first]
    assert len({each.id for each in first}) == 4
    assert Event.objects.filter(kind="certificate.issued").count() == 4


def test_a_step_that_has_not_happened_and_a_strangers_asking_are_refused() -> None:
    stage = given_signed()
    for kind in (Kind.DELIVERY, Kind.SETTLEMENT):
        with pytest.raises(NothingToCertify):
            papers.of_trade(trade_of(stage), kind, by=stage.buyer.member)
    with pytest.raises(NotFound):
        papers.of_trade(trade_of(stage), Kind.AGREEMENT, by=given_signatory().member)
    with pytest.raises(NotFound):
        papers.of_version(stage.offer.version_id, by=stage.buyer.member)


def test_the_status_is_live_revoked_superseded_and_what_became_of_a_listing() -> None:
    stage = given_settled()
    product, delivery, agreement = (certified(stage, kind) for kind in (Kind.PRODUCT, Kind.DELIVERY, Kind.AGREEMENT))
    approver = given_operator(Role.APPROVER)

    certificates.revoke(delivery.id, reason="签发有误", legal_basis="条例 31", by=approver)
    newer = certificates.renew(agreement.id, by=stage.supplier.member)
    reviews.delist(stage.offer.version_id, reason="不再提供", by=stage.supplier.member)
    following = certified(stage, Kind.DELIVERY)

    client = Client()
    revoked, superseded, ended, standing = (
        text(client.get(f"/certificates/{each}/")) for each in (delivery.id, agreement.id, product.id, following.id)
    )
    assert "已撤销" in revoked
    assert "条例 31" in revoked
    assert str(newer.id) in superseded
    assert "已撤销" in ended
    assert "有效" in standing
    assert following.id != delivery.id
    statuses = [client.get(f"/api/log/certificates/{each}").json()["status"] for each in (delivery.id, agreement.id)]
    assert statuses == ["revoked", "superseded"]


def test_pages_and_programs_issue_them() -> None:
    stage = given_settled()
    buyer, supplier, trade = client_of(stage.buyer.member), client_of(stage.supplier.member), trade_of(stage)

    page = buyer.post(f"/workbench/trades/{trade.id}/certificates/settlement")
    unknown = buyer.post(f"/workbench/trades/{trade.id}/certificates/product")
    program = buyer.post(f"/api/contracts/trades/{trade.id}/certificates/delivery")
    product = supplier.post(f"/workbench/products/{stage.offer.version_id}/certificate")
    listed = supplier.post(f"/api/contracts/versions/{stage.offer.version_id}/certificate")

    assert (page.status_code, unknown.status_code, program.status_code) == (303, 404, 200)
    assert program.json()["kind"] == "delivery"
    assert product.headers["Location"].endswith(f"/certificates/{listed.json()['id']}/")
