"""Stands in for the work of the child: tries from inside what the lock must forbid, and leaves the answers.

The real runner starts it, with the real environment and the real lock; only the parsing is replaced.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from listings.intake import child


def main() -> None:
    """Run the child with `do` below as its work."""
    work = ModuleType("listings.intake.work")
    work.do = do  # type: ignore[attr-defined]
    sys.modules["listings.intake.work"] = work
    child.main()


def do(source: Path, folder: Path, _filename: str, _limits: Any, _options: Any, _voice: Any) -> dict[str, Any]:
    """Try everything; the source is JSON that names what to reach for."""
    wanted = json.loads(source.read_text())
    answers = {
        "environment": dict(os.environ),
        "arguments": sys.flags.isolated,
        "folder": str(Path.cwd()),
        "tcp": _tried(lambda: socket.create_connection(("127.0.0.1", wanted["port"]), timeout=2)),
        "unix socket": _tried(lambda: socket.socket(socket.AF_UNIX).connect(wanted["socket"])),
        "program": _tried(lambda: subprocess.run(["/bin/true"], check=True)),
        "parent's environment": _tried(lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes()),
        "a file of others": _tried(lambda: Path(wanted["secret"]).read_bytes()),
        "write elsewhere": _tried(lambda: Path(wanted["secret"]).with_suffix(".new").write_bytes(b"x")),
        "signal the parent": _tried(lambda: os.kill(os.getppid(), signal.SIGCONT)),
        "open descriptors": sorted(int(path.name) for path in Path("/proc/self/fd").iterdir()),
    }
    (folder / "profile.json").write_text(json.dumps(answers))
    (folder / "sample.json").write_text("{}")
    (folder / "table.parquet").touch()
    (folder / "strange").symlink_to("/etc/passwd")
    return {"kind": "table", "format": "probe"}


def _tried(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as error:
        return type(error).__name__ + f" {error.errno}"
    return "done"
