#!/usr/bin/env python3
"""Commands of the data-element market. `verify FILE`, `witness` and `monitor` need no settings and no database."""

import os
import sys


def main() -> int:
    """Run one command; what runs alone is handed over before Django is touched."""
    if sys.argv[1:2] == ["verify"] and "--deep" not in sys.argv:
        from provenance.verifier.__main__ import main as verify  # noqa: PLC0415  must load nothing else

        return verify(sys.argv[2:])
    if sys.argv[1:2] == ["witness"]:
        from provenance.witness import main as witness  # noqa: PLC0415  must load nothing else

        return witness(sys.argv[2:])
    if sys.argv[1:2] == ["monitor"]:
        from provenance.monitor import main as monitor  # noqa: PLC0415  must load nothing else

        return monitor(sys.argv[2:])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "market.settings")
    try:
        from django.core.management import execute_from_command_line  # noqa: PLC0415
    except ModuleNotFoundError:
        sys.exit("Django is not installed for this Python: run `make venv`, then `.venv/bin/python manage.py …`.")
    execute_from_command_line(sys.argv)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
