"""Asks addresses over and over on four connections that stay open: the same client for every arm.

stdin: one line of JSON, {"host", "port", "paths", "seconds"}, then a line `go`. stdout: `ready`, then a JSON list of
the milliseconds of every answer.
"""

import http.client
import json
import sys
import threading
import time

THREADS = 4


def call(plan: dict[str, object], number: int, until: list[float], times: list[float]) -> None:
    """Ask until the time is over. Raises SystemExit for any answer but 200."""
    connection = http.client.HTTPConnection(str(plan["host"]), int(str(plan["port"])), timeout=30)
    paths = list(plan["paths"])  # type: ignore[call-overload]
    at = number
    while time.monotonic() < until[0]:
        began = time.perf_counter()
        connection.request("GET", paths[at % len(paths)])
        answer = connection.getresponse()
        answer.read()
        times.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            raise SystemExit(f"{answer.status} for {paths[at % len(paths)]}")
        at += 1


def main() -> None:
    """Wait for `go`, so that no arm pays for the start of this process."""
    plan = json.loads(sys.stdin.readline())
    print("ready", flush=True)
    sys.stdin.readline()
    until, times = [time.monotonic() + plan["seconds"]], list[float]()
    threads = [threading.Thread(target=call, args=[plan, number * 5, until, times]) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(times), flush=True)


if __name__ == "__main__":
    main()
