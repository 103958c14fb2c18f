"""What holds, orders and looks are about: names for their ids, the way from words to an id, and who may reach them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import CharField, F, OuterRef, Q, QuerySet, Subquery, Value

from contracts.models import Period, Trade
from delivery.models import Grant
from listings.models import DataProduct, ProductVersion
from listings.states import VersionState
from market.holds import Scope
from market.participants.members import Member, OrganisationKind
from market.participants.models import Admission, Organisation
from supervision.models import Order

SEATS: Final = (OrganisationKind.OPERATOR, OrganisationKind.AUTHORITY)
FOUND_MAX: Final = 20
_COLUMNS: Final = ("id", "what", "mark", "called", "place", "branch", "leads_to")


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that a measure or a look is about. what: a scope of holds, admission or order; page: whose page."""

    id: UUID
    what: str
    number: str
    name: str
    district: str
    sector: str
    page: UUID  # the trade of a period or a delivery, the version of a listing; else the thing itself


def named(subjects: Iterable[UUID]) -> dict[UUID, Subject]:
    """The things behind these ids, in one question; ids that nothing has are left out."""
    wanted = set(subjects)
    if not wanted:
        return {}
    first, *others = [each.filter(id__in=wanted) for each in (*_things().values(), *_beside())]
    found = (_subject(row) for row in first.union(*others, all=True))
    return {each.id: each for each in found}


def named_one(subject: UUID) -> Subject | None:
    """The thing behind an id, or None."""
    return named([subject]).get(subject)


def search(scope: Scope, words: str, *, by: Member) -> list[Subject]:
    """Things of a kind that a number or a name finds, within the seat's reach, newest first; at most 20."""
    text = words.strip()
    if not text:
        return []
    found = _things()[scope].filter(_matches(scope, text))
    if by.district:
        found = found.filter(place__startswith=by.district)
    if by.sector:
        found = found.filter(branch=by.sector)
    return [_subject(row) for row in found.order_by("-id")[:FOUND_MAX]]


def in_reach(by: Member) -> Q | None:
    """Which rows with a `subject` a bounded seat reaches; None where nothing bounds it."""
    if not by.district and not by.sector:
        return None
    bound = Q(district__startswith=by.district)
    if by.sector:
        bound &= Q(sector=by.sector)
    trades = Trade.objects.filter(bound)
    versions = ProductVersion.objects.filter(bound)
    return (
        Q(subject__in=Organisation.objects.filter(bound).values("id"))
        | Q(subject__in=versions.values("id"))
        | Q(subject__in=versions.values("product_id"))
        | Q(subject__in=trades.values("id"))
        | Q(subject__in=Period.objects.filter(trade__in=trades).values("id"))
        | Q(subject__in=Grant.objects.filter(thread__in=trades.values("id")).values("id"))
    )


def _things() -> dict[Scope, QuerySet[Any, tuple[Any, ...]]]:
    """What a hold may stand on, each as the same columns."""
    shown = ProductVersion.objects.exclude(state=VersionState.DRAFT)
    trades = Trade.objects.filter(id=OuterRef("thread"))
    return {
        Scope.PARTY: _row(
            Organisation.objects.exclude(kind__in=SEATS), Scope.PARTY, "uscc", "name", "district", "sector", "id"
        ),
        Scope.LISTING: _row(shown, Scope.LISTING, "product__number", "title", "district", "sector", "id"),
        Scope.TRADE: _row(Trade.objects.all(), Scope.TRADE, "number", "title", "district", "sector", "id"),
        Scope.DELIVERY: _row(
            Grant.objects.annotate(
                trade_number=Subquery(trades.values("number")[:1]),
                trade_district=Subquery(trades.values("district")[:1]),
                trade_sector=Subquery(trades.values("sector")[:1]),
            ),
            Scope.DELIVERY,
            "trade_number",
            "filename",
            "trade_district",
            "trade_sector",
            "thread",
        ),
    }


def _beside() -> list[QuerySet[Any, tuple[Any, ...]]]:
    """Ids that measures and looks also name, but that are not looked for: whole products, periods, cases."""
    newest = ProductVersion.objects.filter(product=OuterRef("pk")).exclude(state=VersionState.DRAFT).order_by("-n")
    products = DataProduct.objects.annotate(
        **{name: Subquery(newest.values(name)[:1]) for name in ("title", "district", "sector")},
        version=Subquery(newest.values("id")[:1]),
    ).filter(version__isnull=False)
    trade = ("trade__number", "trade__title", "trade__district", "trade__sector", "trade_id")
    applicant = ("organisation__name", "organisation__district", "organisation__sector", "id")
    none = Value("", output_field=CharField())
    orders = Order.objects.annotate(no_name=none)
    return [
        _row(products, Scope.LISTING, "number", "title", "district", "sector", "version"),
        _row(Period.objects.all(), Scope.TRADE, *trade),
        _row(Admission.objects.all(), "admission", "number", *applicant),
        _row(orders, "order", "number", "no_name", "no_name", "no_name", "id"),
    ]


def _row(found: QuerySet[Any, Any], what: str, *columns: str) -> QuerySet[Any, tuple[Any, ...]]:
    names = dict(zip(_COLUMNS[2:], map(F, columns), strict=True))
    marked: QuerySet[Any, Any] = found.annotate(what=Value(str(what), output_field=CharField()), **names)
    rows: QuerySet[Any, tuple[Any, ...]] = marked.order_by().values_list(*_COLUMNS)
    return rows


def _matches(scope: Scope, text: str) -> Q:
    match scope:
        case Scope.PARTY:
            return Q(name__icontains=text) | Q(uscc__iexact=text)
        case Scope.LISTING:
            return Q(product__number__iexact=text) | Q(title__icontains=text) | Q(title_en__icontains=text)
        case Scope.TRADE:
            parties = Q(supplier__name__icontains=text) | Q(buyer__name__icontains=text)
            return Q(number__iexact=text) | Q(title__icontains=text) | parties
        case Scope.DELIVERY:
            parties = Q(supplier__name__icontains=text) | Q(buyer__name__icontains=text)
            return Q(trade_number__iexact=text) | Q(filename__icontains=text) | parties


def _subject(row: tuple[Any, ...]) -> Subject:
    identifier, what, number, name, district, sector, page = row
    return Subject(identifier, what, number or "", name or "", district or "", sector or "", page)
