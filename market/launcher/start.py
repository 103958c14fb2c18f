"""The story of one run: from an empty folder to a ready platform, and down again."""

import os
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Final

from market.launcher import folders, freshness, keys, parts, ports, readiness, residue, run_record, translations
from market.launcher.children import Child, Program
from market.launcher.errors import Interrupted, LaunchError
from market.launcher.folders import Folders
from market.launcher.freshness import Mark
from market.launcher.lock import STOPPING, Lock
from market.launcher.nursery import Nursery
from market.launcher.parent import Make
from market.launcher.postgres import Postgres
from market.launcher.run_record import RunRecord
from market.launcher.steps import Console, Running
from market.launcher.supervisor import Supervisor
from market.launcher.valkey import Valkey

PORT_DEFAULT: Final = 8000
TICK_S: Final = 0.2
TELL_MISSING_AFTER_S: Final = 30.0
READY_SECONDS_MAX: Final = 180.0
READY_POLL_S: Final = 0.05


class Run:
    """One launcher at work on one VAR_DIR."""

    def __init__(self, var: Path, console: Console, *, demonstrates: bool = True, make: Make | None = None) -> None:
        self._var = var
        self._make = make
        self._demonstrates = demonstrates and not os.environ.get("DATABASE_URL")
        self._console = console
        self._supervisor = Supervisor(tell=console.line, changed=self._record_pids)
        self._record = RunRecord(pids={})
        self._folders: Folders | None = None
        self._nursery: Nursery | None = None
        self._stop_is_wanted = False
        self._is_stopping = False

    def run(self) -> None:
        """Start everything, keep it running until somebody asks for a stop, stop everything.

        Raises LaunchError when the start cannot go on; what had been started is stopped then too.
        """
        folders.own(self._var)
        self._lock = Lock(self._var)
        self._lock.take()
        self._listen_for_stop()
        try:
            self._start()
            while True:
                self._tick()
                time.sleep(TICK_S)
        except Interrupted:
            pass
        finally:
            self._is_stopping = True
            self._lock.say(STOPPING)
            self._stop()
            self._lock.close()

    def _start(self) -> None:
        began = time.monotonic()
        console = self._console
        left = residue.end_processes_of(self._var)
        if left:
            console.line(f"· an earlier run was killed: ended {len(left)} processes that it left")
        earlier = run_record.read(self._var)
        port = _number("PORT", PORT_DEFAULT)
        ports.refuse_if_taken(port)
        delivery_port = self._delivery_port(earlier)
        if "postgres_socket" in earlier:
            folders.discard_sockets(Path(earlier["postgres_socket"]), self._var)
        self._folders = where = folders.prepare(self._var)
        os.chdir(folders.REPOSITORY)
        keys.make_missing(where.secrets)
        env = parts.environment(self._var, port, delivery_port)
        self._record |= RunRecord(port=port, delivery_port=delivery_port)
        self._name_sockets(where)
        # Settings ask at loading whether the static files have their manifest.
        if self._has_static_files(freshness.static_files()):
            self._prepare_parts(env)
        code = freshness.code()
        postgres = self._start_servers(where)
        self._make_current(where, env, code, postgres)
        listen = _listen_address()
        with console.step("web, delivery, sequencer, dispatcher, worker"):
            if self._nursery:
                self._nursery.wait_ready(self._tick)
            for part in parts.programs(env, listen):
                self._watch(where, *part)
            self._wait_ready(port, delivery_port, listen)
        self._watch(where, *parts.beat(self._var, env))
        if self._demonstrates:
            self._demonstrate(where, env, code)
        address = os.environ.get("PUBLIC_URL") or f"http://localhost:{port}"
        console.line(f"\nReady after {time.monotonic() - began:.1f} s: {address}")
        if listen not in {"127.0.0.1", "::1"}:
            console.line(f"(open to other machines: it listens on {listen})")
        console.line("Ctrl-C stops everything; the next start finds all data again.")
        for part in parts.chain(env):
            self._watch(where, *part)

    def _watch(self, where: Folders, stage: int, program: Program) -> None:
        fork = self._nursery.start if self._nursery else None
        self._supervisor.watch(Child(program, where.log / f"{program.name}.log", fork=fork), stage=stage)

    def _prepare_parts(self, env: dict[str, str]) -> None:
        """Begin to load the product, beside whatever the start does meanwhile."""
        if self._supervisor.adopts:
            self._nursery = Nursery(env, self._var / "log" / "nursery.log", self._console.line)
            self._supervisor.spared.add(self._nursery.pid)

    def _start_servers(self, where: Folders) -> Postgres | None:
        postgres = None
        if not os.environ.get("DATABASE_URL"):
            is_new = not (where.database / "data").exists()
            with self._console.step(f"PostgreSQL ({'new' if is_new else 'found'} in {where.database})"):
                postgres = Postgres(where)
                postgres.start(self._tick)
                self._supervisor.watch(postgres.child, stage=parts.DATABASE)
        if not os.environ.get("BROKER_URL"):
            with self._console.step("Valkey"):
                valkey = Valkey(where)
                valkey.start()
                self._supervisor.watch(valkey.child, stage=parts.BROKER)
        return postgres

    def _name_sockets(self, where: Folders) -> None:
        if not os.environ.get("DATABASE_URL"):
            self._record["postgres_socket"] = str(where.postgres_socket)
        if not os.environ.get("BROKER_URL"):
            self._record["valkey_socket"] = str(where.valkey_socket)
        self._write_record()

    def _has_static_files(self, static: str) -> bool:
        return (
            Mark(self._var / "static.collected").holds(static) and (self._var / "static" / "staticfiles.json").is_file()
        )

    def _make_current(self, where: Folders, env: dict[str, str], code: str, postgres: Postgres | None) -> None:
        """Tables, translations and static files as this version of the code wants them."""
        compiled = translations.compile_all()
        static = freshness.static_files()
        migrated = Mark(where.database / "migrated")
        running = []
        with self._console.step(f"tables, static files, {len(compiled)} translations compiled"):
            # A server of somebody else's is always migrated: what happened to it meanwhile is not ours to know.
            if postgres is None or not migrated.holds(f"{code} {postgres.last_migration()}"):
                running.append(self._command("migrate", ["migrate", "--noinput", "--skip-checks"], env))
            if not self._has_static_files(static):
                words = ["collectstatic", "--noinput", "--skip-checks"]
                self._command("collectstatic", words, env).finish(self._tick)
                Mark(self._var / "static.collected").write(static)
            if self._nursery is None:
                self._prepare_parts(env)
            for command in running:
                command.finish(self._tick)
            if postgres is not None:
                migrated.write(f"{code} {postgres.last_migration()}")

    def _demonstrate(self, where: Folders, env: dict[str, str], code: str) -> None:
        """Make the demonstration market once; a later start of the same code shows again what it said."""
        done = Mark(where.database / "demonstrated")
        if not done.holds(code):
            said: list[str] = []

            def show(line: str) -> None:
                # Progress comes first, then an empty line and the accounts, which stand better after the seconds.
                said.append(line)
                if "" not in said:
                    self._console.line(f"  {line}")

            with self._console.step("demonstration market"):
                self._command("demo", ["demo", "--skip-checks"], env).finish(self._tick, show)
            accounts = said[said.index("") + 1 :] if "" in said else []
            done.write(code, "\n".join(accounts))
        self._console.line(f"\n{done.note()}")

    def _command(self, name: str, words: list[str], env: dict[str, str]) -> Running:
        log = self._var / "log" / f"{name}.log"
        return Running(f"manage.py {name}", parts.manage(*words), env, log, self._supervisor.spared)

    def _wait_ready(self, port: int, delivery_port: int, listen: str) -> None:
        began = told_at = time.monotonic()
        while True:
            self._tick()
            ready, missing = readiness.ask(port, delivery_port, listen)
            if ready:
                return
            now = time.monotonic()
            if now - began > READY_SECONDS_MAX:
                raise LaunchError(
                    f"Not ready after {READY_SECONDS_MAX:.0f} s; missing: {missing}. See {self._var}/log."
                )
            if now - told_at > TELL_MISSING_AFTER_S:
                self._console.line(f"  still waiting for: {missing} (logs: {self._var}/log)")
                told_at = now
            time.sleep(READY_POLL_S)

    def _tick(self) -> None:
        if self._stop_is_wanted or (self._make and self._make.was_interrupted()):
            raise Interrupted
        self._supervisor.tick()

    def _stop(self) -> None:
        has_children = bool(self._supervisor.pids())
        if has_children:
            self._console.line("· stopping: web and delivery first, the database last")
        if self._nursery:
            self._nursery.stop()
        self._supervisor.stop()
        if self._folders is not None:
            folders.discard_sockets(self._folders.postgres_socket, self._var)
        if has_children:
            self._console.line("· stopped")

    def _listen_for_stop(self) -> None:
        signal.signal(signal.SIGINT, self._hear)
        signal.signal(signal.SIGTERM, self._hear)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup stays nohup
            signal.signal(signal.SIGHUP, self._hear)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        # A second Ctrl-C changes nothing: the database's last checkpoint is not to be cut short.
        self._stop_is_wanted = True
        self._lock.say(STOPPING)  # whoever starts now waits for us

    def _delivery_port(self, earlier: RunRecord) -> int:
        """The port that was set, else that of the last run (signed addresses name it), else any free one."""
        if os.environ.get("DELIVERY_PORT"):
            port = _number("DELIVERY_PORT", 0)
            ports.refuse_if_taken(port, "DELIVERY_PORT")
            return port
        last = earlier.get("delivery_port", 0)
        return last if last and ports.is_free(last) else ports.free()

    def _record_pids(self, pids: dict[str, int]) -> None:
        self._record["pids"] = pids
        if self._folders is not None:
            self._write_record()

    def _write_record(self) -> None:
        pids = {} if self._is_stopping else {"launcher": os.getpid(), **self._record["pids"]}
        run_record.write(self._var, {**self._record, "pids": pids})


def _listen_address() -> str:
    """This machine only, unless BIND_ADDRESS says otherwise: the demonstration's passwords are public."""
    return os.environ.get("BIND_ADDRESS") or "127.0.0.1"


def _number(variable: str, default: int) -> int:
    text = os.environ.get(variable, "")
    if text and not text.isdigit():
        raise LaunchError(f"{variable} must be a whole number, not {text!r}.")
    return int(text) if text else default
