"""The one door of intake: run the locked child over a file, watch it, and answer what became of the file.

The parent believes nothing the child says beyond its form: sizes, time, memory and the shape of every line
are checked here, and what the child made is taken only as a whole.
"""

import json
import logging
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from listings.intake.outcomes import Limits, Outcome, Stage
from listings.intake.problems import BadInput, Refusal

logger = logging.getLogger(__name__)

RESULT: Final = "result"
LOOK_EVERY_S: Final = 0.1
BEAT_EVERY_S: Final = 2.0
LINE_BYTES_MAX: Final = 1 << 20
ERROR_BYTES_MAX: Final = 8 << 10
PROFILE_BYTES_MAX: Final = 256 << 20
# -I would drop a PYTHONPATH, so the one folder that holds this package is given by hand.
BOOT: Final = "import sys; sys.path.insert(0, sys.argv.pop()); from listings.intake import child; child.main()"
ROOT: Final = str(Path(__file__).resolve().parents[2])
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
KEPT: Final = ("profile.json", "sample.json", "table.parquet")


def run(
    source: Path,
    *,
    filename: str,
    workdir: Path,
    limits: Limits,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
    sheet: str | None = None,
    on_stage: Callable[[Stage], None] = lambda _stage: None,
) -> Outcome:
    """Decode, profile, scan and sample one file in a locked child process.

    `filename` is the name it was uploaded under; `encoding`, `delimiter`, `header` and `sheet` replace our
    guess. `on_stage` is called at each step and at least every two seconds while the child lives; if it
    raises, the child is killed and the error goes up (that is how a job is cancelled). On success the
    folder `workdir/result` appears as a whole; in every other case nothing is left in `workdir`.
    """
    size = source.stat().st_size
    if size > limits.bytes_max:
        return Outcome(
            "refused",
            byte_count=size,
            refusal=Refusal("over_bytes", {"found": size, "limit": limits.bytes_max}),
        )
    workdir.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".partial-", dir=workdir))
    order = {
        "source": str(source.resolve()), "folder": str(folder.resolve()), "filename": filename,
        "limits": asdict(limits), "parent_pid": os.getpid(),
        "options": {"encoding": encoding, "delimiter": delimiter, "header": header, "sheet": sheet},
    }  # fmt: skip
    try:
        watch = _Watch(order, folder, limits, limits.output_bytes_max(size), on_stage)
        return _kept(watch.end(), folder, workdir, size)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Watch:
    """One child, from its start to its last word."""

    def __init__(
        self,
        order: dict[str, Any],
        folder: Path,
        limits: Limits,
        output_max: int,
        on_stage: Callable[[Stage], None],
    ) -> None:
        self.folder, self.limits, self.output_max, self.on_stage = folder, limits, output_max, on_stage
        self.stage: Stage | None = None
        self.last_word: dict[str, Any] | None = None
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `end`
        self.child = child = subprocess.Popen(
            [sys.executable, "-I", "-B", "-X", "utf8", "-c", BOOT, json.dumps(order), ROOT],
            env={"HOME": str(folder), "TMPDIR": str(folder), "TZ": "UTC"},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            close_fds=True,
            start_new_session=True,
        )
        if child.stdout is None:
            raise OSError("the child has no pipe")
        self.pipe = child.stdout

    def end(self) -> dict[str, Any]:
        """Wait for the child; its last word, or a refusal in its place."""
        try:
            refusal = self._follow()
        finally:
            self._kill()
            self._log_errors()
        if refusal is not None:
            return {"kind": "refused", "refusal": refusal}
        return self.last_word or {"kind": "refused", "refusal": self._crash()}

    def _follow(self) -> dict[str, Any] | None:
        pipe = self.pipe
        os.set_blocking(pipe.fileno(), False)
        started = looked = beaten = time.monotonic()
        rest = b""
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while True:
                ready = selector.select(LOOK_EVERY_S)
                chunk = pipe.read(LINE_BYTES_MAX) if ready else None
                if ready and not chunk:
                    self.child.wait(timeout=10)
                    return None
                *lines, rest = (rest + (chunk or b"")).split(b"\n")
                if len(rest) > LINE_BYTES_MAX:
                    return {"code": "crashed", "facts": {"how": "it talked too much"}}
                now = time.monotonic()
                if [line for line in lines if self._hear(line)]:
                    beaten = now
                if now - looked >= LOOK_EVERY_S:
                    looked = now
                    if over := self._over(now - started):
                        return over
                if self.stage and now - beaten >= BEAT_EVERY_S:
                    beaten = now
                    self.on_stage(self.stage)

    def _hear(self, line: bytes) -> bool:
        said = json.loads(line)
        if said.pop("say") == "end":
            self.last_word = said
            return False
        self.stage = Stage(**said)
        self.on_stage(self.stage)
        return True

    def _over(self, seconds: float) -> dict[str, Any] | None:
        if seconds > self.limits.seconds_max:
            return {"code": "over_time", "facts": {"limit": self.limits.seconds_max}}
        if _memory_bytes(self.child.pid) > self.limits.memory_bytes_max:
            return {"code": "over_memory", "facts": {"limit": self.limits.memory_bytes_max}}
        if _disk_bytes(self.folder) > self.output_max:
            return {"code": "over_output", "facts": {"limit": self.output_max}}
        return None

    def _crash(self) -> dict[str, Any]:
        code = self.child.returncode
        if code == -signal.SIGXCPU:
            return {"code": "over_time", "facts": {"limit": self.limits.seconds_max}}
        how = signal.Signals(-code).name if code < 0 else f"exit {code}"
        return {"code": "crashed", "facts": {"how": how}}

    def _log_errors(self) -> None:
        # A library's complaint may quote cells, so it is for a developer's eyes only.
        self.errors.seek(max(0, self.errors.seek(0, os.SEEK_END) - ERROR_BYTES_MAX))
        if tail := self.errors.read().decode(errors="replace").strip():
            logger.debug("the child of %s said: %s", self.folder, tail)
        self.errors.close()

    def _kill(self) -> None:
        if self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()
        self.pipe.close()


def _kept(word: dict[str, Any], folder: Path, workdir: Path, size: int) -> Outcome:
    """Turn the child's last word into an outcome, and its folder into the result if it is a table."""
    plain = Outcome(word["kind"], sha256=str(word.get("sha256", "")), byte_count=size, lock=str(word.get("lock", "")))
    match plain.kind:
        case "refused":
            return replace(plain, refusal=Refusal.parse(word["refusal"]))
        case "bad":
            problems = tuple(BadInput.parse(problem) for problem in word["problems"])
            return replace(plain, problems=problems, problem_count=int(word["count"]))
        case "opaque":
            return replace(plain, format=str(word["format"]))
        case "table":
            return replace(plain, format=str(word["format"]), **_taken(folder, workdir))


def _taken(folder: Path, workdir: Path) -> dict[str, Any]:
    """Read what the child left and move it into place as a whole; strange files are dropped."""
    for name in os.listdir(folder):  # noqa: PTH208 - names are compared, not followed
        if name not in KEPT:
            _remove(folder / name)
    profile, sample = _loaded(folder / "profile.json"), _loaded(folder / "sample.json")
    result = workdir / RESULT
    shutil.rmtree(result, ignore_errors=True)
    folder.rename(result)
    return {"profile": profile, "sample": sample, "table_path": result / "table.parquet"}


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _loaded(path: Path) -> dict[str, Any]:
    if path.is_symlink() or path.stat().st_size > PROFILE_BYTES_MAX:
        raise ValueError(f"{path.name} is not what the child should leave")
    value: dict[str, Any] = json.loads(path.read_bytes())
    return value


def _memory_bytes(pid: int) -> int:
    """Resident memory of the child, without the pages of files that it maps."""
    try:
        fields = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return (int(fields[1]) - int(fields[2])) * PAGE_BYTES


def _disk_bytes(folder: Path) -> int:
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(Path(root) / name).st_size
            except FileNotFoundError:
                continue  # the child removes its working files as it goes
    return total
