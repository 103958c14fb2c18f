"""Personal and secret values through a whole trade: none stands, in clear or as a plain hash, where strangers read.

A leaf cannot be called back, so what is searched is everything that the market gives to anybody: leaves, tiles,
checkpoints, the API without a key, the pages without a session, and the part of a bundle that is not opened.
"""

import base64
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from contracts import certificates, disputes, negotiations, signatures, trade
from listings import offers, products, resources, reviews
from listings.models import ProductVersion
from market import access, limits, rules
from market.api import api
from market.events import kinds
from market.events.clear import PersonalInClear
from market.events.models import Event
from market.holds import Scope
from market.kernel import ids
from market.participants import admissions, codes, keys, organisations
from market.participants.members import Member, OrganisationKind, Role, system
from market.participants.models import Person
from provenance import sequencer
from provenance.models import Certificate
from supervision import orders
from tests import builders
from tests.builders import CSV, USAGE, Signatory, Stage, description, given_operator, member_of, pay

pytestmark = pytest.mark.django_db(transaction=True)

IDENTITY = "14010519880307001" + codes.identity_check("14010519880307001")
PRICE_MINOR = 4_731_907
SUPPLIER = "汾水隐名数据有限公司"
# What nobody but those concerned may ever read. Guessable, so a plain hash of one would give it away too.
SECRETS = {
    "supplier's person": "欧阳隐名",
    "supplier's address": "ouyang.yinming@secret.example",
    "supplier's phone": "0351-7712345",
    "contact": "司马联系",
    "legal representative": "诸葛法人",
    "buyer": "皇甫买方",
    "buyer's address": "huangfu@private.example",
    "identity number": IDENTITY,
    "mobile": "13912345678",
    "file name": "2026客户名单-夏侯.csv",
    "source": "自东方前台系统导出，由赫连主任合法持有",
    "note": "请于周五前回复，宇文经理等",
    "objection": "第七列的慕容站缺测",
    "reason of hold": "令狐举报该交易",
    "case": "案2026-慕容-17",
    "price": str(PRICE_MINOR),
    "price as written": "47,319.07",
    "price without commas": "47319.07",
    "payer's account": "6222000199911112222",
}
# Public as part of a listing (regulation.md 2.15), and yet never in the log, for the log cannot forget it.
OF_LISTINGS = {"supplier": SUPPLIER}


def forms(text: str) -> Iterator[bytes]:
    """The value in clear as pages and files write it, and its plain SHA-256, raw and written."""
    for value in (text, json.dumps(text)[1:-1], json.dumps(text)):
        digest = sha256(value.encode()).digest()
        if value != json.dumps(text):
            yield value.encode()
        yield digest
        yield digest.hex().encode()
        yield base64.b64encode(digest).rstrip(b"=")
        yield base64.urlsafe_b64encode(digest).rstrip(b"=")
    yield base64.b64encode(text.encode()).rstrip(b"=")


def found(where: dict[str, bytes], secrets: dict[str, str]) -> list[str]:
    """Which secret stands where, case of hex not minded."""
    return [
        f"{name} in {place}"
        for place, content in where.items()
        for name, text in secrets.items()
        if any(form in content or form in content.lower() for form in forms(text))
    ]


@dataclass
class Walk:
    """The trade that was walked, and its public addresses."""

    stage: Stage
    certificate: Certificate
    version: ProductVersion


def person(name: str, address: str) -> Person:
    """A person with a known name and address."""
    return Person.objects.create_user(address, "correct horse battery", name=name)


def signatory(by: Person, name: str, *, kind: OrganisationKind, reviewer: Member) -> Signatory:
    """An admitted party all of whose papers hold known values."""
    code = {"identity_number": IDENTITY} if kind == OrganisationKind.INDIVIDUAL else {"uscc": builders.given_uscc()}
    organisation = organisations.create(kind=kind, name=name, district="140105", sector="environment", by=by, **code)
    member = member_of(by, organisation)
    phone = SECRETS["supplier's phone"] if "identity_number" not in code else SECRETS["mobile"]
    organisations.change(contact_name=SECRETS["contact"], contact_phone=phone, contact_email="", by=member)
    admission = admissions.draft(by=member)
    admissions.attach_licence(admission.id, io.BytesIO(b"%PDF-1.4 licence"), name=SECRETS["file name"], by=member)
    admissions.submit(
        admission.id,
        source_statement=SECRETS["source"],
        legal_representative=SECRETS["legal representative"],
        terms_version=rules.current("terms.participant").version,
        has_clean_record=True,
        by=member,
    )
    access.look(
        reviewer,
        subject=admission.urn,
        parties=[organisation.id],
        case=SECRETS["case"],
        reason=SECRETS["source"],
        fields=["licence"],
    )
    admissions.admit(admission.id, by=reviewer)
    organisation.refresh_from_db()
    member = member_of(by, organisation)
    key = Ed25519PrivateKey.generate()
    registered = keys.register(public_key=key.public_key().public_bytes_raw(), by=member)
    return Signatory(member=member, key=key, key_id=registered.id)


def listing(supplier: Member, reviewer: Member) -> Any:
    """A listed version whose file has a telling name, with a public price that is not the one agreed."""
    received = resources.receive(iter([CSV]))
    resource = resources.upload(received, name=SECRETS["file name"], filename=SECRETS["file name"], by=supplier)
    reading = resources.Reading(
        is_table=True, row_count=60, column_count=2, profile=None, sample=None, findings=[], parquet_key=""
    )
    resource = resources.complete(resource.id, reading, by=system("intake"))
    contact = f"{SECRETS['contact']} {SECRETS['mobile']}"
    version = products.draft(resource.id, description(contact=contact), by=supplier)
    offer = offers.open(version.id, name="单次下载", price_minor=5_000_000, usage=USAGE, acceptance_days=3, by=supplier)
    products.submit(version.id, by=supplier)
    reviews.approve(version.id, by=reviewer)
    return offer


@pytest.fixture
def walk(monkeypatch: pytest.MonkeyPatch) -> Walk:
    """Admission, listing, bargaining, signing, paying, delivery, an objection, a hold, acceptance, settlement."""
    reviewer = given_operator(Role.REVIEWER)
    supplier = signatory(
        person(SECRETS["supplier's person"], SECRETS["supplier's address"]),
        SUPPLIER, kind=OrganisationKind.ENTERPRISE, reviewer=reviewer,
    )  # fmt: skip
    buyer = signatory(
        person(SECRETS["buyer"], SECRETS["buyer's address"]),
        SECRETS["buyer"], kind=OrganisationKind.INDIVIDUAL, reviewer=reviewer,
    )  # fmt: skip
    offer = listing(supplier.member, reviewer)
    approver = given_operator(Role.APPROVER)
    stage = Stage(supplier, buyer, given_operator(Role.CLERK), reviewer, approver, offer)
    stage.negotiation = negotiations.request(
        offer.id, purpose="internal-analysis", note=SECRETS["note"], by=buyer.member
    )
    negotiations.offer(stage.negotiation.id, price_minor=PRICE_MINOR, note=SECRETS["note"], by=supplier.member)
    negotiations.accept(stage.negotiation.id, by=buyer.member)
    negotiations.agree(stage.negotiation.id, provider=supplier.sign(stage.draft()), by=supplier.member)
    provider: signatures.OwnKey = buyer.sign(stage.draft())
    stage.trade = trade.sign(stage.negotiation.id, provider=provider, by=buyer.member)
    pay(stage)
    stage.dispatch()
    trade.deliver(stage.period.id, by=system("delivery"))
    disputed = disputes.open(stage.period.id, reason=SECRETS["objection"], by=buyer.member)
    disputes.withdraw(disputed.id, answer=SECRETS["note"], by=buyer.member)
    hold = orders.place(
        stage.trade.id, scope=Scope.TRADE, reason=SECRETS["reason of hold"], legal_basis="条例 28", by=reviewer
    )
    orders.lift(hold.id, reason=SECRETS["reason of hold"], by=approver)
    trade.accept(stage.period.id, by=buyer.member)
    certificate = certificates.of(stage.trade, by=buyer.member)
    stage.dispatch()
    sequencer.drain()
    return Walk(stage, certificate, ProductVersion.objects.get(id=offer.version_id))


def leaves() -> dict[str, bytes]:
    """Every leaf as it is hashed."""
    return {f"leaf {event.kind}": bytes(event.body) for event in Event.objects.all()}


def published() -> dict[str, bytes]:
    """Every file of the published log: checkpoint, policy, hash tiles, entry bundles."""
    folder: Path = settings.LOG_DIR
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def doors(walk: Walk) -> dict[str, bytes]:
    """What the API answers without a key, at every address that has a GET."""
    answers: dict[str, bytes] = {}
    client, parts = Client(), parts_of(walk)
    for path, item in api.get_openapi_schema()["paths"].items():
        if "get" not in item:
            continue
        for address in filled(path, parts):
            limits.forget()
            answer = client.get(address)
            answers[f"GET {address} ({answer.status_code})"] = answer.getvalue()
    return answers


def pages(walk: Walk) -> dict[str, bytes]:
    """What every page answers without a session, in both languages."""
    answers: dict[str, bytes] = {}
    parts = parts_of(walk)
    for route in routes(get_resolver().url_patterns):
        for address in filled("/" + route, parts):
            for language in ("zh-hans", "en"):
                client = Client()
                client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
                limits.forget()
                answer = client.get(address)
                answers[f"{language} {address} ({answer.status_code})"] = answer.getvalue()
    return answers


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """Every address that the frontend, the log and the exports have."""
    for each in patterns:
        here = before + str(each.pattern)
        if isinstance(each, URLResolver):
            if each.namespace != "api" and "accounts" not in here:
                yield from routes(each.url_patterns, here)
        elif "<path:" not in here and "^" not in here:
            yield here


def parts_of(walk: Walk) -> dict[str, list[str]]:
    """What may stand in an address: the ids of this trade, whatever their names there."""
    assert walk.stage.trade is not None
    assert walk.stage.negotiation is not None
    subjects = [walk.version.id, walk.stage.trade.id, walk.certificate.id, walk.stage.negotiation.id]
    last = Event.objects.count() - 1
    return {"uuid": [str(each) for each in subjects], "int": ["0", str(last // 2), str(last)]}


def filled(route: str, parts: dict[str, list[str]]) -> list[str]:
    """The route with each kind of id put in."""
    head, mark, rest = route.partition("<") if "<" in route else route.partition("{")
    if not mark:
        return [route]
    name, _, tail = rest.partition(">" if mark == "<" else "}")
    values = parts["int" if name.startswith("int:") or name in {"index", "limit"} else "uuid"]
    return [each for value in values for each in filled(head + value + tail, parts)]


def closed_part(bundle: bytes) -> bytes:
    """What of a bundle is no opening and no document: it is the log's, and the log is public."""
    whole = json.loads(bundle)
    for entry in whole["entries"]:
        entry["openings"] = {}
        entry["leaf"] = base64.b64decode(entry["leaf"]).decode()
    return json.dumps({**whole, "documents": [], "manifest": {}}, ensure_ascii=False).encode()


def test_no_leaf_tile_or_checkpoint_holds_a_personal_or_secret_value(walk: Walk) -> None:
    assert len(leaves()) > 30
    assert any("entries" in name for name in published())

    assert found(leaves() | published(), SECRETS | OF_LISTINGS) == []


def test_no_public_page_and_no_public_answer_holds_one(walk: Walk) -> None:
    answers = doors(walk) | pages(walk)
    read = [name for name in answers if name.endswith("(200)")]

    assert len(read) > 50
    assert [name for name in answers if name.endswith(("(429)", "(500)"))] == []
    assert any(f"/certificates/{walk.certificate.id}" in name for name in read)
    assert found(answers, SECRETS) == []


def test_the_supplier_is_named_by_its_listing_and_nowhere_else(walk: Walk) -> None:
    answers = doors(walk) | pages(walk)

    named = {name for name, content in answers.items() if SUPPLIER.encode() in content}

    assert any("/products/" in name for name in named)
    assert [name for name in named if "/ledger" in name or "/certificates" in name or "/log/" in name] == []


def test_the_part_of_a_bundle_that_is_not_opened_holds_none(walk: Walk) -> None:
    assert walk.stage.trade is not None
    bundle = certificates.bundle(walk.stage.trade, walk.stage.buyer.member)

    assert found({"bundle": bundle}, {"price": SECRETS["price"]}) == ["price in bundle"]  # the search does find
    assert found({"bundle": closed_part(bundle)}, SECRETS | OF_LISTINGS) == []


def test_the_search_would_find_each_form_of_a_value() -> None:
    digest = sha256(SECRETS["mobile"].encode()).digest()
    planted = [SECRETS["mobile"].encode(), digest, digest.hex().upper().encode(), base64.b64encode(digest)]

    assert all(found({"x": b"[" + each + b"]"}, SECRETS) == ["mobile in x"] for each in planted)


@pytest.mark.parametrize(
    "title",
    [f"客户 {IDENTITY} 的用电", "空气质量 13912345678", "数据，问 wang.jin@example.cn", "卡 6222021234567890128 流水"],
)
def test_a_title_with_a_personal_number_enters_no_leaf(title: str) -> None:
    supplier = builders.given_signatory().member

    with pytest.raises(PersonalInClear) as refused:
        builders.given_draft(supplier, title=title)

    assert refused.value.fields[0]["field"] == "title"
    assert not ProductVersion.objects.exists()


def test_a_public_field_with_a_personal_number_is_refused_whoever_records_it() -> None:
    fields = {"product": ids.urn(UUID(int=1)), "title": "电话 13912345678", "n": 1, "until": ""}

    with pytest.raises(PersonalInClear):
        kinds.get("version.publicised").check(fields)


@pytest.mark.parametrize("title", ["2026年1月至12月 1391234567890 条", "站点 140105198803070010", "PM2.5@太原 2026"])
def test_what_only_looks_like_one_is_let_through(title: str) -> None:
    kinds.get("version.publicised").check({"product": "urn:x", "title": title, "n": 1, "until": ""})


def test_only_what_the_market_publishes_anyway_stands_in_clear() -> None:
    public = {name for kind in kinds.KINDS.values() if not kind.name.startswith("test.") for name in kind.public}

    assert public == {
        "product", "title", "n", "file_sha256", "scope",
        "first_index", "rows", "remade", "files", "checkpoints", "statement",
    }  # fmt: skip
