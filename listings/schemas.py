"""What comes in and goes out at this room's doors."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from ninja import Schema
from pydantic import Field

from listings import faults


class ResourceOut(Schema):
    """A resource with the progress of its reading."""

    id: UUID
    name: str
    filename: str
    file_bytes: int
    file_sha256: str
    state: str
    stages: list[dict[str, Any]]
    is_table: bool
    row_count: int | None
    column_count: int | None
    findings: list[dict[str, Any]]
    problem: dict[str, Any] | None
    created_at: datetime
    ready_at: datetime | None

    @staticmethod
    def resolve_problem(resource: Any) -> dict[str, Any] | None:
        """In the caller's language, with the code for programs."""
        return faults.in_words(resource.problem)


class ResourceDetail(ResourceOut):
    """With what reading brought to light, for its supplier."""

    profile: dict[str, Any] | None
    sample: dict[str, Any] | None
    encoding: str
    delimiter: str
    has_header: bool | None
    sheet: str


class DescriptionIn(Schema):
    """A description; all parts may be sent in any order, required ones are checked at submission."""

    title: str | None = Field(default=None, max_length=110)
    title_en: str | None = Field(default=None, max_length=160)
    abstract: str | None = Field(default=None, max_length=4000)
    abstract_en: str | None = Field(default=None, max_length=4000)
    keywords: list[str] | None = Field(default=None, max_length=20)
    sector: str | None = Field(default=None, max_length=16)
    district: str | None = Field(default=None, max_length=6)
    region: str | None = Field(default=None, max_length=100)
    time_from: date | None = None
    time_to: date | None = None
    frequency: str | None = None
    source_type: str | None = None
    source_statement: str | None = Field(default=None, max_length=4000)
    collection_method: str | None = Field(default=None, max_length=4000)
    rights_type: str | None = None
    rights_basis: str | None = Field(default=None, max_length=4000)
    contact: str | None = Field(default=None, max_length=200)
    application_scene: str | None = Field(default=None, max_length=4000)
    contains_pi: bool | None = None
    contains_spi: bool | None = None
    cross_border: bool | None = None
    attribution: str | None = Field(default=None, max_length=200)
    dictionary: list[dict[str, str]] | None = Field(default=None, max_length=10_000)
    preview: str | None = None


class VersionIn(DescriptionIn):
    """A new version: on which resource, of which product (none: a new product)."""

    resource: UUID
    product: UUID | None = None


class OfferIn(Schema):
    """Price plan and licence."""

    name: str = Field(max_length=60)
    price_minor: int = Field(ge=0)
    usage: dict[str, Any] = Field(default_factory=dict)
    acceptance_days: int | None = Field(default=None, ge=1, le=90)
    is_negotiable: bool = True
    buyer: UUID | None = None


class OfferOut(Schema):
    """An open offer."""

    id: UUID
    name: str
    price_minor: int
    currency: str
    is_negotiable: bool
    acceptance_days: int | None
    policy: dict[str, Any]


class VersionOut(Schema):
    """A version as its supplier and the reviewer see it."""

    id: UUID
    product_id: UUID
    product_number: str
    n: int
    resource_id: UUID
    state: str
    title: str
    checks: list[dict[str, Any]]
    review_reason: str
    submitted_at: datetime | None
    listed_at: datetime | None

    @staticmethod
    def resolve_product_number(version: Any) -> str:
        """The product's number."""
        return str(version.product.number)


class ReasonIn(Schema):
    """Why."""

    reason: str = Field(max_length=2000)


class ReadingIn(Schema):
    """How the supplier says that the file is to be read; what is left out is found out."""

    encoding: str = Field(default="", max_length=32, description="utf-8, gb18030, …")
    delimiter: str = Field(default="", max_length=4, description="comma, semicolon, tab or vertical bar itself")
    has_header: bool | None = Field(default=None, description="whether the first row names the columns")
    sheet: str = Field(default="", max_length=255, description="of a workbook, by its name")


class CatalogueQuestion(Schema):
    """What may be asked of the catalogue. Values of one facet widen the answer, facets and words narrow it."""

    q: str = Field(default="", max_length=100, description="words; a single Han character searches titles only")
    sector: list[str] = []
    price: list[str] = Field(default=[], description="free, under-1000, under-10000, above, on-request")
    frequency: list[str] = []
    licence: list[str] = Field(default=[], description="any-purpose, derive, resell, no-term")
    format: list[str] = []
    area: list[str] = Field(default=[], description="GB/T 2260: four digits of a city or six of a county")
    supplier: list[str] = []
    sort: str = Field(default="", description="match, newest, trades, cheapest, dearest")
    page: int = Field(default=1, ge=1, le=500)


class ListingOut(Schema):
    """One line of the catalogue."""

    version: UUID
    product: str
    title: str
    abstract: str
    supplier: str
    sector: str
    district: str
    frequency: str
    format: str
    quality: int | None
    licences: list[str]
    trades: int
    row_count: int | None
    column_count: int | None
    file_bytes: int
    price_minor: int | None
    currency: str
    listed_at: datetime | None


class CataloguePage(Schema):
    """A page of the catalogue with its total and facet counts."""

    total: int
    page: int
    pages: int
    items: list[ListingOut]
    facets: dict[str, list[dict[str, Any]]]


class ListingDetail(ListingOut):
    """A listing whole: description, dictionary, statistics and sample as far as the supplier shows them."""

    n: int
    description: dict[str, Any]
    file_sha256: str
    offers: list[OfferOut]
    columns: list[dict[str, Any]] | None
    sample: dict[str, Any] | None
