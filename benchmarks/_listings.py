"""Listings for benchmarks: bodies drawn from the words of real data by frequency, loaded by COPY, not by verbs."""

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

SEED = 20261123
SUPPLIERS = 2_000
HAN_WORDS = 45  # of an abstract: about 110 characters
LATIN_WORDS = 10
_HAN = re.compile("[\u4e00-\u9fff]+")
_LATIN = re.compile("[A-Za-z]{3,}")
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words and their running weights, as random.choices wants them."""

    words: Sequence[str]
    weights: Sequence[float]

    def draw(self, chance: random.Random, count: int) -> list[str]:
        """So many words, frequent ones more often."""
        return chance.choices(self.words, cum_weights=self.weights, k=count)


def vocabularies() -> tuple[Vocabulary, Vocabulary]:
    """Han words of two characters from the product's own Chinese sentences and the country's place names; Latin words
    from its English ones. Both by the frequency with which they stand there."""
    import polib  # type: ignore[import-untyped]  # the package carries no types
    from stdnum import numdb

    han: Counter[str] = Counter()
    latin: Counter[str] = Counter()
    for path in sorted(ROOT.glob("*/locale/zh_Hans/LC_MESSAGES/django.po")):
        for entry in polib.pofile(str(path)):
            latin.update(word.lower() for word in _LATIN.findall(entry.msgid))
            for run in _HAN.findall(entry.msgstr):
                han.update(run[at : at + 2] for at in range(0, len(run) - 1, 2))
    places = Path(str(numdb.__file__)).with_name("cn") / "loc.dat"
    for run in _HAN.findall("\n".join(line for line in places.read_text("utf-8").splitlines() if "=" in line)):
        han.update([run[:2]])
    return _weighed(han), _weighed(latin)


def _weighed(counted: Counter[str]) -> Vocabulary:
    words = [word for word, _ in counted.most_common()]
    return Vocabulary(words, list(accumulate(counted[word] for word in words)))


def load(count: int) -> None:
    """Fill an empty market with so many listed products and fold them in."""
    from django.db import connection

    from listings.models import (
        DataProduct,
        DataResource,
        Listing,
        ListingWords,
        Offer,
        ProductVersion,
        SearchChange,
    )  # fmt: skip
    from listings.search import folding
    from market.participants.models import Organisation, Person

    chance = random.Random(SEED)
    person = Person(email="bench@example.com", name="bench", password="!")
    suppliers = _suppliers(chance)
    versions = list(_versions(count, chance, suppliers, person))
    _copy(Person, [person])
    _copy(Organisation, suppliers)
    _copy(DataResource, (version.resource for version, _ in versions))
    _copy(DataProduct, (version.product for version, _ in versions))
    _copy(ProductVersion, (version for version, _ in versions))
    _copy(Offer, (offer for _, offer in versions))
    _copy(Listing, (_listing(number, *each) for number, each in enumerate(versions, 1)))
    _copy(ListingWords, (_words(number, version) for number, (version, _) in enumerate(versions, 1)))
    _copy(SearchChange, (SearchChange(number=number, is_new=True) for number in range(1, count + 1)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(nextval('listings_listing_number')) FROM generate_series(1, %s)", [count])
    folding.fold_all()


def _suppliers(chance: random.Random) -> list[Any]:
    from market.participants import codes
    from market.participants.models import Organisation

    found = []
    for number in range(SUPPLIERS):
        first = f"91140100MA{number:07d}"
        found.append(
            Organisation(
                kind="enterprise",
                name=f"{''.join(vocabulary()[0].draw(chance, 2))}数据科技有限公司 {number}",
                uscc=first + codes.uscc_check(first),
                district="140105",
                sector="environment",
                admitted_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
        )
    return found


@cache
def vocabulary() -> tuple[Vocabulary, Vocabulary]:
    """Made once."""
    return vocabularies()


def districts() -> list[str]:
    """Codes of counties, a third of them of one city."""
    from market import districts

    found = [f"14{city:02d}{county:02d}" for city in range(1, 12) for county in range(2, 30)]
    found += [f"{province}01{county:02d}" for province in range(11, 66) for county in range(2, 14)]
    named = [code for code in found if districts.name(code) != code]
    return named + [code for code in named if code.startswith("1401")] * (len(named) // 20)


def _versions(count: int, chance: random.Random, suppliers: Sequence[Any], person: Any) -> Iterator[tuple[Any, Any]]:
    from listings.models import DataProduct, DataResource, Offer, ProductVersion
    from market.places import SECTORS
    from market.policy import UsageTerms, build, canonical

    han, latin = vocabulary()
    places, names = districts(), list(SECTORS)
    terms = [
        UsageTerms(may_derive=derive, may_redistribute=resell, purposes=purposes)
        for derive in (True, False) for resell in (True, False) for purposes in ((), ("internal-analysis",))
    ]  # fmt: skip
    policies = [dict(canonical(build(each))) for each in terms]
    began = datetime(2024, 3, 1, tzinfo=UTC)
    for number in range(count):
        supplier = suppliers[min(int(chance.expovariate(1 / 150)), SUPPLIERS - 1)]
        columns = latin.draw(chance, LATIN_WORDS)
        form = chance.choices(["csv", "parquet", "json", "workbook"], weights=[6, 2, 1, 1])[0]
        rows = int(chance.lognormvariate(8, 2)) + 1
        profile = {
            "format": form, "row_count": rows, "column_count": LATIN_WORDS, "null_cell_count": chance.randrange(rows),
            "duplicate_row_count": chance.randrange(rows // 10 + 1),
            "columns": [{"name": name, "misfit": None} for name in columns],
        }  # fmt: skip
        resource = DataResource(
            supplier=supplier, name="x", filename=f"x.{form}", file_bytes=rows * 60, file_sha256=f"{number:064x}",
            storage_key="x", state="ready", is_table=True, row_count=rows, column_count=LATIN_WORDS, profile=profile,
            created_by=person, ready_at=began,
        )  # fmt: skip
        listed_at = began + timedelta(minutes=10 * number)
        version = ProductVersion(
            product=DataProduct(number=f"P{number}", supplier=supplier), n=1, resource=resource, state="listed",
            title="".join(han.draw(chance, chance.randint(5, 8))), abstract="".join(han.draw(chance, HAN_WORDS)),
            title_en=" ".join(latin.draw(chance, 4)), sector=chance.choices(names, weights=range(len(names), 0, -1))[0],
            district=chance.choice(places), frequency=f"00{chance.randint(1, 9)}", source_type="002",
            source_statement="x", rights_type="use", rights_basis="x", contact="x", listed_at=listed_at,
            time_to=listed_at.date(),
        )  # fmt: skip
        offer = Offer(
            version=version, name="单次下载", usage={}, policy=chance.choice(policies), policy_sha256="0" * 64,
            price_minor=0 if chance.random() < 0.3 else int(chance.lognormvariate(11, 1.5)),
        )  # fmt: skip
        yield version, offer


def _listing(number: int, version: Any, offer: Any) -> Any:
    from listings.models import Listing
    from listings.search import cards

    return Listing(version=version, number=number, trade_count=number * 7919 % 50, **cards.of(version, [offer]))


def _words(number: int, version: Any) -> Any:
    from listings.models import ListingWords
    from listings.search import cards

    return ListingWords(number=number, keys=" ".join(f"'{key}'" for key in cards.words_of(version)))


def _copy(model: type[Any], rows: Iterable[Any]) -> None:
    from django.db import connection

    fields = model._meta.concrete_fields
    names = ", ".join(f'"{field.column}"' for field in fields)
    with connection.cursor() as cursor, cursor.copy(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row([field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields])
