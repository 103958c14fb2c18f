"""Builders that call the real verbs, so that every test starts from a state that people can reach."""

import io
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts import negotiations, signatures, terms, trade
from contracts.models import Negotiation, Period, Trade
from delivery.models import Grant
from listings import offers, products, resources, reviews
from listings.models import DataResource, Offer, ProductVersion
from listings.products import Description
from market import rules
from market.events import dispatch
from market.participants import admissions, codes, founding, keys, organisations
from market.participants.members import Member, OrganisationKind, Role, system
from market.participants.models import Membership, Organisation, Person
from settlement import queries as money
from settlement import statements

_numbers = itertools.count(1)
CSV = b"station,pm25\n" + b"".join(b"S%d,%d\n" % (n % 12, n) for n in range(60))


def given_person(name: str = "person") -> Person:
    """A person who may sign in."""
    return Person.objects.create_user(f"{name}-{next(_numbers)}@test.example", "correct horse battery", name=name)


def given_uscc() -> str:
    """A code whose check digit fits and that nobody has."""
    first = f"91140100MA{next(_numbers):07d}"
    return first + codes.uscc_check(first)


def member_of(person: Person, organisation: Organisation) -> Member:
    """The person acting for the organisation, read afresh."""
    membership = Membership.objects.select_related("organisation").get(person=person, organisation=organisation)
    return organisations.of(membership)


def given_applicant(name: str = "甲公司", *, district: str = "140105", sector: str = "environment") -> Member:
    """An organisation that is not admitted yet."""
    person = given_person(name)
    organisation = organisations.create(
        kind=OrganisationKind.ENTERPRISE, name=name, district=district, sector=sector, uscc=given_uscc(), by=person
    )
    return member_of(person, organisation)


def given_operator(*roles: Role) -> Member:
    """A seat of the one operator."""
    operator = Organisation.objects.filter(kind=OrganisationKind.OPERATOR).first() or founding.found(
        kind=OrganisationKind.OPERATOR, name="运营方", district="140100", by=system("test")
    )
    person = given_person("operator")
    founding.seat(operator, person, list(roles or (Role.REVIEWER,)), by=system("test"))
    return member_of(person, operator)


def given_authority(*roles: Role, district: str = "1401", sector: str = "") -> Member:
    """A seat of an authority, bounded by district and sector."""
    authority = founding.found(kind=OrganisationKind.AUTHORITY, name="主管部门", district="140100", by=system("test"))
    person = given_person("authority")
    founding.seat(
        authority, person, list(roles or (Role.REGULATOR_DATA,)), district=district, sector=sector, by=system("test")
    )
    return member_of(person, authority)


def given_submitted_admission(applicant: Member) -> UUID:
    """An application in the reviewer's queue."""
    organisations.change(contact_name="李四", contact_phone="0351-1234567", contact_email="", by=applicant)
    admission = admissions.draft(by=applicant)
    admissions.attach_licence(admission.id, io.BytesIO(b"%PDF-1.4 test"), name="licence.pdf", by=applicant)
    admissions.submit(
        admission.id,
        source_statement="自有业务系统产生的数据，合法持有",
        legal_representative="张三",
        terms_version=rules.current("terms.participant").version,
        has_clean_record=True,
        by=applicant,
    )
    return admission.id


@dataclass(frozen=True, slots=True)
class Signatory:
    """An admitted organisation's member with a signing key that the market never had."""

    member: Member
    key: Ed25519PrivateKey
    key_id: UUID

    def sign(self, document: bytes) -> signatures.OwnKey:
        """A provider with a right signature over the document."""
        return signatures.OwnKey(key_id=self.key_id, signature=self.key.sign(signatures.digest_of(document)))


def given_signatory(name: str = "甲公司", *, reviewer: Member | None = None, **where: str) -> Signatory:
    """An admitted organisation with a registered key."""
    applicant = given_applicant(name, **where)
    admissions.admit(given_submitted_admission(applicant), by=reviewer or given_operator(Role.REVIEWER))
    person = Person.objects.get(id=applicant.person_id)
    member = member_of(person, Organisation.objects.get(id=applicant.organisation_id))
    key = Ed25519PrivateKey.generate()
    registered = keys.register(public_key=key.public_key().public_bytes_raw(), by=member)
    return Signatory(member=member, key=key, key_id=registered.id)


def given_resource(supplier: Member, content: bytes = b"", filename: str = "air.csv") -> DataResource:
    """A resource that was read; its content differs from every other one's."""
    body = content or CSV + b"T,%d\n" % next(_numbers)
    received = resources.receive(iter([body]))
    resource = resources.upload(received, name=filename, filename=filename, by=supplier)
    lines = body.count(b"\n") - 1
    reading = resources.Reading(
        is_table=True, row_count=lines, column_count=2, profile=None, sample=None, findings=[], parquet_key=""
    )
    return resources.complete(resource.id, reading, by=system("intake"))


def description(**changed: Any) -> Description:
    """All required parts of a description."""
    said: dict[str, Any] = {
        "title": "太原市空气质量逐小时监测",
        "title_en": "Taiyuan air quality, hourly",
        "abstract": "12 个监测点每小时的空气质量指数与七项浓度。",
        "keywords": ["空气质量", "PM2.5"],
        "sector": "environment",
        "district": "140105",
        "frequency": "002",
        "source_type": "002",
        "source_statement": "中国环境监测总站公开数据的整理",
        "rights_type": "use",
        "rights_basis": "公开数据再利用许可",
        "contact": "王晋 0351-0000000",
    }
    return cast("Description", said | changed)


USAGE: dict[str, Any] = {"term_days": 365, "uses_max": 3, "purposes": ["internal-analysis"], "territory": ["CN"]}


def given_draft(supplier: Member, **changed: Any) -> ProductVersion:
    """A version that is not submitted yet, without an offer."""
    return products.draft(given_resource(supplier).id, description(**changed), by=supplier)


def given_listing(
    supplier: Member,
    *,
    reviewer: Member | None = None,
    price_minor: int = 48_000,
    usage: dict[str, Any] | None = None,
    acceptance_days: int | None = 3,
    **changed: Any,
) -> Offer:
    """A listed version with one public offer."""
    version = given_draft(supplier, **changed)
    offer = offers.open(
        version.id,
        name="单次下载",
        price_minor=price_minor,
        usage=USAGE if usage is None else usage,
        acceptance_days=acceptance_days,
        by=supplier,
    )
    products.submit(version.id, by=supplier)
    reviews.approve(version.id, by=reviewer or given_operator(Role.REVIEWER))
    return offer


@dataclass(slots=True)
class Stage:
    """Two sides, an operator, and how far their trade has come."""

    supplier: Signatory
    buyer: Signatory
    clerk: Member
    reviewer: Member
    approver: Member
    offer: Offer
    negotiation: Negotiation | None = None
    trade: Trade | None = None
    jobs: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def period(self) -> Period:
        """The trade's only period, read afresh."""
        assert self.trade is not None
        return Period.objects.select_related("trade").get(trade_id=self.trade.id, n=1)

    @property
    def grant(self) -> Grant:
        """The trade's grant, read afresh."""
        return Grant.objects.get(reference=self.period.urn)

    def draft(self) -> bytes:
        """The bytes that both sides sign."""
        assert self.negotiation is not None
        return terms.draft(Negotiation.objects.select_related("offer__version").get(id=self.negotiation.id))

    def dispatch(self) -> int:
        """Tell upper rooms what happened, as the dispatcher does; jobs are only collected."""
        return dispatch.run_once(lambda name, payload: self.jobs.append((name, payload)))


def given_stage(**listing: Any) -> Stage:
    """A listed product and everybody who is needed for a trade on it."""
    reviewer = given_operator(Role.REVIEWER)
    supplier = given_signatory("供方公司", reviewer=reviewer)
    buyer = given_signatory("需方公司", reviewer=reviewer, district="140106", sector="energy")
    offer = given_listing(supplier.member, reviewer=reviewer, **listing)
    return Stage(
        supplier=supplier,
        buyer=buyer,
        clerk=given_operator(Role.CLERK),
        reviewer=reviewer,
        approver=given_operator(Role.APPROVER),
        offer=offer,
    )


def given_requested(**listing: Any) -> Stage:
    """The buyer has asked."""
    stage = given_stage(**listing)
    stage.negotiation = negotiations.request(stage.offer.id, purpose="internal-analysis", by=stage.buyer.member)
    return stage


def given_agreed(**listing: Any) -> Stage:
    """The supplier has signed."""
    stage = given_requested(**listing)
    assert stage.negotiation is not None
    provider = stage.supplier.sign(stage.draft())
    negotiations.agree(stage.negotiation.id, provider=provider, by=stage.supplier.member)
    return stage


def given_signed(**listing: Any) -> Stage:
    """Both have signed; payment is due."""
    stage = given_agreed(**listing)
    assert stage.negotiation is not None
    stage.trade = trade.sign(stage.negotiation.id, provider=stage.buyer.sign(stage.draft()), by=stage.buyer.member)
    return stage


def statement_csv(*payments: tuple[str, int, str]) -> bytes:
    """A bank's statement: (memo, amount in fen, payer) for each incoming line."""
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    lines = ["交易日期,交易时间,交易流水号,借方发生额,贷方发生额,对方户名,对方账号,摘要"]
    for memo, minor, payer in payments:
        lines.append(f"{day},10:12:00,S{next(_numbers):09d},,{minor // 100}.{minor % 100:02d},{payer},6222000,{memo}")
    return ("\r\n".join(lines) + "\r\n").encode()


def pay(stage: Stage, amount_minor: int | None = None) -> None:
    """The buyer's transfer arrives with the clerk's next statement."""
    payment = money.payment_of(stage.period.urn)
    assert payment is not None
    amount = payment["amount_minor"] if amount_minor is None else amount_minor
    data = statement_csv((payment["payment_reference"], amount, payment["payer_name"]))
    statements.import_file(name=f"statement-{next(_numbers)}.csv", data=data, by=stage.clerk)


def given_funded(**listing: Any) -> Stage:
    """The money is in escrow and the grant is open."""
    stage = given_signed(**listing)
    pay(stage)
    stage.dispatch()
    return stage


def given_delivered(**listing: Any) -> Stage:
    """The buyer has the whole file; the days for objections run."""
    stage = given_funded(**listing)
    trade.deliver(stage.period.id, by=system("delivery"))
    return stage


def given_settled(**listing: Any) -> Stage:
    """Accepted, divided, closed."""
    stage = given_delivered(**listing)
    trade.accept(stage.period.id, by=stage.buyer.member)
    return stage
