"""Offers: price plan and usage policy on a version."""

import hashlib
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _t

from listings import products, search
from listings.models import Offer
from listings.states import VersionState
from market import holds, licences
from market.events import outbox
from market.kernel import canonical_json, clock
from market.kernel.errors import Conflict, FieldProblem, IllegalStep, Invalid, NotFound
from market.kernel.money import MINOR_MAX
from market.participants.members import Member, Role
from market.participants.models import Organisation
from market.policy import PolicyInvalid, UsageTerms, build, canonical
from market.verbs import verb


def policy_of(usage: dict[str, Any]) -> dict[str, Any]:
    """The canonical ODRL behind the simple form. Raises Invalid naming each field."""
    known = set(UsageTerms.__dataclass_fields__)
    if foreign := set(usage) - known:
        raise Invalid.field(f"usage.{sorted(foreign)[0]}", _t("is unknown"), ", ".join(sorted(known)))
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in usage.items()}
    try:
        return dict(canonical(build(UsageTerms(**values))))
    except PolicyInvalid as error:
        raise Invalid(licences.fields(error, "usage.")) from error


@verb("offer.opened")
def open(
    version_id: UUID,
    *,
    name: str,
    price_minor: int,
    usage: dict[str, Any],
    acceptance_days: int | None = None,
    is_negotiable: bool = True,
    buyer_id: UUID | None = None,
    key: str = "",
    by: Member,
) -> Offer:
    """Set a price in minor units and a licence on a version that is not yet, or already, listed.

    usage: fields of market.policy.UsageTerms. key: the caller's own name for this request; the same again answers
    the same offer. Raises Invalid, NotFound, IllegalStep, Held; Conflict for a key that names another request.
    """
    by.require_trading(Role.TRADER)
    version = products.locked(version_id, by)
    if key and (earlier := version.offers.filter(key=key).first()):
        asked = (name.strip()[:60], price_minor, usage, acceptance_days, is_negotiable, buyer_id)
        if asked != _said(earlier):
            raise Conflict(_t("This key names another request."), offer=earlier.urn)
        outbox.unchanged()
        return earlier
    if version.state not in {VersionState.DRAFT, VersionState.RETURNED, VersionState.LISTED}:
        raise IllegalStep(_t("No offer can be added now."), state=version.state)
    wrong: list[FieldProblem] = []
    if not name.strip():
        wrong.append(FieldProblem(field="name", reason=_t("is empty"), fix=_t("e.g. single download")))
    if not 0 <= price_minor <= MINOR_MAX:
        wrong.append(FieldProblem(field="price_minor", reason=_t("is out of range"), fix=_t("0 for free")))
    if acceptance_days is not None and not 1 <= acceptance_days <= 90:
        wrong.append(FieldProblem(field="acceptance_days", reason=_t("is out of range"), fix=_t("1 to 90 days")))
    if buyer_id is not None and not Organisation.objects.filter(id=buyer_id).exists():
        wrong.append(FieldProblem(field="buyer", reason=_t("is unknown"), fix=_t("the id of an organisation")))
    if wrong:
        raise Invalid(wrong)
    policy = policy_of(usage)
    offer = Offer.objects.create(
        version=version,
        name=name.strip()[:60],
        price_minor=price_minor,
        is_negotiable=is_negotiable,
        acceptance_days=acceptance_days,
        usage=usage,
        policy=policy,
        policy_sha256=hashlib.sha256(canonical_json.dumps(policy)).hexdigest(),
        buyer_id=buyer_id,
        key=key,
    )
    if version.state == VersionState.LISTED:
        search.index(version)
    outbox.record(
        "offer.opened",
        subject=version.urn,
        actor=by.urn,
        thread=version.product.urn,
        parties=[by.organisation_id],
        price_minor=price_minor,
        currency=offer.currency,
        policy_sha256=offer.policy_sha256,
        offer=offer.urn,
    )
    return offer


def _said(offer: Offer) -> tuple[object, ...]:
    return (offer.name, offer.price_minor, offer.usage, offer.acceptance_days, offer.is_negotiable, offer.buyer_id)


@verb("offer.withdrawn")
def withdraw(offer_id: UUID, *, by: Member) -> Offer:
    """Close an offer for new requests; negotiations that began on it go on."""
    by.require_trading(Role.TRADER)
    offer = (
        Offer.objects.select_for_update(of=("self",), no_key=True)
        .select_related("version__product")
        .filter(id=offer_id, version__product__supplier_id=by.organisation_id)
        .first()
    )
    if offer is None:
        raise NotFound
    holds.check(by.organisation_urn, offer.version.urn, offer.version.product.urn)
    if offer.withdrawn_at is not None:
        raise Conflict(_t("This offer was withdrawn already."))
    offer.withdrawn_at = clock.now()
    offer.save(update_fields=["withdrawn_at"])
    search.index(offer.version)
    outbox.record(
        "offer.withdrawn",
        subject=offer.version.urn,
        actor=by.urn,
        thread=offer.version.product.urn,
        parties=[by.organisation_id],
        offer=offer.urn,
    )
    return offer
