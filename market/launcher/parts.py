"""The processes of ours that make up a running platform, in the order of their start."""

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from market.launcher.children import MARK, Program
from market.launcher.folders import REPOSITORY

WEB_WORKERS: Final = 2
WEB_THREADS: Final = 4
# Requests taken up but waiting for a thread; more wait in the socket's queue.
BACKPRESSURE: Final = 64
_GENTLE: Final = ((signal.SIGTERM, 10.0),)
_CELERY: Final = (sys.executable, "-m", "celery", "-A", "market", "--skip-checks")

# Stages, stopped from the highest down.
DATABASE, BROKER, BACKGROUND, SERVING = range(4)


def environment(var: Path, port: int, delivery_port: int) -> dict[str, str]:
    """What children are told: all that the user set, and where this run lives.

    PG* is taken out: libpq would let PGPORT or PGSERVICE lead the embedded run to another server.
    """
    told = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return told | {
        "VAR_DIR": str(var),
        "PORT": str(port),
        "DELIVERY_PORT": str(delivery_port),
        "PYTHONUNBUFFERED": "1",
        MARK: str(var),
    }


def manage(*words: str) -> list[str]:
    """The command line of a management command."""
    return [sys.executable, str(REPOSITORY / "manage.py"), *words]


def programs(env: Mapping[str, str], listen: str) -> list[tuple[int, Program]]:
    """Each program with its stage.

    Django's checks are skipped (`make lint` runs them): they load every page and endpoint into every process.
    """
    worker = ["worker", "--concurrency", "2", "--prefetch-multiplier", "1", "--loglevel", "INFO"]
    quiet = ["--without-gossip", "--without-mingle"]  # there is one worker: nobody to talk to
    # A slow reader holds a thread for the whole of its download, so downloads come from a process of their own.
    delivery = manage("deliver", "--skip-checks", "--host", listen, "--port", env["DELIVERY_PORT"])
    web = _granian("market.wsgi:application", listen, env["PORT"], WEB_WORKERS, WEB_THREADS)
    return [
        (SERVING, _program("web", web, env)),
        (SERVING, _program("delivery", delivery, env)),
        (BACKGROUND, _program("sequencer", manage("sequence", "--skip-checks"), env)),
        (BACKGROUND, _program("dispatcher", manage("dispatch", "--skip-checks"), env)),
        (BACKGROUND, _program("worker", [*_CELERY, *worker, *quiet], env)),
    ]


def beat(var: Path, env: Mapping[str, str]) -> tuple[int, Program]:
    """Sends the periodic jobs. Nobody waits for it, so it starts last and leaves the processors to the others."""
    words = ["beat", "--loglevel", "INFO", "--schedule", str(var / "beat" / "schedule"), "--pidfile="]
    return BACKGROUND, _program("beat", [*_CELERY, *words], env)


def chain(env: Mapping[str, str]) -> list[tuple[int, Program]]:
    """What anchors roots of the log, on a chain in memory unless a real one is named. Nobody waits for it either: it
    loads the chain's libraries for seconds, behind everybody else.
    """
    found = [_program("anchorer", manage("anchor", "--skip-checks", "run", "--nice", "10"), env)]
    if not env.get("CHAIN_RPC_URL"):
        found.insert(0, _program("chain", manage("chain", "--skip-checks", "--nice", "10"), env))
    return [(BACKGROUND, program) for program in found]


def _program(name: str, command: Sequence[str], env: Mapping[str, str]) -> Program:
    return Program(name=name, command=command, env=env, cwd=REPOSITORY, stops=_GENTLE)


def _granian(application: str, listen: str, port: str, workers: int, threads: int) -> list[str]:
    options = {
        "--interface": "wsgi",
        "--host": listen,
        "--port": port,
        "--http": "1",
        "--workers": str(workers),
        "--blocking-threads": str(threads),
        "--backpressure": str(BACKPRESSURE),
        # A stopping worker waits for its readers; a stalled one must not hold up the whole stop.
        "--workers-kill-timeout": "3",
    }
    words = [word for pair in options.items() for word in pair]
    return [sys.executable, "-m", "granian", *words, "--no-ws", "--respawn-failed-workers", application]
