"""Following somebody's log from outside: every new entry, its growth, and whether others are shown the same tree.

`python -m provenance.monitor URL` or `manage.py monitor URL`. Needs neither Django nor a database, and asks only for
the log's public files and, where named, for what witnesses have seen of it.
"""

from .cli import main

__all__ = ["main"]
