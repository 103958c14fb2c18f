"""The rails that money can come and go by; a further one is a module here and a line in this table."""

from typing import Final

from settlement.rails import bank
from settlement.rails.base import Rail

RAILS: Final[dict[str, Rail]] = {bank.name: bank}
