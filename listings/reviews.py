"""The operator's compliance review of a version: approve, return, reject; and delisting."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _t

from listings import products, search
from listings.models import ProductVersion
from listings.states import VersionState
from market import holds, rules
from market.events import outbox
from market.kernel import clock, ids
from market.kernel.errors import Invalid, NotFound
from market.participants.members import Actor, Member, Role
from market.verbs import verb


def due_at(version: ProductVersion) -> datetime | None:
    """By when a submitted version is to be decided, by the rule of today; None for one that is not in review."""
    if version.state != VersionState.SUBMITTED or version.submitted_at is None:
        return None
    return version.submitted_at + timedelta(days=int(rules.current("listing.review_days").value["days"]))


@verb("listing.published", "version.publicised")
def approve(version_id: UUID, *, by: Member) -> ProductVersion:
    """Approve a submitted version: it is listed, or first publicised where the rule sets days for that."""
    by.require(Role.REVIEWER)
    version = _locked(version_id)
    days = int(rules.current("listing.publicity_days").value["days"])
    version.reviewed_by_id, version.reviewed_at = by.person_id, clock.now()
    if days == 0:
        return _publish(version, by)
    products.move(version, VersionState.PUBLICITY)
    version.publicity_until = clock.now() + timedelta(days=days)
    version.save(update_fields=["state", "reviewed_by", "reviewed_at", "publicity_until"])
    outbox.record(
        "version.publicised",
        subject=version.urn,
        actor=by.urn,
        thread=version.product.urn,
        parties=[version.product.supplier_id],
        product=version.product.number,
        title=version.title,
        n=version.n,
        until=clock.text(version.publicity_until),
    )
    return version


@verb("listing.published")
def publish(version_id: UUID, *, by: Actor) -> ProductVersion:
    """List a version whose publicity has ended without objection; a second call changes nothing."""
    version = _locked(version_id)
    if version.state == VersionState.LISTED:
        outbox.unchanged()
        return version
    return _publish(version, by)


def _publish(version: ProductVersion, by: Actor) -> ProductVersion:
    """Make this the product's listed version; an earlier one makes room."""
    products.move(version, VersionState.LISTED)
    for earlier in ProductVersion.objects.select_for_update(no_key=True).filter(
        product=version.product, state=VersionState.LISTED
    ):
        products.move(earlier, VersionState.DELISTED)
        earlier.delisted_at = clock.now()
        earlier.save(update_fields=["state", "delisted_at"])
        search.index(earlier)
    version.listed_at = clock.now()
    version.save(update_fields=["state", "listed_at", "reviewed_by", "reviewed_at"])
    search.index(version)
    outbox.record(
        "listing.published",
        subject=version.urn,
        actor=by.urn,
        thread=version.product.urn,
        parties=[version.product.supplier_id],
        product=version.product.number,
        title=version.title,
        n=version.n,
        file_sha256=version.resource.file_sha256,
        description_sha256=products.description_sha256(version),
    )
    return version


@verb("version.returned")
def send_back(version_id: UUID, *, reason: str, by: Member) -> ProductVersion:
    """Return a version with reasons; the supplier mends it and submits again."""
    return _refuse(version_id, VersionState.RETURNED, reason, by)


@verb("version.rejected")
def reject(version_id: UUID, *, reason: str, by: Member) -> ProductVersion:
    """Reject a version for good."""
    return _refuse(version_id, VersionState.REJECTED, reason, by)


def _refuse(version_id: UUID, to: VersionState, reason: str, by: Member) -> ProductVersion:
    by.require(Role.REVIEWER)
    if not reason.strip():
        raise Invalid.field("reason", _t("is empty"), _t("say what is wrong and what would mend it"))
    version = _locked(version_id)
    products.move(version, to)
    version.review_reason, version.reviewed_by_id, version.reviewed_at = reason.strip(), by.person_id, clock.now()
    version.save(update_fields=["state", "review_reason", "reviewed_by", "reviewed_at"])
    outbox.record(
        f"version.{to.value}",
        subject=version.urn,
        actor=by.urn,
        thread=version.product.urn,
        parties=[version.product.supplier_id],
        product=version.product.number,
        n=version.n,
        reason=reason.strip(),
    )
    return version


@verb("listing.delisted")
def delist(version_id: UUID, *, reason: str, by: Member) -> ProductVersion:
    """Take a listed version down: by its supplier or by the operator, with a reason. Running trades go on."""
    version = _locked(version_id)
    if version.product.supplier_id == by.organisation_id:
        by.require_trading(Role.TRADER)
    else:
        by.require(Role.REVIEWER)
    if not reason.strip():
        raise Invalid.field("reason", _t("is empty"), _t("say why the listing ends"))
    products.move(version, VersionState.DELISTED)
    version.delisted_at, version.review_reason = clock.now(), reason.strip()
    version.save(update_fields=["state", "delisted_at", "review_reason"])
    search.index(version)
    outbox.record(
        "listing.delisted",
        subject=version.urn,
        actor=by.urn,
        thread=version.product.urn,
        parties=[version.product.supplier_id],
        product=version.product.number,
        title=version.title,
        n=version.n,
        reason=reason.strip(),
    )
    return version


def _locked(version_id: UUID) -> ProductVersion:
    version = (
        ProductVersion.objects.select_for_update(of=("self",), no_key=True)
        .select_related("product", "resource")
        .filter(id=version_id)
        .first()
    )
    if version is None:
        raise NotFound
    holds.check(ids.urn(version.product.supplier_id), version.urn, version.product.urn)
    return version
