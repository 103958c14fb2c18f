"""frontend.slow_readers: how long readers of the catalogue wait while fifty others read at a kilobyte a second.

Both arms are the same web process (2 workers × 4 threads) under the same eight connections; in one of them fifty slow
readers hold lines open: of downloads through the delivery server, then of pages, styles and scripts of the site itself.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from benchmarks import _listings, services
from benchmarks.delivery_file import first_line, start
from benchmarks.figures import ROUNDS, Figure, interleaved, middle, ratio_of_rounds
from benchmarks.frontend_catalogue import Round, addresses, hear, measure, serve, tell

LISTINGS = 10_000
READERS = 50
BUYERS = 2  # one buyer alone may not take fifty lines
FILE_BYTES = 64 * 1024**2
ASSETS = ("frontend/components.css", "frontend/market.css", "django_htmx/htmx-2.js")


def run() -> Iterator[Figure]:
    """The catalogue's p95 with slow readers ÷ without (goal: at most 2), for downloads and for the site's own pages."""
    with services.running():
        _listings.load(LISTINGS)
        paths, signed = addresses(), given_downloads()
        delivery = start("manage.py", "deliver", "--port", "0")
        site = None
        try:
            base = urlsplit(first_line(delivery).split()[-1]).netloc
            site, port = serve("market.wsgi:application")
            downloads = [urlsplit(address)._replace(netloc=base).geturl() for address in signed]
            pages = [f"http://127.0.0.1:{port}{path}" for path in [*asset_paths(), *paths]]
            pages = [pages[number % len(pages)] for number in range(READERS)]
            arms = {
                "quiet": lambda: measure(port, paths),
                "downloads": lambda: measure_beside(downloads, port, paths),
                "pages": lambda: measure_beside(pages, port, paths),
            }
            interleaved(arms, rounds=1)  # warm: templates and bitmaps in both workers
            rounds = interleaved(arms, rounds=ROUNDS)
        finally:
            for process in (delivery, site):
                if process is not None:
                    process.terminate()
                    process.wait()
    yield _figure("delivery.slow_readers", rounds["downloads"], rounds["quiet"], "downloads")
    yield _figure("frontend.slow_readers", rounds["pages"], rounds["quiet"], "pages, styles and scripts of the site")


def _figure(bench: str, beside: Sequence[Round], quiet: Sequence[Round], what: str) -> Figure:
    slow, alone = [each.p95_ms for each in beside], [each.p95_ms for each in quiet]
    return Figure(
        bench=bench,
        value=middle(slow) / 1000,
        unit=f"s, p95 of /catalogue/ beside {READERS} slow readers of {what}",
        baseline="the same without them",
        baseline_value=middle(alone) / 1000,
        goal=2.0,
        better="lower",
        rows=LISTINGS,
        more={
            "ratio_of_rounds": ratio_of_rounds(slow, alone),
            "rounds_ms": slow,
            "baseline_rounds_ms": alone,
            "pages_per_s": middle([each.pages_per_s for each in beside]),
            "baseline_pages_per_s": middle([each.pages_per_s for each in quiet]),
        },
    )


def given_downloads() -> list[str]:
    """Signed addresses of opened uses, one for each reader."""
    from django.conf import settings

    from delivery import uses
    from market import storage
    from tests.delivery.given import given_grant

    path = settings.VAR_DIR / "file.bin"
    with path.open("wb") as file:
        file.truncate(FILE_BYTES)
    found = []
    for number in range(BUYERS):
        key = f"bench/{number}"
        storage.put_file(key, path)
        stored = storage.local_path(key)
        assert stored is not None
        delivery = given_grant(storage_key=key, file_bytes=FILE_BYTES, file_sha256=storage.sha256_of(stored))
        opened = [uses.open(delivery.grant.id, purpose="", by=delivery.buyer) for _ in range(READERS // BUYERS)]
        found += [each.address for each in opened]
    return found


def asset_paths() -> list[str]:
    """The addresses of styles and scripts. Raises FileNotFoundError for one that the product no longer has."""
    from django.contrib.staticfiles import finders

    for asset in ASSETS:
        if finders.find(asset) is None:
            raise FileNotFoundError(asset)
    return [f"/static/{asset}" for asset in ASSETS]


def measure_beside(slow: Sequence[str], port: int, paths: list[str]) -> Round:
    """One round while slow readers read. Raises RuntimeError when they were refused: then they held nothing up."""
    readers = subprocess.Popen(
        [sys.executable, "-m", "benchmarks._slow_reader"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        tell(readers, json.dumps(list(slow)))
        hear(readers)
        found = measure(port, paths)
        tell(readers, "stop")
        told = json.loads(hear(readers))
    finally:
        readers.kill()
        readers.communicate()
    if told["refused"]:
        raise RuntimeError(f"{told['refused']} slow readers were refused")
    return found
