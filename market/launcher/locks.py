"""`make lock`: compiles requirements*.in into versions and hashes, and nothing of this machine."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from market.launcher.folders import REPOSITORY

LOCKS: Final = {
    "requirements.txt": ["requirements.in"],
    "requirements-demo.txt": ["requirements-demo.in", "--no-deps"],
    # The product runs in the tests as it runs outside: same versions.
    "requirements-dev.txt": ["requirements-dev.in", "--constraint", "requirements.txt"],
}
_OPTIONS: Final = (
    "--no-header",
    "--no-annotate",
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
)
_PINNED: Final = re.compile(r"[a-z0-9][a-z0-9._-]*==[^\s@/]+( ; [^@/]+)? \\")
_HASH: Final = re.compile(r" {4}--hash=sha256:[0-9a-f]{64}( \\)?")


def refused_lines(lock: str) -> list[str]:
    """What is neither a pinned version nor a hash: an address, a path, an unpinned name."""
    return [line for line in lock.splitlines() if not (_PINNED.fullmatch(line) or _HASH.fullmatch(line))]


def main() -> int:
    """Compile all; `--upgrade` takes the newest versions. Exit code 1 when a lock holds what it must not."""
    for name, arguments in LOCKS.items():
        subprocess.run(
            [
                str(Path(sys.executable).with_name("uv")),
                "pip",
                "compile",
                "--quiet",
                *_OPTIONS,
                *arguments,
                "-o",
                name,
                *sys.argv[1:],
            ],
            cwd=REPOSITORY,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        refused = refused_lines((REPOSITORY / name).read_text("utf-8"))
        if refused:
            print(f"{name} holds lines that must not be committed:", *refused, sep="\n  ", file=sys.stderr)
            return 1
        print(f"· {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
