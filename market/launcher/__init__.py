"""Starts and stops the platform on one machine: embedded database and broker, and every process of ours.

Knows no Django: it must work before settings can be read, and its failures are sentences for people.
"""

import sys
from importlib.util import find_spec

# Before anything else is loaded: an older Python fails in the middle of it, with lines that explain nothing.
if sys.version_info < (3, 11):  # noqa: UP036  whoever reads the sentence has an older one
    sys.exit(f"Python 3.11 or newer is needed and this is {sys.version.split()[0]}: start with `make run`.")
if find_spec("psycopg") is None:
    sys.exit("The product's packages are not installed for this Python: start with `make run`.")
