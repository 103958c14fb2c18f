"""What a product, a trade or a resource came from and what was done to it, as a PROV graph out of the log's entries."""

from typing import Any, Final
from uuid import UUID

from django.conf import settings

from contracts.models import Trade
from contracts.queries.parties import trade_of_party
from delivery.models import Grant
from listings.models import DataResource, ProductVersion
from listings.states import VersionState
from market.kernel import clock, ids
from market.kernel.errors import NotFound
from market.participants.members import Member
from market.participants.models import Membership, Organisation
from provenance import evidence
from provenance.evidence import Evidence
from provenance.prov.graph import (
    ASSOCIATED,
    ATTRIBUTED,
    BEHALF,
    DERIVED,
    GENERATED,
    INVALIDATED,
    SPECIAL,
    USED,
    Graph,
    Kind,
    Thing,
)

SHOWN: Final = (VersionState.LISTED, VersionState.DELISTED, VersionState.PUBLICITY)
# What an entry did to the thing that the graph is about.
MAKES: Final = frozenset({"resource.received", "version.drafted", "negotiation.agreed", "grant.opened"})
ENDS: Final = frozenset({"listing.delisted", "version.withdrawn", "grant.closed"})


def of_version(version_id: UUID, *, reader: Member | None) -> Graph:
    """A version from its file to its listing; what anybody may know of it. Raises NotFound."""
    found = ProductVersion.objects.select_related("product__supplier", "resource")
    version = found.filter(id=version_id).first()
    is_own = version is not None and reader is not None and reader.organisation_id == version.product.supplier_id
    if version is None or (version.state not in SHOWN and not is_own):
        raise NotFound
    graph = _graph()
    here = _version(graph, version)
    before = version.product.versions.filter(n__lt=version.n, state__in=SHOWN).order_by("-n").first()
    if before is not None:
        graph.join(DERIVED, here, _entity(graph, before.id, f"{before.title} v{before.n}", "dm:version"))
    _tell(graph, here, [version.id], reader)
    _tell(graph, _name(version.resource_id), [version.resource_id], reader)
    return graph


def of_resource(resource_id: UUID, *, by: Member) -> Graph:
    """A resource and the versions that were made of it, for its supplier. Raises NotFound."""
    resource = DataResource.objects.select_related("supplier").filter(id=resource_id).first()
    if resource is None or resource.supplier_id != by.organisation_id:
        raise NotFound
    graph = _graph()
    here = _resource(graph, resource)
    _tell(graph, here, [resource.id], by)
    for version in resource.versions.select_related("product__supplier", "resource").order_by("n"):
        _tell(graph, _version(graph, version), [version.id], by)
    return graph


def of_trade(trade_id: UUID, *, by: Member) -> Graph:
    """A trade from the listed version to the delivered file, for its parties. Raises NotFound."""
    trade = Trade.objects.select_related("supplier", "buyer", "agreement").get(id=trade_of_party(by, trade_id).id)
    version = ProductVersion.objects.select_related("product__supplier", "resource").get(id=trade.version_id)
    graph = _graph()
    sold = _version(graph, version)
    buyer = _organisation(graph, trade.buyer)
    agreement = _entity(
        graph, trade.agreement_id, trade.agreement.number, "dm:agreement", sha256=trade.agreement.sha256
    )
    graph.join(DERIVED, agreement, sold)
    for party in (_organisation(graph, trade.supplier), buyer):
        graph.join(ATTRIBUTED, agreement, party)
    files = {
        _entity(graph, grant.id, grant.filename, "dm:delivery", sha256=grant.file_sha256): grant
        for grant in Grant.objects.filter(thread=trade.id)
    }
    for delivered in files:
        graph.join(DERIVED, delivered, sold)
        graph.join(ATTRIBUTED, delivered, buyer)
    for entry, activity in _activities(graph, [trade.id], by):
        kind = entry.row.kind
        if kind == "negotiation.agreed":
            graph.join(GENERATED, agreement, activity)
            graph.join(USED, activity, sold)
        elif kind.startswith("grant."):
            for delivered in files:
                graph.join(GENERATED if kind in MAKES else INVALIDATED, delivered, activity)
            graph.join(USED, activity, agreement)
        elif kind.startswith("use."):
            for delivered in files:
                graph.join(USED, activity, delivered)
        else:
            graph.join(USED, activity, agreement)
    return graph


def _graph() -> Graph:
    return Graph(prefixes={"entry": f"{settings.PUBLIC_URL}/ledger/#"})


def _name(identifier: UUID) -> str:
    return f"uuid:{identifier}"


def _entity(graph: Graph, identifier: UUID, label: str, kind: str, **said: str | int) -> str:
    attributes = tuple((f"dm:{name}", value) for name, value in said.items())
    return graph.add(Thing(Kind.ENTITY, _name(identifier), label, kind, said=attributes))


def _organisation(graph: Graph, organisation: Organisation) -> str:
    return graph.add(Thing(Kind.AGENT, _name(organisation.id), organisation.name, "prov:Organization"))


def _resource(graph: Graph, resource: DataResource) -> str:
    """Its name and its file's name are its supplier's own; the fingerprint is public with the listing."""
    here = _entity(graph, resource.id, "", "dm:resource", sha256=resource.file_sha256, bytes=resource.file_bytes)
    graph.join(ATTRIBUTED, here, _organisation(graph, resource.supplier))
    return here


def _version(graph: Graph, version: ProductVersion) -> str:
    supplier = _organisation(graph, version.product.supplier)
    here = _entity(graph, version.id, f"{version.title} v{version.n}", "dm:version", n=version.n)
    product = _entity(graph, version.product_id, version.product.number, "dm:product")
    graph.join(SPECIAL, here, product)
    graph.join(ATTRIBUTED, here, supplier)
    graph.join(DERIVED, here, _resource(graph, version.resource))
    return here


def _tell(graph: Graph, here: str, subjects: list[UUID], reader: Member | None) -> None:
    """Everything that was recorded about one thing: what made it, what used it, what ended it."""
    for entry, activity in _activities(graph, subjects, reader):
        if entry.row.kind in MAKES:
            graph.join(GENERATED, here, activity)
        elif entry.row.kind in ENDS:
            graph.join(INVALIDATED, here, activity)
        else:
            graph.join(USED, activity, here)


def _activities(graph: Graph, subjects: list[UUID], reader: Member | None) -> list[tuple[Evidence, str]]:
    """The entries that have their place, each with its actor where this reader may know of it."""
    found = [each for each in evidence.of(subjects, reader=reader) if each.row.index is not None]
    persons = {ids.from_urn(actor) for each in found if (actor := _person(each.value("actor")))}
    parties: dict[UUID, Organisation] = {
        row.person_id: row.organisation
        for row in Membership.objects.filter(
            person_id__in=persons, organisation_id__in=_organisations(graph)
        ).select_related("organisation")
    }
    told = []
    for each in found:
        said: tuple[tuple[str, Any], ...] = (("tlog:index", each.row.index), ("tlog:leafHash", each.row.leaf_hash))
        name = f"entry:e{each.row.index}"
        activity = graph.add(Thing(Kind.ACTIVITY, name, each.row.kind, "dm:step", clock.text(each.row.at), said))
        if actor := _person(each.value("actor")):
            person = graph.add(Thing(Kind.AGENT, _name(ids.from_urn(actor)), "", "prov:Person"))
            graph.join(ASSOCIATED, activity, person)
            if organisation := parties.get(ids.from_urn(actor)):
                graph.join(BEHALF, person, _organisation(graph, organisation))
        told.append((each, activity))
    return told


def _person(actor: object) -> str:
    return actor if isinstance(actor, str) and actor.startswith("urn:uuid:") else ""


def _organisations(graph: Graph) -> list[UUID]:
    return [UUID(each.id.removeprefix("uuid:")) for each in graph.of(Kind.AGENT) if each.type == "prov:Organization"]
