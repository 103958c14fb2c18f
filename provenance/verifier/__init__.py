"""The offline verifier: checks a bundle without Django, database, network or trust in whoever handed it over.

It needs Python 3.11, the standard library and `cryptography`, and imports nothing else of this repository;
the rest of `provenance` imports its formats from here, so that there is one definition of each.
"""

from .cli import main

__all__ = ["main"]
