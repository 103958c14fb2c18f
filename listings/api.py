"""Listings' doors: upload, describe, offer, review, find."""

from typing import Any, cast
from uuid import UUID

from django.conf import settings
from ninja import Query, Router, Status

from listings import offers, oversight, products, queries, resources, reviews, search
from listings.errors import UploadTooLarge
from listings.models import DataResource, Offer, ProductVersion
from listings.products import Description
from listings.schemas import (
    CataloguePage,
    CatalogueQuestion,
    DescriptionIn,
    ListingDetail,
    OfferIn,
    OfferOut,
    ReadingIn,
    ReasonIn,
    ResourceDetail,
    ResourceOut,
    VersionIn,
    VersionOut,
)
from market.access import MEMBER, PUBLIC, allow
from market.kernel.errors import LengthRequired
from market.participants.members import Role
from market.requests import MemberRequest, Page, RequestKey, Size, Words

router = Router(tags=["listings"])
BLOCK_BYTES = 1024 * 1024


@router.post("/resources", response={201: ResourceOut})
@allow(Role.TRADER, Role.DEVELOPER, scope="trade")
def upload(request: MemberRequest, filename: str, reading: Query[ReadingIn], name: str = "") -> Status[DataResource]:
    """Upload a file as the raw request body (application/octet-stream); it is streamed and read as a job."""
    length = request.headers.get("Content-Length", "")
    if not length.isdigit():
        raise LengthRequired
    if int(length) > settings.UPLOAD_BYTES_MAX:
        raise UploadTooLarge(limit=settings.UPLOAD_BYTES_MAX)
    choices = resources.Choices(**reading.dict())
    choices.check()  # before the first byte is taken
    received = resources.receive(iter(lambda: request.read(BLOCK_BYTES), b""))
    return Status(201, resources.upload(received, name=name, filename=filename, choices=choices, by=request.auth))


@router.get("/resources", response=list[ResourceOut])
@allow(MEMBER)
def list_resources(request: MemberRequest, page: Page = 1, size: Size = 20) -> list[DataResource]:
    """The caller's own resources, newest first."""
    return queries.resources_of(request.auth.organisation_id, page=page, size=size)


@router.get("/resources/{resource_id}", response=ResourceDetail)
@allow(MEMBER)
def show_resource(request: MemberRequest, resource_id: UUID) -> DataResource:
    """One of the caller's resources with its statistics, or how far reading it has come."""
    return queries.resource_of(request.auth.organisation_id, resource_id)


@router.post("/resources/{resource_id}/reading", response=ResourceOut)
@allow(Role.TRADER, Role.DEVELOPER, scope="trade")
def read_again(request: MemberRequest, resource_id: UUID, body: ReadingIn) -> DataResource:
    """Read the stored file again with another encoding, delimiter, first row or sheet; no second upload."""
    return resources.read_again(resource_id, choices=resources.Choices(**body.dict()), by=request.auth)


@router.post("/versions", response={201: VersionOut})
@allow(Role.TRADER, scope="trade")
def draft(request: MemberRequest, body: VersionIn, key: RequestKey = "") -> Status[ProductVersion]:
    """Begin a product, or the next version of one. The same Idempotency-Key again answers the same version."""
    version = products.draft(body.resource, _description(body), product_id=body.product, key=key, by=request.auth)
    return Status(201, version)


@router.patch("/versions/{version_id}", response=VersionOut)
@allow(Role.TRADER, scope="trade")
def change(request: MemberRequest, version_id: UUID, body: DescriptionIn) -> ProductVersion:
    """Change a draft's or returned version's description."""
    return products.change(version_id, _description(body), by=request.auth)


@router.get("/versions/{version_id}", response=VersionOut)
@allow(MEMBER)
def show_version(request: MemberRequest, version_id: UUID) -> ProductVersion:
    """A version as its supplier or the operator's reviewer sees it."""
    return queries.version_for(request.auth, version_id)


@router.post("/versions/{version_id}/offers", response={201: OfferOut})
@allow(Role.TRADER, scope="trade")
def open_offer(request: MemberRequest, version_id: UUID, body: OfferIn, key: RequestKey = "") -> Status[Offer]:
    """Set price and licence. The same Idempotency-Key again answers the same offer."""
    values = body.dict()
    buyer_id = values.pop("buyer")
    return Status(201, offers.open(version_id, **values, buyer_id=buyer_id, key=key, by=request.auth))


@router.delete("/offers/{offer_id}", response=OfferOut)
@allow(Role.TRADER, scope="trade")
def withdraw_offer(request: MemberRequest, offer_id: UUID) -> Offer:
    """Close an offer for new requests."""
    return offers.withdraw(offer_id, by=request.auth)


@router.post("/versions/{version_id}/submission", response=VersionOut)
@allow(Role.TRADER, scope="trade")
def submit(request: MemberRequest, version_id: UUID) -> ProductVersion:
    """Hand in for review; the automatic checks answer with reasons."""
    return products.submit(version_id, by=request.auth)


@router.post("/versions/{version_id}/withdrawal", response=VersionOut)
@allow(Role.TRADER, scope="trade")
def withdraw(request: MemberRequest, version_id: UUID) -> ProductVersion:
    """Take a version back before it is listed."""
    return products.withdraw(version_id, by=request.auth)


@router.get("/reviews", response=list[VersionOut])
@allow(Role.REVIEWER, scope="review")
def list_reviews(request: MemberRequest, page: Page = 1, size: Size = 20) -> list[ProductVersion]:
    """Versions that wait for a reviewer, oldest first."""
    return queries.review_queue(page=page, size=size)


@router.post("/versions/{version_id}/approval", response=VersionOut)
@allow(Role.REVIEWER, scope="review")
def approve(request: MemberRequest, version_id: UUID) -> ProductVersion:
    """Approve: the version is listed, or publicised first."""
    return reviews.approve(version_id, by=request.auth)


@router.post("/versions/{version_id}/return", response=VersionOut)
@allow(Role.REVIEWER, scope="review")
def send_back(request: MemberRequest, version_id: UUID, body: ReasonIn) -> ProductVersion:
    """Return with reasons."""
    return reviews.send_back(version_id, reason=body.reason, by=request.auth)


@router.post("/versions/{version_id}/rejection", response=VersionOut)
@allow(Role.REVIEWER, scope="review")
def reject(request: MemberRequest, version_id: UUID, body: ReasonIn) -> ProductVersion:
    """Reject for good."""
    return reviews.reject(version_id, reason=body.reason, by=request.auth)


@router.post("/versions/{version_id}/delisting", response=VersionOut)
@allow(Role.TRADER, Role.REVIEWER)
def delist(request: MemberRequest, version_id: UUID, body: ReasonIn) -> ProductVersion:
    """Take a listing down."""
    return reviews.delist(version_id, reason=body.reason, by=request.auth)


@router.get("/versions/{version_id}/oversight", response=ListingDetail)
@allow(*oversight.READERS)
def oversee(request: MemberRequest, version_id: UUID, reason: Words = "") -> dict[str, Any]:
    """A version whole, for seats whose district and sector reach it; the look is recorded with its reason."""
    return queries.described(oversight.read(version_id, reason=reason, by=request.auth))


@router.get("/catalogue", response=CataloguePage, auth=None)
@allow(PUBLIC, ceiling="look_up")
def catalogue(request: MemberRequest, asked: Query[CatalogueQuestion]) -> dict[str, Any]:
    """Find listings: words, and values of facets, each of which may be repeated. The page reads the same address."""
    return queries.catalogue(search.question(request.GET))


@router.get("/catalogue/{version_id}", response=ListingDetail, auth=None)
@allow(PUBLIC, ceiling="look_up")
def listing(request: MemberRequest, version_id: UUID) -> dict[str, Any]:
    """One listing whole, as far as it is public."""
    return queries.listing(version_id, getattr(request, "member", None) or None)


def _description(body: DescriptionIn) -> Description:
    """The parts that were sent, and only those."""
    said = body.dict(exclude_unset=True, exclude={"resource", "product"})
    return cast("Description", {name: value for name, value in said.items() if value is not None})
