"""What a delivery needs beside itself: two organisations, their people, a stored file, a signed policy."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from delivery import grants, uses
from delivery.models import Grant
from delivery.uses import Opened
from market import policy, storage
from market.kernel import clock, ids
from market.participants.members import Member, OrganisationKind, Role, system
from market.participants.models import Organisation
from market.policy import UsageTerms

TRADING = frozenset({Role.ADMIN, Role.TRADER, Role.SIGNATORY, Role.FINANCE})
CONTENT = bytes(range(256)) * 5000  # 1.28 MB: more than one block, not a whole number of them


def given_organisation(name: str, district: str = "140105", sector: str = "I") -> Organisation:
    """An admitted enterprise."""
    return Organisation.objects.create(
        kind=OrganisationKind.ENTERPRISE,
        name=name,
        district=district,
        sector=sector,
        uscc=ids.new_id().hex[-18:].upper(),
        admitted_at=clock.now(),
    )


def given_member(organisation: Organisation, roles: frozenset[Role] = TRADING) -> Member:
    """Somebody who acts for it."""
    return Member(
        person_id=ids.new_id(),
        organisation_id=organisation.id,
        organisation_name=organisation.name,
        organisation_kind=OrganisationKind(organisation.kind),
        roles=roles,
        is_admitted=organisation.admitted_at is not None,
        district="",
        sector="",
    )


@dataclass(frozen=True, slots=True)
class Delivery:
    """A grant with its two sides."""

    grant: Grant
    supplier: Member
    buyer: Member
    content: bytes

    def use(self, purpose: str = "", **kwargs: Any) -> Opened:
        """One use by the buyer."""
        return uses.open(self.grant.id, purpose=purpose, by=self.buyer, **kwargs)


def given_policy(**terms: Any) -> dict[str, Any]:
    """A policy as it stands in a signed agreement."""
    return dict(policy.canonical(policy.build(UsageTerms(**terms))))


def given_delivery(*, content: bytes = CONTENT, **kwargs: Any) -> Delivery:
    """A stored file, granted to a buyer under a policy of these terms (`UsageTerms`)."""
    key = f"tests/{ids.new_id()}"
    storage.put_file(key, io.BytesIO(content))
    found = given_grant(
        storage_key=key, file_bytes=len(content), file_sha256=hashlib.sha256(content).hexdigest(), **kwargs
    )
    return replace(found, content=content)


def given_grant(
    *,
    storage_key: str,
    file_bytes: int,
    file_sha256: str,
    filename: str = "空气质量 2020-03.csv",
    signed: Mapping[str, Any] | None = None,
    agreed_days_ago: float = 0,
    **terms: Any,
) -> Delivery:
    """A grant for a file that is stored already: fresh names for trade, period, version and agreement."""
    supplier = given_member(given_organisation("太原气象数据"))
    buyer = given_member(given_organisation("晋阳研究院"))
    grant = grants.open(
        reference=ids.urn(ids.new_id()),
        thread=ids.urn(ids.new_id()),
        supplier_id=supplier.organisation_id,
        buyer_id=buyer.organisation_id,
        version=ids.urn(ids.new_id()),
        agreement=ids.urn(ids.new_id()),
        agreement_sha256=hashlib.sha256(b"agreement").hexdigest(),
        storage_key=storage_key,
        filename=filename,
        media_type="text/csv",
        file_bytes=file_bytes,
        file_sha256=file_sha256,
        policy=signed or given_policy(**terms),
        agreed_at=clock.now() - timedelta(days=agreed_days_ago),
        by=system("settlement"),
    )
    return Delivery(grant=grant, supplier=supplier, buyer=buyer, content=b"")


def operator() -> Member:
    """Somebody who may place holds."""
    organisation = given_organisation("运营方")
    return Member(
        person_id=ids.new_id(),
        organisation_id=organisation.id,
        organisation_name="运营方",
        organisation_kind=OrganisationKind.OPERATOR,
        roles=frozenset({Role.APPROVER}),
        is_admitted=False,
        district="",
        sector="",
    )
