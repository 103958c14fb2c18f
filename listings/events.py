"""The kinds of event that this room tells."""

from market.events.kinds import declare

_SOURCE = "数据安全法 33"
_LISTING = "条例 28; 电子商务法 31"

declare("resource.received", basis=_SOURCE, name=str, file_sha256=str, file_bytes=int)
declare("resource.reopened", basis=_SOURCE, encoding=str, delimiter=str, has_header=(bool, type(None)), sheet=str)
declare("resource.reading", basis=_SOURCE, attempt=int)
declare(
    "resource.ready", basis=_SOURCE, file_sha256=str, rows=(int, type(None)), columns=(int, type(None)), findings=int
)
declare("resource.refused", basis=_SOURCE, file_sha256=str, reason=str)
declare("version.drafted", basis=_LISTING, product=str, n=int, resource=str)
declare("version.changed", basis=_LISTING, product=str, n=int)
declare("version.submitted", basis=_LISTING, product=str, n=int, description_sha256=str, file_sha256=str)
declare("version.returned", basis=_LISTING, product=str, n=int, reason=str)
declare("version.rejected", basis=_LISTING, product=str, n=int, reason=str)
declare("version.withdrawn", basis=_LISTING, product=str, n=int)
declare(
    "version.publicised", basis=_LISTING, product=str, title=str, n=int, until=str, public=("product", "title", "n")
)
declare(
    "listing.published",
    basis=_LISTING,
    product=str,
    title=str,
    n=int,
    file_sha256=str,
    description_sha256=str,
    public=("product", "title", "n", "file_sha256"),
)
declare("listing.delisted", basis=_LISTING, product=str, title=str, n=int, reason=str, public=("product", "title", "n"))
declare("offer.opened", basis="民法典 472", price_minor=int, currency=str, policy_sha256=str, offer=str)
declare("offer.withdrawn", basis="民法典 475", offer=str)
