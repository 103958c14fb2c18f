"""python -m market.launcher: start the platform. `make run` calls it.

Exit codes: 0 stopped because somebody asked for it, or all checks passed; 1 could not start (one sentence says
why), or a check failed; 2 wrong arguments.
"""

import argparse
import os
import shutil
import sys

from market.launcher import checks, folders
from market.launcher.errors import LaunchError
from market.launcher.lock import Lock
from market.launcher.start import Run
from market.launcher.steps import Console


def main() -> int:
    """Start, check or remove."""
    parser = argparse.ArgumentParser(prog="python -m market.launcher", description=__doc__)
    parser.add_argument("--check", action="store_true", help="say whether a start would work, and start nothing")
    parser.add_argument("--json", action="store_true", help="with --check: one JSON object")
    parser.add_argument("--no-demo", action="store_true", help="start without the demonstration market")
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
        Run(var, Console(), demonstrates=not options.no_demo).run()
    except LaunchError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


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
