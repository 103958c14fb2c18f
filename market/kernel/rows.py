"""The plain statements of a verb: a row by what it equals, its changed columns, a new row.

Django builds a query anew each time, which costs more than the statement itself. Here the text is built once a model
and prepared. Values pass through the same fields as in Django's own; signals are not sent, this product has none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection
from django.db.models import Field, ForeignKey, Model

from market.kernel import prepared

if TYPE_CHECKING:  # generic to the type checker only
    AnyField = Field[Any, Any]
else:
    AnyField = Field

SELF = "self"
M = TypeVar("M", bound=Model)


def get(model: type[M], *related: str, **where: Any) -> M | None:
    """The row whose columns equal these, or None. related: foreign keys to read along, as `offer__version`."""
    return _only(_read(model, related, (), where), where)


def lock(model: type[M], *related: str, of: Sequence[str] = (SELF,), **where: Any) -> M | None:
    """The same, locked FOR NO KEY UPDATE until the transaction ends. of: which of the rows, in the order of locking."""
    found = lock_all(model, *related, of=of, **where)
    return _only(found, where)


def lock_all(model: type[M], *related: str, of: Sequence[str] = (SELF,), **where: Any) -> list[M]:
    """Every row whose columns equal these, locked in the order of the keys."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"{model.__name__} was locked outside a transaction")
    return _read(model, related, tuple(of), where)


def save(row: Model, *names: str) -> None:
    """Write the named columns of a row that is there. Raises RuntimeError where it is not."""
    fields = [_field(type(row), name) for name in names]
    values = [_value(field, row, is_new=False) for field in fields]
    if prepared.run(_update(type(row), names), [*values, row.pk]).rowcount != 1:
        raise RuntimeError(f"{row!r} is not there to be changed")


def create(row: M) -> M:
    """Write a new row; a key that the database numbers is filled in. Raises IntegrityError."""
    cursor = prepared.run(_insert(type(row)), _values(row))
    if type(row)._meta.auto_field is not None:
        row.pk = cursor.fetchone()[0]
    row._state.adding, row._state.db = False, connection.alias
    return row


def create_once(row: Model) -> bool:
    """Write a new row unless one with the same key is there; False then. Waits for another that is being written."""
    is_new = bool(prepared.run(_insert(type(row), is_once=True), _values(row)).rowcount)
    row._state.adding, row._state.db = not is_new, connection.alias
    return is_new


@dataclass(frozen=True, slots=True)
class _Part:
    """One model of a read: by which path it is reached, and which columns are read."""

    path: str
    model: type[Model]
    fields: tuple[AnyField, ...]

    def build(self, values: Sequence[Any]) -> Model:
        """The row of this part from its columns' values."""
        loaded = list(values)
        for place, field in enumerate(self.fields):
            if hasattr(field, "from_db_value"):
                loaded[place] = field.from_db_value(loaded[place], field, connection)
        return self.model.from_db(connection.alias, [field.attname for field in self.fields], loaded)


def _only(found: list[M], where: dict[str, Any]) -> M | None:
    if len(found) > 1:
        raise RuntimeError(f"{', '.join(where)} names {len(found)} rows, for instance {found[0]!r}")
    return found[0] if found else None


def _read(model: type[M], related: tuple[str, ...], of: tuple[str, ...], where: dict[str, Any]) -> list[M]:
    if None in where.values():
        raise TypeError(f"{model.__name__}: nothing equals NULL")
    parts, text = _select(model, related, of, tuple(where))
    parameters = [_field(model, name).get_db_prep_value(value, connection) for name, value in where.items()]
    found: list[Any] = [_build(parts, row) for row in prepared.run(text, parameters).fetchall()]
    return found


def _build(parts: Sequence[_Part], values: Sequence[Any]) -> Model:
    """The row of the first part, the others set at their foreign keys."""
    built: dict[str, Model] = {}
    place = 0
    for part in parts:
        built[part.path] = part.build(values[place : place + len(part.fields)])
        place += len(part.fields)
        if part.path != SELF:
            before, _, name = part.path.rpartition("__")
            setattr(built[before or SELF], name, built[part.path])
    return built[SELF]


@lru_cache(maxsize=256)
def _select(
    model: type[Model], related: tuple[str, ...], of: tuple[str, ...], names: tuple[str, ...]
) -> tuple[list[_Part], str]:
    """The parts of a read and its text: inner joins along the foreign keys, which must not be empty."""
    parts = {SELF: _Part(SELF, model, tuple(model._meta.concrete_fields))}
    joins = [f"{_quoted(model._meta.db_table)} AS {_quoted(SELF)}"]
    for path in related:
        steps = path.split("__")
        for depth, name in enumerate(steps, start=1):
            here, before = "__".join(steps[:depth]), "__".join(steps[: depth - 1]) or SELF
            if here in parts:
                continue
            key = parts[before].model._meta.get_field(name)
            if not isinstance(key, ForeignKey) or key.null:
                raise TypeError(f"{model.__name__}: {here} is no foreign key that is always filled")
            other: type[Model] = key.related_model
            later = getattr(other, "READ_LATER", ())
            parts[here] = _Part(here, other, tuple(f for f in other._meta.concrete_fields if f.name not in later))
            joins.append(
                f"JOIN {_quoted(other._meta.db_table)} AS {_quoted(here)}"
                f" ON {_quoted(here)}.{_column(key.target_field)} = {_quoted(before)}.{_column(key)}"
            )
    columns = ", ".join(f"{_quoted(part.path)}.{_column(field)}" for part in parts.values() for field in part.fields)
    equal = " AND ".join(f"{_quoted(SELF)}.{_column(_field(model, name))} = %s" for name in names)
    text = f"SELECT {columns} FROM {' '.join(joins)} WHERE {equal}"  # noqa: S608  names of our own models only
    if of:
        order = f"{_quoted(SELF)}.{_column(model._meta.pk)}"
        text += f" ORDER BY {order} FOR NO KEY UPDATE OF {', '.join(map(_quoted, of))}"
    return list(parts.values()), text


@lru_cache(maxsize=256)
def _update(model: type[Model], names: tuple[str, ...]) -> str:
    columns = ", ".join(f"{_column(_field(model, name))} = %s" for name in names)
    key = _column(model._meta.pk)
    return f"UPDATE {_quoted(model._meta.db_table)} SET {columns} WHERE {key} = %s"  # noqa: S608  as above


@lru_cache(maxsize=256)
def _insert(model: type[Model], *, is_once: bool = False) -> str:
    columns = ", ".join(_column(field) for field in _written(model))
    places = ", ".join("%s" for _ in _written(model))
    key = model._meta.auto_field
    end = f" RETURNING {_column(key)}" if key is not None else ""
    end = " ON CONFLICT DO NOTHING" if is_once else end
    return f"INSERT INTO {_quoted(model._meta.db_table)} ({columns}) VALUES ({places}){end}"  # noqa: S608  as above


@lru_cache(maxsize=256)
def _written(model: type[Model]) -> tuple[AnyField, ...]:
    return tuple(field for field in model._meta.concrete_fields if field is not model._meta.auto_field)


def _values(row: Model) -> list[Any]:
    return [_value(field, row, is_new=True) for field in _written(type(row))]


def _value(field: AnyField, row: Model, *, is_new: bool) -> Any:
    return field.get_db_prep_save(field.pre_save(row, is_new), connection)


@lru_cache(maxsize=1024)
def _field(model: type[Model], name: str) -> AnyField:
    """A column by its field's or its attribute's name (`trade`, `trade_id`)."""
    for field in model._meta.concrete_fields:
        if name in {field.name, field.attname}:
            return field
    raise TypeError(f"{model.__name__} has no column {name}")


def _column(field: AnyField) -> str:
    if field.column is None:
        raise TypeError(f"{field} is no column")
    return _quoted(field.column)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
