"""Certificates beside a trade's own: of a listed product, of an agreement, of a delivery, of a settlement.

Each stands on entries of certain kinds, says to the public only that they are there, and to its parties what they say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from contracts.models import Trade
from listings.models import ProductVersion
from listings.states import VersionState
from market.kernel.errors import Conflict, NotFound
from market.participants.members import TRADING_ROLES, Member
from provenance import certificates, evidence
from provenance.certificates import Standing, Status
from provenance.checkpoints import Published
from provenance.evidence import Evidence
from provenance.models import Certificate

Kind = Certificate.Kind
# What each stands on; the last kind named must be in the log for one to be issued.
STANDS_ON: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.PRODUCT: ("version.submitted", "version.publicised", "listing.delisted", "listing.published"),
    Kind.AGREEMENT: ("negotiation.agreed", "agreement.verified", "agreement.finalized"),
    Kind.DELIVERY: ("grant.opened", "use.opened", "use.completed", "period.accepted", "period.delivered"),
    Kind.SETTLEMENT: ("obligation.opened", "payment.received", "period.funded", "escrow.released", "period.settled"),
}
OF_TRADES: Final = (Kind.AGREEMENT, Kind.DELIVERY, Kind.SETTLEMENT)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the paper. is_hash: a fingerprint, printed whole in small type."""

    label: str | Promise
    label_en: str
    value: str
    is_hash: bool = False
    minor: int | None = None  # an amount in minor units, in the currency `value`
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """A certificate as one reader may see it."""

    id: UUID
    kind: Kind
    issued_at: datetime
    life: Standing
    is_logged: bool  # all its entries are under the published checkpoint
    entry: Evidence | None
    events: list[Evidence]
    lines: list[Line]
    is_party: bool


class NothingToCertify(Conflict):
    """The step that the certificate is about has not happened."""

    title = _("There is nothing to certify yet")


def of_trade(trade: Trade, kind: Kind, *, by: Member) -> Certificate:
    """The certificate of a trade's agreement, delivery or settlement, for its parties. Raises NothingToCertify."""
    if kind not in OF_TRADES or by.organisation_id not in {trade.supplier_id, trade.buyer_id}:
        raise NotFound
    by.require(*TRADING_ROLES)
    _require_step(kind, trade.id)
    return certificates.issue(kind, subject=trade.id, parties=[trade.supplier_id, trade.buyer_id], by=by)


def of_version(version_id: UUID, *, by: Member) -> Certificate:
    """The certificate of a listed version, for its supplier. Raises NotFound, NothingToCertify."""
    version = ProductVersion.objects.select_related("product").filter(id=version_id).first()
    if version is None or version.product.supplier_id != by.organisation_id:
        raise NotFound
    by.require(*TRADING_ROLES)
    if version.state != VersionState.LISTED:
        raise NothingToCertify(_t("Only what is listed is certified."))
    return certificates.issue(Kind.PRODUCT, subject=version.id, parties=[version.product.supplier_id], by=by)


def read(certificate_id: UUID, *, reader: Member | None, published: Published) -> Paper:
    """A certificate as it stands now under a published checkpoint. Raises NotFound, LogUnreadable."""
    certificate = certificates.find(certificate_id)
    kind = Kind(certificate.kind)
    if kind not in STANDS_ON:
        raise NotFound
    found = evidence.of([certificate.subject], reader=reader, published=published)
    events = [each for each in found if each.row.kind in STANDS_ON[kind]]
    signed = [each for each in events if each.row.is_signed]
    is_party = reader is not None and reader.organisation_id in certificate.parties
    life = certificates.standing(certificate, events)
    if kind == Kind.PRODUCT:
        life, lines = _life_of(certificate.subject, life, events), _product(certificate.subject)
    else:
        lines = _lines(kind, certificate.subject, events) if is_party else []
    last = [each for each in signed if each.row.kind == STANDS_ON[kind][-1]]
    return Paper(
        id=certificate.id,
        kind=kind,
        issued_at=certificate.issued_at,
        life=life,
        is_logged=bool(signed) and len(signed) == len(events),
        entry=next(iter(reversed(last or signed)), None),
        events=events,
        lines=lines,
        is_party=is_party,
    )


def _require_step(kind: Kind, subject: UUID) -> None:
    told = evidence.of([subject], reader=None)
    if all(each.row.kind != STANDS_ON[kind][-1] for each in told):
        raise NothingToCertify(_t("The trade has not come to this step."))


def _life_of(version_id: UUID, life: Standing, events: list[Evidence]) -> Standing:
    """A listing that ended takes its certificate with it; one that a later version replaced is superseded."""
    if life.status == Status.REVOKED:
        return life
    version = ProductVersion.objects.select_related("product").get(id=version_id)
    later = version.product.versions.filter(n__gt=version.n, state=VersionState.LISTED).order_by("n").first()
    if later is not None:
        newer = certificates.newest(Kind.PRODUCT, later.id)
        return replace(life, status=Status.SUPERSEDED, newer=life.newer or (newer.id if newer else None))
    ended = next((each for each in events if each.row.kind == "listing.delisted"), None)
    if version.state != VersionState.LISTED and ended is not None:
        return replace(life, status=Status.REVOKED, revoked_at=ended.row.at, legal_basis=_t("the listing ended"))
    return life


def _product(version_id: UUID) -> list[Line]:
    """All of it is public: what a listing says of itself."""
    version = ProductVersion.objects.select_related("product__supplier", "resource").get(id=version_id)
    return [
        Line(_("Data product"), "Data product", f"{version.title} · v{version.n}"),
        Line(_("Product number"), "Number", version.product.number),
        Line(_("Supplier"), "Supplier", version.product.supplier.name),
        Line(_("File fingerprint"), "SHA-256", version.resource.file_sha256, is_hash=True),
        *([Line(_("Listed"), "Listed", "", at=version.listed_at)] if version.listed_at else []),
    ]


def _lines(kind: Kind, trade_id: UUID, events: list[Evidence]) -> list[Line]:
    trade = Trade.objects.select_related("supplier", "buyer", "agreement").get(id=trade_id)
    lines = [
        Line(_("Data product"), "Data product", trade.title),
        Line(_("Supplier"), "Supplier", trade.supplier.name),
        Line(_("Buyer"), "Buyer", trade.buyer.name),
        Line(_("Trade"), "Trade", trade.number),
        Line(_("Contract fingerprint"), "Agreement", trade.agreement.sha256, is_hash=True),
    ]
    if kind == Kind.AGREEMENT:
        return [*lines, *_moments(events, {"negotiation.agreed": (_("Supplier signed"), "Supplier signed"),
                                           "agreement.verified": (_("Buyer signed"), "Buyer signed")})]  # fmt: skip
    if kind == Kind.DELIVERY:
        file_sha256 = _value(events, "grant.opened", "file_sha256")
        if isinstance(file_sha256, str):
            lines.append(Line(_("File fingerprint"), "SHA-256", file_sha256, is_hash=True))
        return [*lines, *_moments(events, {"period.delivered": (_("Delivered"), "Delivered"),
                                           "period.accepted": (_("Accepted"), "Accepted")})]  # fmt: skip
    amount, currency = (_value(events, "period.settled", name) for name in ("amount_minor", "currency"))
    if isinstance(amount, int):
        lines.append(Line(_("Amount settled"), "Amount settled", str(currency or "CNY"), minor=amount))
    return [*lines, *_moments(events, {"payment.received": (_("Paid"), "Paid"),
                                       "period.settled": (_("Settled"), "Settled")})]  # fmt: skip


def _moments(events: list[Evidence], words: Mapping[str, tuple[Promise, str]]) -> list[Line]:
    return [Line(*words[each.row.kind], "", at=each.row.at) for each in events if each.row.kind in words]


def _value(events: list[Evidence], kind: str, name: str) -> object:
    return next((each.value(name) for each in events if each.row.kind == kind), None)
