"""House rules that import-linter cannot see: names of upper rooms in strings, foreign keys, private modules."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.db import models

FLOORS: Final = {
    "market": 0,
    "provenance": 1,
    "listings": 2,
    "settlement": 3,
    "delivery": 3,
    "contracts": 4,
    "supervision": 5,
    "frontend": 6,
}
# The only files that name upper rooms by string (design: rules of the house).
MAY_NAME: Final = frozenset(
    {
        "market/launcher/parts.py",
        "market/urls.py",
        "market/api.py",
        "market/subscriptions.py",
        "market/settings.py",
        "market/houserules.py",
    }
)
PRIVATE: Final = frozenset({"tasks", "api", "schemas"})  # nobody imports another room's
ADAPTERS: Final = {"web3": "provenance/chain/evm.py", "stripe": "settlement/rails/stripe.py"}
LINES_MAX: Final = 450
_NAMED = re.compile(rf"^(?:job:)?({'|'.join(FLOORS)})\.[A-Za-z_]+")


@dataclass(frozen=True, slots=True)
class Breach:
    """One broken rule: where, and what to do."""

    path: str
    line: int
    says: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.says}"


def sources(root: Path) -> Iterator[Path]:
    """Every Python file of the rooms, without migrations."""
    for room in FLOORS:
        yield from (path for path in sorted((root / room).rglob("*.py")) if "migrations" not in path.parts)


def check_file(path: str, text: str) -> list[Breach]:
    """Break-ins of one file. path: from the root, e.g. settlement/ledger.py."""
    room = path.split("/", 1)[0]
    breaches: list[Breach] = []
    if text.count("\n") > LINES_MAX:
        breaches.append(Breach(path, 1, f"more than {LINES_MAX} lines: it holds two nouns, split it"))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and path not in MAY_NAME:
            breaches += _named(path, room, node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            breaches += _imported(path, room, node)
    return breaches


def _named(path: str, room: str, node: ast.Constant) -> Iterator[Breach]:
    match = _NAMED.match(str(node.value))
    if match is None or match[1] == room:
        return
    if FLOORS[match[1]] >= FLOORS[room]:
        yield Breach(path, node.lineno, f"names {node.value!r}: an upper room is told by an event")


def _imported(path: str, room: str, node: ast.Import | ast.ImportFrom) -> Iterator[Breach]:
    names = [each.name for each in node.names]
    modules = (
        names if isinstance(node, ast.Import) else [f"{node.module}.{name}" for name in names] + [str(node.module)]
    )
    for module in modules:
        parts = module.split(".")
        if parts[0] in ADAPTERS and path != ADAPTERS[parts[0]]:
            yield Breach(path, node.lineno, f"imports {parts[0]}: only {ADAPTERS[parts[0]]} may")
        if len(parts) > 1 and parts[0] in FLOORS and parts[0] != room and parts[1] in PRIVATE and path not in MAY_NAME:
            if parts[:2] == ["market", "api"]:
                continue
            yield Breach(path, node.lineno, f"imports {module}: another room's {parts[1]} are its own")


def check_models(tables: Iterable[type[models.Model]]) -> list[Breach]:
    """Foreign keys that point upward: a lower room knows an upper thing by its URN."""
    breaches: list[Breach] = []
    for table in tables:
        room = table._meta.app_label
        for field in table._meta.get_fields():
            target = field.related_model if field.many_to_one or field.one_to_one else None
            if target is None or isinstance(target, str) or field.auto_created:
                continue
            upper = target._meta.app_label
            if room in FLOORS and upper in FLOORS and upper != room and FLOORS[upper] >= FLOORS[room]:
                breaches.append(Breach(f"{room}/models.py", 1, f"{table.__name__}.{field.name} points up to {upper}"))
    return breaches


def check_all(root: Path, tables: Iterable[type[models.Model]]) -> list[Breach]:
    """Every breach in the tree."""
    breaches = [
        breach
        for path in sources(root)
        for breach in check_file(path.relative_to(root).as_posix(), path.read_text("utf-8"))
    ]
    return sorted(set(breaches), key=str) + check_models(tables)
