"""Lineage as PROV: programs that nobody here wrote read all four forms and find the same statements in each."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from prov.model import ProvDocument, ProvEntity
from rdflib import Graph as Rdf
from rdflib import URIRef
from rdflib.compare import isomorphic

from contracts import lineage
from frontend import lineages
from market.kernel.errors import NotFound
from provenance import sequencer
from provenance.prov import forms
from provenance.prov.graph import DERIVED, Graph, Kind, Thing
from tests.builders import Stage, given_draft, given_settled, given_signatory
from tests.frontend.clients import client_of, text

# rdflib reads JSON-LD by a class that it calls deprecated itself.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
PROV = "http://www.w3.org/ns/prov#"


def odd() -> Graph:
    """A graph whose texts hold all that a form may stumble over."""
    graph = Graph(prefixes={"entry": "https://market.example/ledger/#"})
    said = (("dm:n", 3), ("dm:note", 'a "quoted" \\ back\\slash\nline\tend é 🜂'))
    one = graph.add(
        Thing(Kind.ENTITY, "uuid:01930000-0000-7000-8000-000000000001", "甲“乙”'丙'", "dm:version", said=said)
    )
    other = graph.add(Thing(Kind.ENTITY, "uuid:91930000-0000-7000-8000-000000000002"))
    graph.add(Thing(Kind.ACTIVITY, "entry:e7", "x.y", "dm:step", "2026-11-25T09:00:00.000000Z"))
    graph.join(DERIVED, one, other)
    return graph


def rdf(text_: str, form: str) -> Rdf:
    """What rdflib reads."""
    return Rdf().parse(data=text_, format=form)


def test_the_prov_library_reads_prov_json_and_writes_the_statements_of_our_prov_n() -> None:
    graph = odd()

    document = ProvDocument.deserialize(io.StringIO(forms.as_prov_json(graph)), format="json")

    entities = {each.identifier.uri: each for each in document.get_records(ProvEntity) if each.identifier is not None}
    assert set(entities) == {graph.iri(each.id) for each in graph.of(Kind.ENTITY)}
    values = {str(value) for _, value in entities["urn:uuid:01930000-0000-7000-8000-000000000001"].attributes}
    assert dict(graph.of(Kind.ENTITY)[0].said)["dm:note"] in values
    ours = [line.split("(")[0].strip() for line in forms.as_prov_n(graph).splitlines() if "(" in line]
    theirs = [line.split("(")[0].strip() for line in document.get_provn().splitlines() if "(" in line]
    assert sorted(ours) == sorted(theirs)


def test_rdflib_reads_turtle_and_json_ld_as_the_same_graph() -> None:
    graph = odd()

    turtle, linked = rdf(forms.as_turtle(graph), "turtle"), rdf(forms.as_json_ld(graph), "json-ld")

    assert isomorphic(turtle, linked)
    one, other = (URIRef(graph.iri(each.id)) for each in graph.of(Kind.ENTITY))
    assert (one, URIRef(PROV + "wasDerivedFrom"), other) in turtle


@pytest.mark.parametrize(
    ("accept", "name", "expected"),
    [
        ("", "", forms.HTML),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "", forms.HTML),
        ("text/turtle", "", forms.TURTLE),
        ("text/turtle;q=0.4, application/ld+json;q=0.9", "", forms.JSON_LD),
        ("text/provenance-notation, */*;q=0.1", "", forms.PROV_N),
        ("application/json", "", forms.PROV_JSON),
        ("text/turtle;q=0, image/png", "", None),
        ("text/turtle;q=x, text/html;q=0.1", "", forms.HTML),
        ("image/png", "ttl", forms.TURTLE),
        ("text/html", "xml", None),
    ],
)
def test_the_form_that_is_asked_for_best_is_answered(accept: str, name: str, expected: str | None) -> None:
    assert forms.wanted(accept, name) == expected


def derived(graph: Graph) -> set[tuple[str, str]]:
    """Derivations by the types of their ends."""
    return {
        (graph.things[first].type, graph.things[second].type) for bond, first, second in graph.bonds if bond is DERIVED
    }


def settled() -> tuple[Stage, Any]:
    """A settled trade, everything on the ledger."""
    stage = given_settled()
    sequencer.drain()
    assert stage.trade is not None
    return stage, stage.trade


@pytest.mark.django_db(transaction=True)
def test_a_trade_is_traced_from_the_delivered_file_to_the_resource() -> None:
    stage, trade = settled()

    graph = lineage.of_trade(trade.id, by=stage.buyer.member)

    assert derived(graph) == {
        ("dm:delivery", "dm:version"), ("dm:agreement", "dm:version"), ("dm:version", "dm:resource"),
    }  # fmt: skip
    steps = {each.label for each in graph.of(Kind.ACTIVITY)}
    assert {"negotiation.agreed", "grant.opened", "period.settled", "trade.closed"} <= steps
    names = {each.label for each in graph.of(Kind.AGENT)}
    assert {stage.supplier.member.organisation_name, stage.buyer.member.organisation_name} <= names
    assert {bond.name for bond, _, _ in graph.bonds} >= {"wasGeneratedBy", "used", "actedOnBehalfOf", "wasAttributedTo"}
    for each in graph.of(Kind.ACTIVITY):
        assert dict(each.said).keys() == {"tlog:index", "tlog:leafHash"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", sorted(forms.WRITERS))
def test_every_form_of_a_real_trade_is_read_back(form: str) -> None:
    stage, trade = settled()
    graph = lineage.of_trade(trade.id, by=stage.supplier.member)

    answer = client_of(stage.supplier.member).get(f"/workbench/trades/{trade.id}/provenance/", headers={"accept": form})

    said = answer.content.decode()
    assert answer.headers["Content-Type"].startswith(form)
    assert "Accept" in answer.headers["Vary"]
    if form == forms.PROV_JSON:
        document = ProvDocument.deserialize(io.StringIO(said), format="json")
        assert len(list(document.get_records())) == len(graph.things) + len(graph.bonds)
    elif form == forms.PROV_N:
        assert said.count("(") >= len(graph.things) + len(graph.bonds)
    else:
        found = rdf(said, "turtle" if form == forms.TURTLE else "json-ld")
        joined = sum(
            1 for _, predicate, _ in found if str(predicate) in {PROV + bond.name for bond, _, _ in graph.bonds}
        )
        assert joined == len(graph.bonds)


@pytest.mark.django_db(transaction=True)
def test_the_public_traces_a_listing_and_learns_no_person_and_no_file_name() -> None:
    stage, trade = settled()
    version = stage.offer.version
    address = f"/products/{version.id}/provenance/"

    page = text(Client().get(address, headers={"accept-language": "en"}))
    program = Client().get(address, {"format": "ttl"}).content.decode()

    graph = lineage.of_version(version.id, reader=None)
    assert {each.type for each in graph.of(Kind.AGENT)} == {"prov:Organization"}
    assert "<svg" in page
    assert version.title in page
    assert version.resource.file_sha256 in program
    for secret in (version.resource.filename, str(trade.id), stage.supplier.member.urn):
        assert secret not in page + program


@pytest.mark.django_db(transaction=True)
def test_a_stranger_traces_no_trade_no_draft_and_no_foreign_resource() -> None:
    stage, trade = settled()
    stranger, version = given_signatory().member, stage.offer.version
    draft = given_draft(stage.supplier.member)

    asked: tuple[Callable[[], Graph], ...] = (
        lambda: lineage.of_trade(trade.id, by=stranger),
        lambda: lineage.of_resource(version.resource_id, by=stranger),
        lambda: lineage.of_version(draft.id, reader=stranger),
        lambda: lineage.of_version(draft.id, reader=None),
    )
    for ask in asked:
        with pytest.raises(NotFound):
            ask()
    own = lineage.of_resource(version.resource_id, by=stage.supplier.member)
    assert derived(own) == {("dm:version", "dm:resource")}
    assert lineage.of_version(draft.id, reader=stage.supplier.member).things
    assert (
        client_of(stage.supplier.member).get(f"/workbench/resources/{version.resource_id}/provenance/").status_code
        == 200
    )


@pytest.mark.django_db(transaction=True)
def test_an_unknown_form_is_refused_with_those_that_there_are() -> None:
    stage, _ = settled()

    answer = Client().get(f"/products/{stage.offer.version_id}/provenance/", headers={"accept": "image/png"})

    assert answer.status_code == 406
    assert forms.TURTLE in answer.content.decode()


def test_the_picture_draws_each_thing_once_and_text_cannot_break_out_of_it() -> None:
    graph = odd()
    graph.add(Thing(Kind.ENTITY, "uuid:3", "<script>", "dm:product"))

    drawn = str(lineages.draw(graph, "<b>"))

    assert drawn.count("<rect") == 3
    assert drawn.count("<line") == 1
    assert "<script>" not in drawn
    assert "<b>" not in drawn
