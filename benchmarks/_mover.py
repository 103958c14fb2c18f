"""Transfers without pause on some threads: through a verb, through the ledger's door, or one bare INSERT.

stdin: a line of JSON (see settlement_transfer.given_stage), then commands `ARM SECONDS`, one a line. stdout: `ready`,
then for each command a line of JSON: done, seconds, CPU seconds of this process.
"""

import cProfile
import json
import pstats
import random
import sys
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import django


class Mover:
    """One thread's arms."""

    def __init__(self, stage: dict[str, Any], place: int, organisations: list[UUID]) -> None:
        from market.participants.members import Member, OrganisationKind, Role

        self.due = stage["obligations"][stage["number"] * stage["threads"] + place]
        self.organisations, self.chance = organisations, random.Random(stage["number"] * 100 + place)
        self.by = Member(
            person_id=UUID(self.due["person"]),
            organisation_id=UUID(self.due["organisation"]),
            organisation_name="供方",
            organisation_kind=OrganisationKind.ENTERPRISE,
            roles=frozenset({Role.TRADER}),
            is_admitted=True,
            district="",
            sector="",
        )

    def verb(self) -> None:
        """A part of the escrow given back: one transfer, one event, once for its key."""
        from market.kernel import ids
        from settlement import escrow

        escrow.refund(
            reference=self.due["reference"],
            thread=self.due["thread"],
            reason="x",
            amount_minor=1,
            key=ids.new_id(),
            by=self.by,
        )

    def insert(self) -> None:
        """The floor: what any change costs at least."""
        from django.db import connection, transaction

        from market.kernel import clock, ids

        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO floor_row VALUES (%s, %s, %s)", [ids.new_id(), 1, clock.now()])

    def hot(self) -> None:
        """A guarded account pays one rolled account."""
        from settlement import accounts

        self._post(accounts.common(accounts.Code.DUE_TO_OPERATOR, "CNY"))

    def spread(self) -> None:
        """A guarded account pays one of 10,000 kept accounts."""
        from settlement import accounts

        self._post(accounts.org_reserved(self.chance.choice(self.organisations), "CNY"))

    post = spread

    def _post(self, credit: Any) -> None:
        from django.db import transaction

        from market.kernel import ids
        from settlement import accounts, ledger
        from settlement.ledger import Entry
        from settlement.states import TransferKind

        payer = accounts.org(self.chance.choice(self.organisations), "CNY")
        with transaction.atomic():
            ledger.post(
                TransferKind.LINE_SUSPENDED,
                source=("benchmark", ids.new_id()),
                entries=[Entry(payer, credit, 1)],
                actor="benchmark",
            )


def run(movers: list[Mover], arm: str, seconds: float) -> dict[str, float]:
    """All threads for so long; a roller beside the hot arm."""
    from django.db import connection

    barrier, counts = threading.Barrier(len(movers) + 1), [0] * len(movers)
    stop = threading.Event()

    def work(place: int) -> None:
        act: Callable[[], None] = getattr(movers[place], arm)
        try:
            connection.ensure_connection()
            barrier.wait()
            while not stop.is_set():
                act()
                counts[place] += 1
        finally:
            connection.close()

    def roll() -> None:
        from settlement import rollups

        try:
            while not stop.wait(1):
                rollups.roll_up()
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(movers))]
    if arm == "hot":
        threads.append(threading.Thread(target=roll))
    for thread in threads:
        thread.start()
    barrier.wait()
    start, cpu = time.monotonic(), time.process_time()
    time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    return {"done": sum(counts), "seconds": time.monotonic() - start, "cpu_s": time.process_time() - cpu}


def profile(mover: Mover, seconds: float) -> dict[str, Any]:
    """Time of their own of the functions of the verb, in ms a transfer, alone on the machine."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as caught:
        mover.verb()
    watch, count, end = cProfile.Profile(), 0, time.monotonic() + seconds
    watch.enable()
    while time.monotonic() < end:
        mover.verb()
        count += 1
    watch.disable()
    rows = pstats.Stats(watch).stats.items()  # type: ignore[attr-defined]  # the stubs leave it out
    most = sorted(rows, key=lambda row: -row[1][2])[:10]
    return {
        "statements": len(caught),
        "profile_ms": {f"{name[0].rsplit('/', 1)[-1]}:{name[2]}": each[2] * 1000 / count for name, each in most},
    }


def main() -> None:
    """Read the stage, then serve commands until the input ends."""
    stage = json.loads(sys.stdin.readline())
    django.setup(set_prefix=False)
    from market.participants.models import Organisation

    organisations = list(Organisation.objects.filter(uscc__startswith="B0").values_list("id", flat=True))
    movers = [Mover(stage, place, organisations) for place in range(stage["threads"])]
    print("ready", flush=True)
    for line in sys.stdin:
        arm, seconds = line.split()
        found = profile(movers[0], float(seconds)) if arm == "profile" else run(movers, arm, float(seconds))
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
