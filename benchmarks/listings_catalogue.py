"""listings.catalogue: page, total and facet counts of 100,000 listings, beside tantivy in process with the same tokens.

Both arms answer the same questions, alternately: the newest 20, how many there are, and the counts of every facet
value, each group counted without its own choice.
"""

import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from benchmarks import _listings, services
from benchmarks.figures import Figure, middle

LISTINGS = 100_000
QUERIES = 100
PAGE = 20
SAMPLE = 2_000
FACETS = ("sector", "price", "frequency", "format", "licence", "area", "supplier")


def run() -> Iterator[Figure]:
    """Sum over the classes of the median milliseconds (goal: at most three times tantivy's)."""
    with services.running():
        _listings.load(LISTINGS)
        questions = classes()
        with tempfile.TemporaryDirectory() as folder:
            beside = Tantivy(folder)
            times = measure(questions, beside)
    ours = {name: middle([mine for mine, _ in each]) for name, each in times.items()}
    theirs = {name: middle([other for _, other in each]) for name, each in times.items()}
    yield Figure(
        bench="listings.catalogue",
        value=sum(ours.values()),
        unit="ms, sum of the medians of seven classes",
        baseline="tantivy in process, same tokens",
        baseline_value=sum(theirs.values()),
        goal=3.0,
        better="lower",
        rows=LISTINGS,
        more={
            "queries_a_class": QUERIES,
            "p50_ms": {name: round(value, 3) for name, value in ours.items()},
            "p95_ms": {
                name: round(sorted(mine for mine, _ in each)[-QUERIES // 20], 3) for name, each in times.items()
            },
            "baseline_p50_ms": {name: round(value, 3) for name, value in theirs.items()},
        },
    )


def classes() -> dict[str, list[dict[str, Any]]]:
    """A hundred questions a class: words by how many listings hold them, and pairs that some listing answers."""
    chance = random.Random(_listings.SEED)
    bodies = [_body(number) for number in chance.sample(range(1, LISTINGS + 1), SAMPLE)]
    seen = Counter(word for body in bodies for word in body)

    def between(least: float, most: float) -> list[str]:
        """Words of the sample whose share of all listings, counted exactly, lies between."""
        likely = sorted(
            word for word, count in seen.items() if least / 2 <= count / SAMPLE <= max(most * 2, 2 / SAMPLE)
        )
        found: list[str] = []
        for word in chance.sample(likely, len(likely)):
            if least <= _count(word) / LISTINGS <= most:
                found.append(word)
            if len(found) == QUERIES:
                break
        return [found[number % len(found)] for number in range(QUERIES)]

    sectors = [chance.choice(["environment", "energy", "economy", "culture"]) for _ in range(QUERIES)]
    pairs = []
    for body in bodies[:QUERIES]:
        middling = [word for word in body if 0.005 <= seen[word] / SAMPLE <= 0.06]
        pairs.append(" ".join(chance.sample(middling, 2)))
    return {
        "common": [{"q": word} for word in between(0.05, 0.6)],
        "mid": [{"q": word} for word in between(0.005, 0.05)],
        "rare": [{"q": word} for word in between(2 / LISTINGS, 60 / LISTINGS)],
        "two terms": [{"q": pair} for pair in pairs],
        "term and facet": [{"q": w, "sector": s} for w, s in zip(between(0.005, 0.05), sectors, strict=True)],
        "two facets": [{"sector": s, "frequency": f"00{chance.randint(1, 9)}"} for s in sectors],
        "newest": [{} for _ in range(QUERIES)],
    }


def _body(number: int) -> list[str]:
    """The words of one listing that a reader might type."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(keys) FROM listings_listingwords WHERE number = %s", [number])
        (held,) = cursor.fetchone() or ([],)
    return [word for word in held if word.isalnum() and len(word) > 1]


def _count(word: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM listings_listingwords WHERE keys @@ %s::tsquery", [f"'{word}'"])
        (count,) = cursor.fetchone() or (0,)
    return int(count)


def measure(questions: dict[str, list[dict[str, Any]]], beside: "Tantivy") -> dict[str, list[tuple[float, float]]]:
    """Milliseconds of ours and of theirs for each question, alternately; both must agree on total and page."""
    times: dict[str, list[tuple[float, float]]] = {}
    for name, asked in questions.items():
        for question in asked[:5]:  # warm
            ours(question), beside.find(question)
        times[name] = []
        for question in asked:
            mine, found = timed(ours, question)
            other, theirs = timed(beside.find, question)
            if (found.total, [row.number for row in found.rows]) != theirs[:2]:
                raise RuntimeError(f"{question}: {found.total} here, {theirs[0]} there")
            times[name].append((mine, other))
    return times


def ours(question: dict[str, Any]) -> Any:
    """The catalogue's own answer, newest first."""
    from django.http import QueryDict

    from listings import search

    address = QueryDict(mutable=True)
    address.update(question | {"sort": "newest"})
    return search.find(search.question(address))


def timed(find: Callable[[dict[str, Any]], Any], question: dict[str, Any]) -> tuple[float, Any]:
    """Milliseconds and the answer."""
    began = time.perf_counter()
    answer = find(question)
    return (time.perf_counter() - began) * 1000, answer


class Tantivy:
    """The same rows and tokens in a tantivy index; the page's content is stored beside."""

    def __init__(self, folder: str) -> None:
        import tantivy

        builder = tantivy.SchemaBuilder()
        builder.add_unsigned_field("number", stored=True, indexed=False, fast=True)
        builder.add_text_field("keys", tokenizer_name="whitespace", index_option="basic")
        builder.add_text_field("card", stored=True, tokenizer_name="raw", index_option="basic")
        for name in FACETS:
            builder.add_text_field(name, tokenizer_name="raw", fast=True, index_option="basic")
        self.tantivy, self.schema = tantivy, builder.build()
        index = tantivy.Index(self.schema, path=folder)
        writer = index.writer(num_threads=1)
        for number, keys, facets, card in _rows():
            document = tantivy.Document()
            document.add_unsigned("number", number)
            document.add_text("keys", " ".join(keys))
            document.add_text("card", card)
            for key in facets:
                group, _, value = key.partition("=")
                document.add_text(group, value)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self.searcher = index.searcher()

    def find(self, question: dict[str, Any]) -> tuple[int, list[int], list[str], dict[str, Any]]:
        """Total, numbers of the page, what stands on it, counts by facet."""
        result: Any = self.searcher.search(
            self._query(question), PAGE, order_by_field="number", order=self.tantivy.Order.Desc, count=True
        )
        page = [self.searcher.doc(address) for _, address in result.hits]
        counts: dict[str, Any] = {}
        chosen = [name for name in FACETS if name in question]
        for own in [None, *chosen]:
            names = [own] if own else [name for name in FACETS if name not in chosen]
            wanted = {name: {"terms": {"field": name, "size": 24}} for name in names}
            query = self._query({key: value for key, value in question.items() if key != own})
            counts |= self.searcher.aggregate(query, wanted)
        numbers = [int(document.get_first("number") or 0) for document in page]
        return result.count or 0, numbers, [str(document.get_first("card")) for document in page], counts

    def _query(self, question: dict[str, Any]) -> Any:
        from listings.search import words

        terms: Sequence[tuple[str, str]] = [("keys", word) for word in words.asked(question.get("q", ""))]
        terms = [*terms, *((name, question[name]) for name in FACETS if name in question)]
        if not terms:
            return self.tantivy.Query.all_query()
        must = self.tantivy.Occur.Must
        return self.tantivy.Query.boolean_query(
            [(must, self.tantivy.Query.term_query(self.schema, field, value, "basic")) for field, value in terms]
        )


def _rows() -> Iterator[tuple[int, list[str], list[str], str]]:
    from django.db import connection

    from listings.search.finding import Row

    names = list(Row.__dataclass_fields__)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT number, tsvector_to_array(keys), facets, {', '.join(names)} FROM listings_listing "
            "JOIN listings_listingwords USING (number) ORDER BY number"
        )
        for number, keys, facets, *values in cursor.fetchall():
            yield number, keys, facets, json.dumps(dict(zip(names, values, strict=True)), default=str)
