"""The demonstration market: real data listed, one trade walked from end to end, others left half-way."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from contracts.models import Negotiation, Period
from contracts.states import NegotiationState as N
from contracts.states import PeriodState
from delivery.models import Use
from delivery.states import UseState
from frontend.demonstration.datasets import DATASETS, Dataset, make
from frontend.demonstration.people import SUPPLIERS, Cast
from frontend.programs import STEPS, Account, OneTrade
from listings import offers, products, resources, reviews
from listings.models import DataResource, Offer, ProductVersion
from listings.products import Description
from listings.states import ResourceState, VersionState
from settlement import queries as money
from settlement.states import ObligationState

Say = Callable[[str], None]
READ_S: Final = 240.0  # a reading that was interrupted is begun again after 90 seconds at most
PURPOSES: Final = ["internal-analysis", "statistics-publication"]
LEFT_FOR_REVIEW: Final = "us-planes.csv"


@dataclass(frozen=True, slots=True)
class Listed:
    """A listed data set: its file and its offer."""

    dataset: Dataset
    file: Path
    offer_id: UUID


def list_all(cast: Cast, folder: Path, say: Say) -> list[Listed]:
    """Upload, describe, price, submit and approve every data set; one stays in the reviewer's queue.

    Goes on where an interrupted start stood.
    """
    files = {dataset.filename: make(dataset, folder) for dataset in DATASETS}
    held = {dataset.filename: _upload(dataset, files[dataset.filename], cast) for dataset in DATASETS}
    say(f"uploaded {len(held)} files of real data")
    listed: list[Listed] = []
    for dataset in DATASETS:
        wait_until_read(held[dataset.filename])
        offer = _list(dataset, held[dataset.filename], cast)
        if dataset.filename != LEFT_FOR_REVIEW:
            listed.append(Listed(dataset=dataset, file=files[dataset.filename], offer_id=offer.id))
    say(f"listed {len(listed)} products")
    return listed


def _upload(dataset: Dataset, file: Path, cast: Cast) -> UUID:
    by = cast.members[dataset.supplier]
    known = DataResource.objects.filter(supplier_id=by.organisation_id, filename=dataset.filename).first()
    if known is not None:
        return known.id
    with file.open("rb") as stream:
        received = resources.receive(iter(lambda: stream.read(1 << 20), b""))
    return resources.upload(received, name=dataset.title, filename=dataset.filename, by=by).id


def _list(dataset: Dataset, resource_id: UUID, cast: Cast) -> Offer:
    by = cast.members[dataset.supplier]
    version = ProductVersion.objects.filter(resource_id=resource_id).first() or products.draft(
        resource_id, describe(dataset), by=by
    )
    offer = Offer.objects.filter(version=version).first() or offers.open(version.id, **price(dataset), by=by)
    if version.state == VersionState.DRAFT:
        version = products.submit(version.id, by=by)
    if version.state == VersionState.SUBMITTED and dataset.filename != LEFT_FOR_REVIEW:
        reviews.approve(version.id, by=cast.members["reviewer"])
    return offer


def wait_until_read(resource_id: UUID) -> None:
    """Wait for the worker to read a file. Raises TimeoutError, RuntimeError when it was refused."""
    deadline = time.monotonic() + READ_S
    while time.monotonic() < deadline:
        resource = DataResource.objects.only("state", "problem").get(id=resource_id)
        if resource.state == ResourceState.READY:
            return
        if resource.state == ResourceState.REFUSED:
            raise RuntimeError(f"a demonstration file could not be read: {resource.problem}")
        time.sleep(0.1)
    raise TimeoutError(f"no worker read {resource_id} within {READ_S:.0f} s")


def describe(dataset: Dataset) -> Description:
    """What its supplier says of a data set."""
    firm = SUPPLIERS[dataset.supplier]
    return Description(
        title=dataset.title,
        title_en=dataset.title_en,
        abstract=dataset.abstract,
        abstract_en=dataset.abstract_en,
        keywords=dataset.keywords,
        sector=dataset.sector,
        district=firm.district,
        region=dataset.region,
        time_from=date.fromisoformat(dataset.time_from) if dataset.time_from else None,
        time_to=date.fromisoformat(dataset.time_to) if dataset.time_to else None,
        frequency=dataset.frequency,
        source_type="002",
        source_statement=dataset.source_statement,
        collection_method="取自公开发布的软件包，逐字节保留数值，仅选取列与行。",
        rights_type="use",
        rights_basis="来源许可允许再利用与再发布，须注明出处",
        contact=f"{firm.contact}，{firm.name}",
        application_scene="内部分析、模型训练与统计发布",
        attribution=dataset.attribution,
        dictionary=[
            {"name": name, "meaning": meaning, "unit": unit} for name, (meaning, unit) in dataset.meanings.items()
        ],
    )


def price(dataset: Dataset) -> dict[str, Any]:
    """Single download on standard terms."""
    usage = {
        "term_days": 365,
        "uses_max": 20,
        "purposes": PURPOSES,
        "territory": ["CN"],
        "may_derive": True,
        "may_redistribute": False,
        "attribution": dataset.attribution,
        "delete_within_days": 30,
        "incident_report_hours": 24,
    }
    return {
        "name": "单次下载",
        "price_minor": dataset.price_minor,
        "usage": usage,
        "acceptance_days": 3,
        "is_negotiable": dataset.price_minor > 0,
    }


def walk(listed: list[Listed], accounts: dict[str, Account], say: Say) -> None:
    """One trade to its proof over the API; then one left before acceptance and one before the supplier's signature.

    A trade that an interrupted start began is taken up where it stands; no step is made twice.
    """
    by_name = {each.dataset.filename: each for each in listed}
    for filename, parts, sentence in (
        ("nyc-weather-2013.csv", STEPS[5:], "one trade walked from request to proof"),
        ("china-cities.csv", STEPS[5:11], "one trade left before acceptance"),
        ("us-airports.csv", ("request",), "one negotiation left before the supplier's signature"),
    ):
        each = by_name[filename]
        done, found = standing(each.offer_id)
        cast = accounts | {"supplier": accounts[each.dataset.supplier]}
        left = tuple(step for step in parts if step not in done)
        if left:
            OneTrade(accounts=cast, file=each.file, purpose=PURPOSES[0], parts=left, found=found).run()
        say(sentence)


def standing(offer_id: UUID) -> tuple[set[str], dict[str, str]]:
    """The steps of the offer's trade that are done already, and what the steps after them need to know."""
    found = {"offer": str(offer_id), "use_key": "demonstration-1"}
    negotiation = Negotiation.objects.filter(offer_id=offer_id).first()
    if negotiation is None:
        return set(), found
    found |= {"negotiation": str(negotiation.id), "trade": str(negotiation.thread)}
    done = {"request"}
    if negotiation.state in {N.AGREED, N.VERIFIED, N.FINALIZED}:
        done.add("agree")
    if negotiation.state in {N.VERIFIED, N.FINALIZED}:
        done.add("sign")
    period = Period.objects.filter(trade_id=negotiation.thread).first()
    if period is None:
        return done, found
    payment = money.payment_of(period.urn)
    if payment and payment["state"] != ObligationState.DUE:
        done.add("pay")
    closed = Use.objects.filter(grant__thread=negotiation.thread, state=UseState.CLOSED)
    if closed.filter(is_complete=True).exists():
        done.add("download")
    found["use_key"] = f"demonstration-{closed.count() + 1}"  # the open use again, but never one that has ended
    if period.state in {PeriodState.ACCEPTED, PeriodState.SETTLED}:
        done |= {"open_access", "accept"}
    return done, found
