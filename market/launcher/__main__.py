"""python -m market.launcher: start the platform. `make run` calls it.

Exit codes: 0 stopped because somebody asked for it, or all checks passed; 1 could not start (one sentence says
why), or a check failed; 2 wrong arguments.
"""

import argparse
import errno
import os
import shutil
import sys
from pathlib import Path
from typing import Final

from market.launcher import checks, folders
from market.launcher.errors import LaunchError
from market.launcher.lock import Lock
from market.launcher.parent import Make
from market.launcher.start import Run
from market.launcher.steps import Console

FULL_MB: Final = 20
# What the surroundings refuse, at whatever point of a start; anything else is a fault of ours and shown whole.
_OF_THE_DISK: Final = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EFBIG}


def main() -> int:
    """Start, check or remove."""
    parser = argparse.ArgumentParser(prog="python -m market.launcher", description=__doc__)
    parser.add_argument("--check", action="store_true", help="say whether a start would work, and start nothing")
    parser.add_argument("--json", action="store_true", help="with --check: one JSON object")
    parser.add_argument("--no-demo", action="store_true", help="start without the demonstration market")
    parser.add_argument(
        "--with-parent", action="store_true", help="stop when the make that started this is killed or interrupted"
    )
    parser.add_argument("--remove", action="store_true", help="remove VAR_DIR with all data of the embedded run")
    options = parser.parse_args()
    # All that we and our children write is ours alone; what the database's account needs is opened by name.
    os.umask(0o077)
    var = folders.var_dir()
    try:
        if options.check:
            return checks.report(var, as_json=options.json)
        if options.remove:
            return _remove()
        Run(var, Console(), demonstrates=not options.no_demo, make=Make() if options.with_parent else None).run()
    except LaunchError as error:
        print(_full_disk(var, str(error)) or error, file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in _OF_THE_DISK:
            raise
        where = f" ({error.filename})" if error.filename else ""
        sentence = f"The start could not go on: {error.strerror}{where}; look at the disk under {var}."
        print(_full_disk(var, str(error)) or sentence, file=sys.stderr)
        return 1
    return 0


def _full_disk(var: Path, problem: str) -> str:
    """The sentence for a disk that filled up while we started; empty where that is not what went wrong.

    The first to meet a full disk is any program, with any words, or none where its log could not be written either.
    """
    if os.strerror(errno.ENOSPC) not in problem and (
        not var.exists() or shutil.disk_usage(var).free > FULL_MB * 1_000_000
    ):
        return ""
    return (
        f"The disk under {var} is full: free at least {folders.FREE_MB_MIN} MB, or set VAR_DIR to another disk; "
        "the next start goes on from here."
    )


def _remove() -> int:
    var = folders.var_dir()
    if not (var / "lock").is_file():
        print(f"{var} holds no data of ours; nothing is removed.")
        return 0
    Lock(var).take()
    database = var / "database"
    if database.is_symlink() and database.readlink().name.startswith("data-element-market-"):
        shutil.rmtree(database.readlink(), ignore_errors=True)
    shutil.rmtree(var)
    print(f"Removed {var}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
