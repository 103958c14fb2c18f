"""python -m benchmarks [NAME]: run all benchmarks or one; one line of JSON for each figure.

Exit code 0 also where a goal is missed: a missed goal is shown, not hidden and not an error. 1: a benchmark failed.
"""

import argparse
import importlib
import pkgutil
import signal
import subprocess
import sys
from collections.abc import Iterable

import benchmarks
from benchmarks.figures import Figure


def names() -> list[str]:
    """The benchmarks of this folder: modules that have a `run`, by the name `room.measure`."""
    found = []
    for module in pkgutil.iter_modules(benchmarks.__path__):
        if not module.name.startswith("_") and "_" in module.name:
            found.append(module.name.replace("_", ".", 1))
    return sorted(found)


def run(name: str) -> None:
    """Run one here and print its figures as they come."""
    module = importlib.import_module(f"benchmarks.{name.replace('.', '_', 1)}")
    figures: Iterable[Figure] = module.run()
    for figure in figures:
        print(figure.line(), flush=True)


def main() -> int:
    """Each benchmark has a process of its own: one environment, one set-up of Django."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=names(), help="room.measure; all when left out")
    name = parser.parse_args().name
    # Ended by a signal, a benchmark still takes its servers and files along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if name:
        run(name)
        return 0
    codes = [subprocess.run([sys.executable, "-m", "benchmarks", each], check=False).returncode for each in names()]
    return int(any(codes))


if __name__ == "__main__":
    raise SystemExit(main())
