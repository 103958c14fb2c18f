"""Column types that Django does not bring."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

# Django's fields are generic to the type checker only. Patching them at run time costs every process half a second.
if TYPE_CHECKING:
    _Number = models.BigIntegerField[int, int]
    _TransactionId = models.Field[int, int]
    _Spans = models.Field[list[tuple[int, int]], list[tuple[int, int]]]
else:
    _Number, _TransactionId, _Spans = models.BigIntegerField, models.Field, models.Field


class IdentityField(_Number):
    """A number the database gives in order of insertion; gaps are allowed, order of commit is not promised."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "bigint GENERATED ALWAYS AS IDENTITY"


class TransactionIdField(_TransactionId):
    """The 64-bit id of the inserting transaction, filled by the database."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "xid8 DEFAULT pg_current_xact_id()"

    def from_db_value(self, value: Any, *_: Any) -> int | None:
        return None if value is None else int(value)


class MultirangeField(_Spans):
    """Whole-number spans from start to end (exclusive); the database joins what touches (int8multirange)."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "int8multirange"

    def from_db_value(self, value: Any, *_: Any) -> list[tuple[int, int]]:
        return [(span.lower, span.upper) for span in value]

    def get_prep_value(self, value: Any) -> str:
        return "{" + ",".join(f"[{start},{end})" for start, end in value) + "}"
