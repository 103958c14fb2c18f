"""One version whole, as the public may see it: what its page and its door of the API show."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Q

from listings import quality
from listings.intake import publicity
from listings.models import Offer, PreviewAudience, ProductVersion
from listings.quality import Measure
from listings.search import cards
from listings.states import VersionState
from market import holds, policy
from market.holds import Hold
from market.kernel.errors import NotFound
from market.participants.members import Member
from market.policy import Plain
from provenance import queries as ledger
from provenance.queries import EntryRow

COLUMNS_A_PAGE: Final = 100
COLUMNS_WHOLE_MAX: Final = 200  # up to so many they stand on one page
SAMPLE_ROWS: Final = 8
NAMES_COMPARED_MAX: Final = 20_000
VERSIONS_MAX: Final = 20
STORY: Final = (
    "resource.received",
    "resource.ready",
    "version.submitted",
    "version.publicised",
    "listing.published",
    "listing.delisted",
)
# A version that was publicised was public, whatever became of it.
_PUBLIC: Final = Q(state__in=[VersionState.LISTED, VersionState.DELISTED, VersionState.PUBLICITY]) | Q(
    publicity_until__isnull=False
)
_FILES: Final = """
SELECT v.id, v.n, v.state, v.listed_at, v.delisted_at, r.file_sha256, r.row_count, r.column_count,
       CASE WHEN r.column_count <= %(compared)s THEN jsonb_path_query_array(r.profile, '$.columns[*].name') END,
       CASE WHEN v.id = %(id)s THEN r.profile - 'columns' END,
       CASE WHEN v.id = %(id)s THEN jsonb_path_query_array(r.profile, %(columns)s::jsonpath) END,
       CASE WHEN v.id = %(id)s THEN jsonb_path_query_array(r.sample, %(rows)s::jsonpath) END,
       CASE WHEN v.id = %(id)s THEN
           (SELECT coalesce(sum(m::text::bigint), 0) FROM jsonb_path_query(r.profile, '$.columns[*].misfit.count') AS m)
       END
FROM listings_productversion AS v JOIN listings_dataresource AS r ON r.id = v.resource_id
WHERE v.product_id = %(product)s AND (v.state IN ('listed', 'delisted', 'publicity') OR v.id = %(id)s)
ORDER BY v.n DESC LIMIT %(versions)s
"""


@dataclass(frozen=True, slots=True)
class PublicOffer:
    """A price plan that this reader may take, its licence as codes for plain words."""

    id: UUID
    name: str
    price_minor: int
    currency: str
    is_negotiable: bool
    acceptance_days: int | None
    is_for_reader_only: bool
    words: Plain
    policy: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What a version changed against the one before it."""

    rows_before: int | None
    rows_after: int | None
    added: list[str]
    removed: list[str]


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One public version of the product, newest first."""

    id: UUID
    n: int
    state: str
    listed_at: datetime | None
    delisted_at: datetime | None
    file_sha256: str
    row_count: int | None
    column_count: int | None
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Detail:
    """All that the page of one version shows. `may_preview`: whether this reader sees statistics and sample."""

    version: ProductVersion
    format: str
    may_preview: bool
    table: dict[str, Any]  # of the profile, what is said of the table as a whole; empty where it is not one
    columns: list[dict[str, Any]]  # public statistics of the columns on this page
    rows: list[list[str | None]]  # the first of the masked sample, all columns
    first_column: int  # position of the first column on this page, from 0
    measures: list[Measure]
    offers: list[PublicOffer]
    versions: list[VersionLine]
    holds: list[Hold]
    story: list[EntryRow]
    trade_count: int
    licences: list[str] = field(default_factory=list)

    @property
    def sample(self) -> dict[str, Any] | None:
        """The first rows of the columns on this page; None where this reader sees none."""
        if not self.columns:
            return None
        last = self.first_column + len(self.columns)
        names = [str(column["name"]) for column in self.columns]
        return {"columns": names, "rows": [row[self.first_column : last] for row in self.rows]}

    @property
    def is_open(self) -> bool:
        """Whether it can be bought now."""
        return self.version.state == VersionState.LISTED and bool(self.offers) and not self.holds

    @property
    def successor(self) -> VersionLine | None:
        """The product's listed version, where it is another one."""
        return next(
            (line for line in self.versions if line.state == VersionState.LISTED and line.id != self.version.id), None
        )


def read(version_id: UUID, reader: Member | None = None, *, column_page: int = 1) -> Detail:
    """A version that is or was public, for one reader; a wide table comes a hundred columns at a time.

    Raises NotFound for one that never was public. Eight statements.
    """
    version = _version(version_id, _PUBLIC)
    return _detail(version, _offers(version, reader), may_preview(version, reader), column_page)


def read_whole(version_id: UUID, *, column_page: int = 1) -> Detail:
    """The same without what the supplier keeps from the public: for `oversight`, which has recorded the look."""
    version = _version(version_id, Q())
    offers = list(
        Offer.objects.filter(version=version, withdrawn_at__isnull=True).order_by("price_minor", "created_at")
    )
    return _detail(version, offers, True, column_page)


def _version(version_id: UUID, condition: Q) -> ProductVersion:
    version = (
        ProductVersion.objects.select_related("product__supplier", "resource", "listing")
        .defer("resource__profile", "resource__sample", "resource__stages")
        .filter(condition, id=version_id)
        .first()
    )
    if version is None:
        raise NotFound
    return version


def _detail(version: ProductVersion, offers: list[Offer], shows: bool, column_page: int) -> Detail:
    first, last = _span(version.resource.column_count or 0, column_page)
    lines, table, columns, rows, misfits = _files(version, first, last)
    return Detail(
        version=version,
        format=cards.format_named(table.get("format", ""), version.resource.filename),
        may_preview=shows,
        table=table,
        columns=publicity.columns(columns, version.resource.row_count or 0) if shows else [],
        rows=rows if shows else [],
        first_column=first,
        measures=quality.measured(table, misfits),
        offers=[_public(offer) for offer in offers],
        versions=_compared(lines, with_names=shows),
        holds=sorted(
            holds.active([version.id, version.product_id, version.product.supplier_id]), key=lambda hold: hold.placed_at
        ),
        story=[row.entry for row in ledger.story([version.id, version.resource_id], None, kinds=STORY)],
        trade_count=version.listing.trade_count if hasattr(version, "listing") else 0,
        licences=cards.licences_of([offer for offer in offers if offer.buyer_id is None]),
    )


def may_preview(version: ProductVersion, reader: Member | None) -> bool:
    """Whether the supplier shows statistics and sample to this reader: to all, to admitted ones, or to itself only."""
    if version.preview == PreviewAudience.PUBLIC:
        return True
    if reader is None:
        return False
    if reader.organisation_id == version.product.supplier_id:
        return True
    return version.preview == PreviewAudience.ADMITTED and reader.is_admitted


def latest_of(product_id: UUID) -> UUID | None:
    """The version under which a product is to be seen: the listed one, else the last public one."""
    found = ProductVersion.objects.filter(_PUBLIC, product_id=product_id).order_by("-n")
    rows = list(found.values_list("id", "state")[:VERSIONS_MAX])
    listed = next((identifier for identifier, state in rows if state == VersionState.LISTED), None)
    return listed or (rows[0][0] if rows else None)


def sample_of(version_id: UUID, reader: Member | None) -> tuple[ProductVersion, dict[str, Any]]:
    """The whole masked sample (`columns`, `rows`). Raises NotFound where there is none or it is not for this reader."""
    version = (
        ProductVersion.objects.select_related("product", "resource")
        .defer("resource__profile", "checks")
        .filter(_PUBLIC, id=version_id)
        .first()
    )
    if version is None or not version.resource.sample or not may_preview(version, reader):
        raise NotFound
    return version, version.resource.sample


def _span(column_count: int, page: int) -> tuple[int, int]:
    if column_count <= COLUMNS_WHOLE_MAX:
        return 0, max(column_count - 1, 0)
    page = min(max(page, 1), -(-column_count // COLUMNS_A_PAGE))
    return (page - 1) * COLUMNS_A_PAGE, page * COLUMNS_A_PAGE - 1


def _files(version: ProductVersion, first: int, last: int) -> tuple[list[Any], dict[str, Any], Any, Any, int]:
    """The files of all public versions, and of this one the parts of profile and sample that the page shows."""
    with connection.cursor() as cursor:
        cursor.execute(
            _FILES,
            {
                "id": version.id,
                "product": version.product_id,
                "columns": f"$.columns[{first} to {last}]",
                "rows": f"$.rows[0 to {SAMPLE_ROWS - 1}]",
                "compared": NAMES_COMPARED_MAX,
                "versions": VERSIONS_MAX,
            },
        )
        lines = cursor.fetchall()
    own = next(line for line in lines if line[0] == version.id)
    table, columns, rows = ([] if part is None else json.loads(part) for part in own[9:12])
    return lines, table or {}, columns, rows, int(own[12] or 0)


def _offers(version: ProductVersion, reader: Member | None) -> list[Offer]:
    theirs = Q(buyer__isnull=True)
    if reader is not None:
        theirs |= Q(buyer_id=reader.organisation_id)
    found = Offer.objects.filter(theirs, version=version, withdrawn_at__isnull=True)
    return list(found.order_by("price_minor", "created_at"))


def _public(offer: Offer) -> PublicOffer:
    return PublicOffer(
        id=offer.id,
        name=offer.name,
        price_minor=offer.price_minor,
        currency=offer.currency,
        is_negotiable=offer.is_negotiable,
        acceptance_days=offer.acceptance_days,
        is_for_reader_only=offer.buyer_id is not None,
        words=policy.words(policy.parse(offer.policy)),
        policy=offer.policy,
    )


def _compared(lines: Sequence[Any], *, with_names: bool) -> list[VersionLine]:
    found = []
    for at, line in enumerate(lines):
        change = None
        if at + 1 < len(lines):
            before = lines[at + 1]
            names = [json.loads(each[8]) if each[8] else [] for each in (before, line)] if with_names else [[], []]
            old, new = ({str(name) for name in part} for part in names)
            change = Change(
                rows_before=before[6],
                rows_after=line[6],
                added=[str(name) for name in names[1] if name not in old] if names[0] else [],
                removed=[str(name) for name in names[0] if name not in new] if names[1] else [],
            )
        identifier, n, state, listed_at, delisted_at, file_sha256, row_count, column_count = line[:8]
        found.append(
            VersionLine(identifier, n, state, listed_at, delisted_at, file_sha256, row_count, column_count, change)
        )
    return found
