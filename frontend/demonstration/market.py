"""The demonstration market: real data listed, one trade walked from end to end, others left half-way."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from frontend.demonstration.datasets import DATASETS, Dataset, make
from frontend.demonstration.people import SUPPLIERS, Cast
from frontend.programs import STEPS, Account, OneTrade
from listings import offers, products, resources, reviews
from listings.models import DataResource, ProductVersion
from listings.products import Description
from listings.states import ResourceState

Say = Callable[[str], None]
READ_S: Final = 120.0
PURPOSES: Final = ["internal-analysis", "statistics-publication"]
LEFT_FOR_REVIEW: Final = "us-planes.csv"


@dataclass(frozen=True, slots=True)
class Listed:
    """A listed data set: its file and its offer."""

    dataset: Dataset
    file: Path
    offer_id: UUID | None


def list_all(cast: Cast, folder: Path, say: Say) -> list[Listed]:
    """Upload, describe, price, submit and approve every data set; one stays in the reviewer's queue."""
    uploaded: list[tuple[Dataset, Path, UUID]] = []
    for dataset in DATASETS:
        file = make(dataset, folder)
        with file.open("rb") as stream:
            received = resources.receive(iter(lambda stream=stream: stream.read(1 << 20), b""))  # type: ignore[misc]
        by = cast.members[dataset.supplier]
        resource = resources.upload(received, name=dataset.title, filename=dataset.filename, by=by)
        uploaded.append((dataset, file, resource.id))
    say(f"uploaded {len(uploaded)} files of real data")
    listed: list[Listed] = []
    for dataset, file, resource_id in uploaded:
        wait_until_read(resource_id)
        by = cast.members[dataset.supplier]
        version = products.draft(resource_id, describe(dataset), by=by)
        offer = offers.open(version.id, **price(dataset), by=by)
        products.submit(version.id, by=by)
        if dataset.filename == LEFT_FOR_REVIEW:
            continue
        reviews.approve(version.id, by=cast.members["reviewer"])
        listed.append(Listed(dataset=dataset, file=file, offer_id=offer.id))
        say(f"listed {dataset.title}")
    return listed


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


def walk(listed: list[Listed], accounts: dict[str, Account], say: Say) -> bytes:
    """One trade to its proof over the API; then one left before acceptance and one before the supplier's signature."""
    by_name = {each.dataset.filename: each for each in listed}
    bundle = _trade(by_name["nyc-weather-2013.csv"], accounts, STEPS[5:]).run()
    say("one trade walked from request to proof")
    _trade(by_name["china-cities.csv"], accounts, STEPS[5:11]).run()
    _trade(by_name["us-airports.csv"], accounts, ("request",)).run()
    say("one trade left before acceptance, one before the supplier's signature")
    return bundle


def _trade(listed: Listed, accounts: dict[str, Account], parts: tuple[str, ...]) -> OneTrade:
    cast = accounts | {"supplier": accounts[listed.dataset.supplier]}
    return OneTrade(
        accounts=cast, file=listed.file, purpose=PURPOSES[0], parts=parts, found={"offer": str(listed.offer_id)}
    )


def exists() -> bool:
    """Whether an earlier start made the market."""
    return ProductVersion.objects.exists()


