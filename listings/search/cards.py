"""What the catalogue shows and searches of a version, drawn together from its description, file and offers."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Any, Final

from listings import quality
from listings.models import Offer, PreviewAudience, ProductVersion
from listings.search import keys, words
from market import sectors
from market.districts import CITY_DIGITS
from market.policy import ANY_LAWFUL, PolicyInvalid, UsageTerms, parse, terms_of

LINE_CHARS: Final = 160
FIELDS_SEARCHED_MAX: Final = 2_000  # of a very wide table: the first columns


def public_offers(offers: Iterable[Offer]) -> list[Offer]:
    """The offers that anybody may take, cheapest first."""
    found = [offer for offer in offers if offer.withdrawn_at is None and offer.buyer_id is None]
    return sorted(found, key=lambda offer: (offer.price_minor, offer.created_at))


def of(version: ProductVersion, offers: Sequence[Offer]) -> dict[str, Any]:
    """The columns of its row, without number and state. offers: the public ones, cheapest first."""
    resource, supplier = version.resource, version.product.supplier
    cheapest = offers[0] if offers else None
    licences = licences_of(offers)
    format_ = format_of(version)
    card: dict[str, Any] = {
        "product_id": version.product_id,
        "product_number": version.product.number,
        "n": version.n,
        "supplier_id": supplier.id,
        "supplier_name": supplier.name,
        "title": version.title,
        "title_en": version.title_en,
        "abstract": _line(version.abstract),
        "abstract_en": _line(version.abstract_en),
        "sector": version.sector,
        "district": version.district,
        "frequency": version.frequency,
        "format": format_,
        "row_count": resource.row_count,
        "column_count": resource.column_count,
        "file_bytes": resource.file_bytes,
        "data_until": version.time_to,
        "quality": quality.score(resource.profile),
        "price_minor": cheapest.price_minor if cheapest else None,
        "price_name": cheapest.name if cheapest else "",
        "currency": cheapest.currency if cheapest else "CNY",
        "offer_count": len(offers),
        "licences": licences,
        "listed_at": version.listed_at,
    }
    card["facets"] = sorted(_facets(card))
    return card


def words_of(version: ProductVersion) -> list[str]:
    """Every key by which the row is found in the index of words."""
    resource, supplier = version.resource, version.product.supplier
    titles = [version.title, version.title_en, *version.keywords]
    title = words.of(titles, single=True)
    names = [each.get("name", "") for each in version.dictionary] + [
        each.get("meaning", "") for each in version.dictionary
    ]
    if version.preview == PreviewAudience.PUBLIC and resource.profile:
        names += [column["name"] for column in resource.profile["columns"][:FIELDS_SEARCHED_MAX]]
    texts = [
        version.abstract,
        version.abstract_en,
        version.region,
        version.attribution,
        version.application_scene,
        supplier.name,
        supplier.uscc,
        version.product.number,
        resource.file_sha256,
        *_sector_words(version.sector),
        *names[: 2 * FIELDS_SEARCHED_MAX],
    ]
    large = [key for key in _facets_of_place(version.district, str(supplier.id)) if not keys.is_small(key)]
    return sorted(words.of(texts) | title | {keys.in_title(word) for word in title}) + large


def format_of(version: ProductVersion) -> str:
    """The form of the file: what intake recognised, else the ending of its name."""
    recognised = (version.resource.profile or {}).get("format", "")
    if recognised == "workbook":
        return "xlsx"
    return str(recognised or PurePath(version.resource.filename).suffix.lstrip(".").lower() or "file")[:16]


def licences_of(offers: Iterable[Offer]) -> list[str]:
    """What at least one of the offers allows, in the order of keys.LICENCES."""
    allowed = {licence for offer in offers for licence in _allowed(offer)}
    return [licence for licence in keys.LICENCES if licence in allowed]


def _allowed(offer: Offer) -> Iterator[str]:
    terms = _terms(offer)
    if terms is None:
        return
    if not terms.purposes or ANY_LAWFUL in terms.purposes:
        yield keys.ANY_PURPOSE
    if terms.may_derive:
        yield keys.DERIVE
    if terms.may_redistribute:
        yield keys.RESELL
    if terms.term_days is None:
        yield keys.NO_TERM


def _terms(offer: Offer) -> UsageTerms | None:
    """The simple terms behind an offer; None where its policy says more than the form (nothing is claimed then)."""
    try:
        return terms_of(parse(offer.policy))
    except PolicyInvalid:
        return None


def _line(text: str) -> str:
    return text if len(text) <= LINE_CHARS else text[: LINE_CHARS - 1] + "…"


def _sector_words(sector: str) -> Iterator[str]:
    yield sector
    if sector in sectors.NAMES:
        yield from sectors.in_all_languages(sector)


def _facets(card: dict[str, Any]) -> Iterator[str]:
    yield keys.facet("sector", card["sector"])
    yield keys.facet("price", keys.price_band(card["price_minor"]))
    yield keys.facet("frequency", card["frequency"])
    yield keys.facet("format", card["format"])
    for licence in card["licences"]:
        yield keys.facet("licence", licence)
    yield from _facets_of_place(card["district"], str(card["supplier_id"]))


def _facets_of_place(district: str, supplier_id: str) -> Iterator[str]:
    yield keys.facet("area", district[:CITY_DIGITS])
    yield keys.facet("area", district)
    yield keys.facet("supplier", supplier_id)
