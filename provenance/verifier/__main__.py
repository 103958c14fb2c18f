"""`python -m provenance.verifier BUNDLE [--vkey KEY] [--json]`."""

import sys

from .cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
