"""Products and their versions: described by the supplier, submitted for review."""

import copy
import hashlib
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext as _t

from listings import checks
from listings.errors import ChecksFailed, ResourceNotReady
from listings.models import DataProduct, DataResource, Offer, ProductVersion
from listings.states import FOLLOWS, ResourceState, VersionState
from market import holds
from market.events import clear, outbox
from market.kernel import canonical_json, clock
from market.kernel.errors import Conflict, IllegalStep, Invalid, NotFound
from market.participants.admissions import next_number
from market.participants.members import Member, Role
from market.verbs import verb


class Description(TypedDict, total=False):
    """What a supplier says of a version (regulation.md §2.3); required parts are checked at submission."""

    title: str
    title_en: str
    abstract: str
    abstract_en: str
    keywords: list[str]
    sector: str
    district: str
    region: str
    time_from: date | None
    time_to: date | None
    frequency: str
    source_type: str
    source_statement: str
    collection_method: str
    rights_type: str
    rights_basis: str
    contact: str
    application_scene: str
    contains_pi: bool
    contains_spi: bool
    cross_border: bool
    attribution: str
    dictionary: list[dict[str, str]]
    preview: str


DESCRIBED = frozenset(Description.__annotations__)


def move(version: ProductVersion, to: VersionState) -> None:
    """Take one step; the caller holds the row lock. Raises IllegalStep."""
    if to not in FOLLOWS[VersionState(version.state)]:
        raise IllegalStep(
            _t("The version is %(state)s.") % {"state": VersionState(version.state).label}, state=version.state
        )
    version.state = to


def description_sha256(version: ProductVersion) -> str:
    """The fingerprint of all that the supplier says, over its canonical form."""
    said: dict[str, Any] = {}
    for name in sorted(DESCRIBED):
        value = getattr(version, name)
        said[name] = value.isoformat() if isinstance(value, date) else value
    return hashlib.sha256(canonical_json.dumps(said)).hexdigest()


@verb("version.drafted")
def draft(
    resource_id: UUID, description: Description, *, product_id: UUID | None = None, key: str = "", by: Member
) -> ProductVersion:
    """Begin a product on a resource, or the next version of a product.

    key: the caller's own name for this request; the same again answers the same version.
    Raises NotFound, ResourceNotReady, Invalid, Held; Conflict for a key that names another request.
    """
    by.require_trading(Role.TRADER)
    # The lock makes a request that is sent twice at once wait for its twin.
    own = DataResource.objects.select_for_update(no_key=True)
    resource = own.filter(id=resource_id, supplier_id=by.organisation_id).first()
    if resource is None:
        raise NotFound
    if key and (earlier := resource.versions.filter(key=key).select_related("product").first()):
        _require_same(earlier, description, product_id)
        outbox.unchanged()
        return earlier
    if resource.state != ResourceState.READY:
        raise ResourceNotReady(state=resource.state)
    if product_id is None:
        holds.check(by.organisation_urn)
        product = DataProduct.objects.create(
            number=next_number("listings_product_number", "P"), supplier_id=by.organisation_id
        )
    else:
        found = (
            DataProduct.objects.select_for_update(no_key=True)
            .filter(id=product_id, supplier_id=by.organisation_id)
            .first()
        )
        if found is None:
            raise NotFound
        product = found
        holds.check(by.organisation_urn, product.urn)
    newest = product.versions.aggregate(newest=Max("n"))["newest"] or 0
    version = ProductVersion(product=product, n=newest + 1, resource=resource, key=key)
    _describe(version, description)
    version.save(force_insert=True)
    outbox.record(
        "version.drafted",
        subject=version.urn,
        actor=by.urn,
        thread=product.urn,
        parties=[by.organisation_id],
        product=product.number,
        n=version.n,
        resource=resource.urn,
    )
    return version


@verb("version.changed")
def change(version_id: UUID, description: Description, *, by: Member) -> ProductVersion:
    """Change a draft's or returned version's description. A submitted one does not change any more."""
    by.require_trading(Role.TRADER)
    version = locked(version_id, by)
    if version.state not in {VersionState.DRAFT, VersionState.RETURNED}:
        raise IllegalStep(_t("Only a draft or a returned version can be changed."), state=version.state)
    _describe(version, description)
    version.save()
    outbox.record(
        "version.changed",
        subject=version.urn,
        actor=by.urn,
        thread=version.product.urn,
        parties=[by.organisation_id],
        product=version.product.number,
        n=version.n,
    )
    return version


@verb("version.submitted")
def submit(version_id: UUID, *, by: Member) -> ProductVersion:
    """Hand a version in for review. The automatic checks answer first; raises ChecksFailed with their reasons."""
    by.require_trading(Role.TRADER)
    version = locked(version_id, by)
    offers = list(Offer.objects.filter(version=version, withdrawn_at__isnull=True))
    answers = checks.run(version, offers)
    failed = [answer for answer in answers if answer["verdict"] == "failed"]
    if failed:
        raise ChecksFailed("; ".join(str(answer["reason"]) for answer in failed), checks=answers)
    move(version, VersionState.SUBMITTED)
    version.checks, version.submitted_at, version.review_reason = answers, clock.now(), ""
    version.save(update_fields=["state", "checks", "submitted_at", "review_reason"])
    outbox.record(
        "version.submitted",
        subject=version.urn,
        actor=by.urn,
        thread=version.product.urn,
        parties=[by.organisation_id],
        product=version.product.number,
        n=version.n,
        description_sha256=description_sha256(version),
        file_sha256=version.resource.file_sha256,
    )
    return version


@verb("version.withdrawn")
def withdraw(version_id: UUID, *, by: Member) -> ProductVersion:
    """Take a version back before it is listed."""
    by.require_trading(Role.TRADER)
    version = locked(version_id, by)
    move(version, VersionState.WITHDRAWN)
    version.save(update_fields=["state"])
    outbox.record(
        "version.withdrawn",
        subject=version.urn,
        actor=by.urn,
        thread=version.product.urn,
        parties=[by.organisation_id],
        product=version.product.number,
        n=version.n,
    )
    return version


def locked(version_id: UUID, by: Member) -> ProductVersion:
    """The caller's own version under its row lock, holds asked. Raises NotFound, Held."""
    version = (
        ProductVersion.objects.select_for_update(of=("self",), no_key=True)
        .select_related("product", "resource")
        .filter(id=version_id, product__supplier_id=by.organisation_id)
        .first()
    )
    if version is None:
        raise NotFound
    holds.check(by.organisation_urn, version.urn, version.product.urn)
    return version


def _require_same(earlier: ProductVersion, description: Description, product_id: UUID | None) -> None:
    """Refuse a key that comes again with another request. Raises Conflict naming the version."""
    asked = copy.copy(earlier)
    _describe(asked, description)
    if product_id not in {None, earlier.product_id} or description_sha256(asked) != description_sha256(earlier):
        raise Conflict(_t("This key names another request."), version=earlier.urn)


def _describe(version: ProductVersion, description: Description) -> None:
    """Put the parts that were sent on the row. Raises Invalid for unknown parts, PersonalInClear for the title.

    A listing's title stands in the log in clear, so it is refused here and not only when it is published.
    """
    if foreign := set(description) - DESCRIBED:
        raise Invalid.field(sorted(foreign)[0], _t("is not a part of a description"), ", ".join(sorted(DESCRIBED)))
    clear.require({name: value for name, value in description.items() if name == "title"})
    for name, value in description.items():
        setattr(version, name, value.strip() if isinstance(value, str) else value)
