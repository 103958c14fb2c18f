"""What can be asked of this room: read-only rows, ready to show."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.db import connection

from listings import detail, quality, search
from listings.detail import Detail
from listings.models import DataResource, ProductVersion
from listings.products import DESCRIBED
from listings.search import Question
from listings.search.finding import Row
from listings.states import VersionState
from market.kernel.errors import NotFound
from market.participants.members import Member, Role


def resources_of(organisation_id: UUID, *, page: int, size: int) -> list[DataResource]:
    """An organisation's resources, newest first."""
    found = DataResource.objects.filter(supplier_id=organisation_id).order_by("-created_at")
    return list(found[(page - 1) * size : page * size])


def resource_of(organisation_id: UUID, resource_id: UUID) -> DataResource:
    """One of an organisation's own resources. Raises NotFound."""
    resource = DataResource.objects.filter(id=resource_id, supplier_id=organisation_id).first()
    if resource is None:
        raise NotFound
    return resource


def version_for(by: Member, version_id: UUID) -> ProductVersion:
    """A version for its supplier or for the operator's reviewer. Raises NotFound for others."""
    version = ProductVersion.objects.select_related("product", "resource").filter(id=version_id).first()
    if version is None:
        raise NotFound
    if version.product.supplier_id != by.organisation_id and not by.has(Role.REVIEWER):
        raise NotFound
    return version


def review_queue(*, page: int, size: int) -> list[ProductVersion]:
    """Versions that wait for a reviewer, oldest first."""
    found = ProductVersion.objects.select_related("product__supplier", "resource").filter(state=VersionState.SUBMITTED)
    return list(found.order_by("submitted_at")[(page - 1) * size : page * size])


def catalogue(question: Question) -> dict[str, Any]:
    """A page of the catalogue with its total and facets, as the door of the API answers it."""
    found = search.find(question)
    return {
        "total": found.total,
        "page": found.question.page,
        "pages": found.pages,
        "items": [_line(row) for row in found.rows],
        "facets": {
            group: [
                {"value": value, "count": count, "name": found.supplier_names.get(value, "")}
                for value, count in sorted(counts.items(), key=lambda each: -each[1])
            ]
            for group, counts in found.facets.items()
        },
    }


def _line(row: Row) -> dict[str, Any]:
    return {
        "version": row.version_id,
        "product": row.product_number,
        "title": row.title,
        "abstract": row.abstract,
        "supplier": row.supplier_name,
        "sector": row.sector,
        "district": row.district,
        "frequency": row.frequency,
        "format": row.format,
        "quality": row.quality,
        "licences": row.licences,
        "trades": row.trade_count,
        "row_count": row.row_count,
        "column_count": row.column_count,
        "file_bytes": row.file_bytes,
        "price_minor": row.price_minor,
        "currency": row.currency,
        "listed_at": row.listed_at,
    }


def listing(version_id: UUID, reader: Member | None = None) -> dict[str, Any]:
    """A listed version whole, as this reader may see it. Raises NotFound."""
    found = detail.read(version_id, reader)
    if found.version.state != VersionState.LISTED:
        raise NotFound
    shown = described(found)
    # A contact is a person's name and number: for the supplier itself and for recorded looks, not for the public.
    if reader is None or reader.organisation_id != found.version.product.supplier_id:
        shown["description"] = {name: said for name, said in shown["description"].items() if name != "contact"}
    return shown


def described(found: Detail) -> dict[str, Any]:
    """What was read of a version, as the doors of the API answer it."""
    version, resource = found.version, found.version.resource
    prices = [offer.price_minor for offer in found.offers if not offer.is_for_reader_only]
    return {
        "version": version.id,
        "product": version.product.number,
        "title": version.title,
        "abstract": version.abstract,
        "supplier": version.product.supplier.name,
        "sector": version.sector,
        "district": version.district,
        "frequency": version.frequency,
        "format": found.format,
        "quality": quality.overall(found.measures),
        "licences": found.licences,
        "trades": found.trade_count,
        "row_count": resource.row_count,
        "column_count": resource.column_count,
        "file_bytes": resource.file_bytes,
        "price_minor": min(prices, default=None),
        "currency": found.offers[0].currency if found.offers else "CNY",
        "listed_at": version.listed_at,
        "n": version.n,
        "description": {name: getattr(version, name) for name in sorted(DESCRIBED)},
        "file_sha256": resource.file_sha256,
        "offers": found.offers,
        "columns": found.columns if found.may_preview else None,
        "sample": found.sample,
    }


def versions_of(organisation_id: UUID, *, page: int, size: int) -> list[ProductVersion]:
    """An organisation's product versions, newest first."""
    found = ProductVersion.objects.select_related("product", "resource").filter(product__supplier_id=organisation_id)
    return list(found.order_by("-created_at")[(page - 1) * size : page * size])


def version_of(organisation_id: UUID, version_id: UUID) -> ProductVersion:
    """One of an organisation's own versions. Raises NotFound."""
    found = ProductVersion.objects.select_related("product", "resource", "reviewed_by")
    version = found.filter(id=version_id, product__supplier_id=organisation_id).first()
    if version is None:
        raise NotFound
    return version


def products_of(organisation_id: UUID) -> list[ProductVersion]:
    """The newest version of each of an organisation's products, at most 200: what a next version may continue."""
    found = ProductVersion.objects.select_related("product").filter(product__supplier_id=organisation_id)
    return list(found.order_by("product_id", "-n").distinct("product_id")[:200])


def published_in(event_ids: Iterable[UUID]) -> dict[UUID, tuple[UUID, str, str]]:
    """Of events that told of a listing: version, title and English title, as they are public."""
    with connection.cursor() as cursor:
        cursor.execute(_PUBLISHED, [list(event_ids)])
        return {event: (version, title, title_en) for event, version, title, title_en in cursor.fetchall()}


_PUBLISHED: Final = """
SELECT e.id, v.id, v.title, v.title_en FROM market_event AS e JOIN market_opening AS o ON o.event_id = e.id
JOIN listings_productversion AS v ON v.id = o.subject WHERE e.id = ANY(%s) AND e.kind = 'listing.published'
"""
