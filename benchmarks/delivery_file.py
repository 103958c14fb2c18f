"""delivery.file: eight buyers fetch 1 GiB each through opened uses, beside a raw sendfile server of the same run.

The product's arm checks signature, use and holds, watches for holds each second and meters; the baseline does
nothing of that. Both serve one file from the page cache to the same clients on the same machine.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import services
from benchmarks.figures import ROUNDS, Figure, interleaved, middle

STREAMS = 8
READERS = 2  # client processes
FILE_BYTES = 1024**3
GB = 1e9
MB = 1e6


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one arm."""

    mb_per_s: float
    cpu_s_per_gb: float


def run() -> Iterator[Figure]:
    """MB/s (goal: at least 0.8 of the floor) and CPU seconds of the server per GB (goal: at most 0.5)."""
    with services.running() as found:
        path, addresses = given_uses(found.var / "file.bin")
        raw = start("-m", "benchmarks._raw_sendfile", str(path))
        ours = start("manage.py", "deliver", "--port", "0")
        try:
            floor = f"http://127.0.0.1:{first_line(raw)}/file"
            base = first_line(ours).split()[-1]
            signed = [address.replace("http://localhost:8001", base) for address in addresses]
            arms = {
                "ours": lambda: measure(signed, ours.pid),
                "floor": lambda: measure([floor] * STREAMS, raw.pid),
            }
            interleaved(arms, rounds=1)  # warm: page cache, threads, connections
            rounds = interleaved(arms, rounds=ROUNDS)
            first_ms = first_byte_ms(signed[0])
        finally:
            for process in (ours, raw):
                process.terminate()
                process.wait()
        metered = metered_bytes()
    expected = STREAMS * FILE_BYTES * (ROUNDS + 1)
    if metered < expected:
        raise RuntimeError(f"metered {metered} bytes of {expected}")
    speed = {name: [each.mb_per_s for each in found] for name, found in rounds.items()}
    cost = {name: [each.cpu_s_per_gb for each in found] for name, found in rounds.items()}
    yield Figure(
        bench="delivery.file",
        value=middle(speed["ours"]),
        unit="MB/s",
        baseline="raw sendfile, a thread for each connection",
        baseline_value=middle(speed["floor"]),
        goal=0.8,
        better="higher",
        rows=STREAMS,
        more={"rounds": speed["ours"], "baseline_rounds": speed["floor"], "first_byte_ms": first_ms},
    )
    yield Figure(
        bench="delivery.file_cpu",
        value=middle(cost["ours"]),
        unit="server CPU s/GB",
        baseline="raw sendfile, a thread for each connection",
        baseline_value=middle(cost["floor"]),
        goal=0.5,
        goal_of="value",
        better="lower",
        rows=STREAMS,
        more={"rounds": cost["ours"], "baseline_rounds": cost["floor"]},
    )


def given_uses(path: Path) -> tuple[Path, list[str]]:
    """A stored file of 1 GiB, one grant, eight opened uses; the file's place and the signed addresses."""
    from delivery import uses
    from market import storage
    from tests.delivery.given import given_grant

    block = os.urandom(1024 * 1024)
    with path.open("wb") as file:
        for number in range(FILE_BYTES // len(block)):
            file.write(number.to_bytes(8, "big") + block[8:])
    key = "bench/file"
    storage.put_file(key, path)
    path.unlink()
    stored = storage.local_path(key)
    assert stored is not None
    delivery = given_grant(storage_key=key, file_bytes=FILE_BYTES, file_sha256=storage.sha256_of(stored))
    opened = [uses.open(delivery.grant.id, purpose="", by=delivery.buyer) for _ in range(STREAMS)]
    return stored, [each.address for each in opened]


def measure(addresses: Sequence[str], server: int) -> Round:
    """Fetch all at once; the clock runs from `go` to the last byte."""
    share = len(addresses) // READERS
    readers = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks._reader"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(READERS)
    ]
    for number, reader in enumerate(readers):
        tell(reader, json.dumps(list(addresses[number * share : (number + 1) * share])))
    for reader in readers:
        first_line(reader)
    cpu, began = cpu_s(server), time.monotonic()
    for reader in readers:
        tell(reader, "go")
    received = sum(int(first_line(reader)) for reader in readers)
    took = time.monotonic() - began
    used = cpu_s(server) - cpu
    for reader in readers:
        reader.communicate()
    if received != len(addresses) * FILE_BYTES:
        raise RuntimeError(f"received {received} bytes")
    return Round(mb_per_s=received / MB / took, cpu_s_per_gb=used / (received / GB))


def first_byte_ms(address: str) -> float:
    """Median time from connecting to the first byte of a small range, server idle."""
    import urllib.request

    times = []
    for _ in range(50):
        began = time.perf_counter()
        request = urllib.request.Request(address, headers={"Range": "bytes=0-0"})
        with urllib.request.urlopen(request) as response:
            response.read(1)
        times.append((time.perf_counter() - began) * 1000)
    return middle(times)


def metered_bytes() -> int:
    """What the product says that it sent."""
    from django.db.models import Sum

    from delivery.models import Use

    return int(Use.objects.aggregate(sum=Sum("bytes_sent"))["sum"])


def start(*words: str) -> "subprocess.Popen[str]":
    """A server of Python's own; its first line says where it listens."""
    return subprocess.Popen([sys.executable, "-u", *words], stdout=subprocess.PIPE, text=True)


def first_line(process: "subprocess.Popen[str]") -> str:
    """The next line of its output. Raises RuntimeError when it has ended."""
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        raise RuntimeError(f"{process.args!r} said nothing")
    return line


def tell(process: "subprocess.Popen[str]", line: str) -> None:
    """One line into it."""
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def cpu_s(pid: int) -> float:
    """User and system time of a process so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
