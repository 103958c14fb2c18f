"""The catalogue page with its rows held in memory: same address, middleware and template, no question to the database.

Granian serves `application`; the first request for an address asks the real search, later ones get what it answered.
"""

from unittest.mock import patch

from market.wsgi import application as application  # granian looks it up here; sets Django up, so it comes first

# isort: split
from listings import search
from market import holds

_found: dict[str, search.Found] = {}
_find = search.find


def find(question: search.Question) -> search.Found:
    """What was answered the first time."""
    key = str(question.parameters())
    if key not in _found:
        _found[key] = _find(question)
    return _found[key]


patch.object(search, "find", find).start()
patch.object(holds, "among", lambda _subjects: set()).start()  # the page's other question
