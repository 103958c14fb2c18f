"""Where a file was published, asked by its fingerprint: the fingerprint of a listing is public."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from listings.models import ProductVersion
from listings.states import VersionState


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A version that is or was listed with this file."""

    version_id: UUID
    product_id: UUID
    title: str
    n: int
    listed_at: datetime
    is_listed: bool  # False: it was delisted since


def published(file_sha256: str) -> list[PublishedFile]:
    """Listings of the file with this SHA-256 in lower-case hex, oldest first; at most 20. Never listed: none."""
    found = ProductVersion.objects.filter(resource__file_sha256=file_sha256, listed_at__isnull=False)
    return [
        PublishedFile(
            version_id=version.id,
            product_id=version.product_id,
            title=version.title,
            n=version.n,
            listed_at=version.listed_at,
            is_listed=version.state == VersionState.LISTED,
        )
        for version in found.order_by("listed_at")[:20]
        if version.listed_at is not None
    ]
