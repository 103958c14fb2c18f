"""A witness for other people's logs (C2SP tlog-witness): tiny state, own key, no database, no Django.

`python -m provenance.witness` or `manage.py witness`. It signs that it has seen a log only ever grow, refuses a
checkpoint that contradicts what it saw before, and keeps that one as evidence.
"""

from .cli import main

__all__ = ["main"]
