"""What can be asked of this room: read-only rows, ready to show."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q

from listings.models import DataResource, Offer, PreviewAudience, ProductVersion
from listings.products import DESCRIBED
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


def catalogue(*, q: str = "", sector: str = "", page: int = 1) -> dict[str, Any]:
    """A page of listed versions with total and facets."""
    found = ProductVersion.objects.filter(state=VersionState.LISTED)
    if q:
        found = found.filter(Q(title__icontains=q) | Q(abstract__icontains=q) | Q(title_en__icontains=q))
    facets = {
        "sector": [
            {"value": row["sector"], "count": row["count"]}
            for row in found.values("sector").annotate(count=Count("id")).order_by("-count")[:20]
        ]
    }
    if sector:
        found = found.filter(sector=sector)
    total, size = found.count(), settings.PAGE_SIZE
    rows = found.select_related("product__supplier", "resource").order_by("-listed_at")
    items = [_line(version) for version in rows[(page - 1) * size : page * size]]
    return {"total": total, "page": page, "pages": max(1, -(-total // size)), "items": items, "facets": facets}


def _line(version: ProductVersion) -> dict[str, Any]:
    resource = version.resource
    cheapest = min(
        (offer for offer in version.offers.all() if offer.withdrawn_at is None and offer.buyer_id is None),
        key=lambda offer: offer.price_minor,
        default=None,
    )
    return {
        "version": version.id,
        "product": version.product.number,
        "title": version.title,
        "abstract": version.abstract,
        "supplier": version.product.supplier.name,
        "sector": version.sector,
        "district": version.district,
        "frequency": version.frequency,
        "row_count": resource.row_count,
        "column_count": resource.column_count,
        "file_bytes": resource.file_bytes,
        "price_minor": cheapest.price_minor if cheapest else None,
        "currency": cheapest.currency if cheapest else "CNY",
        "listed_at": version.listed_at,
    }


def listing(version_id: UUID) -> dict[str, Any]:
    """A listed version whole, as the public may see it. Raises NotFound."""
    version = (
        ProductVersion.objects.select_related("product__supplier", "resource")
        .filter(id=version_id, state=VersionState.LISTED)
        .first()
    )
    if version is None:
        raise NotFound
    public = version.preview == PreviewAudience.PUBLIC
    return _line(version) | {
        "n": version.n,
        "description": {name: getattr(version, name) for name in sorted(DESCRIBED)},
        "file_sha256": version.resource.file_sha256,
        "offers": list(Offer.objects.filter(version=version, withdrawn_at__isnull=True, buyer__isnull=True)),
        "columns": (version.resource.profile or {}).get("columns") if public else None,
        "sample": version.resource.sample if public else None,
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
