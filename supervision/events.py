"""The kinds of event that this room tells."""

from market.events.kinds import declare

_FOUR_EYES = "条例 31; market trading rules"

declare("order.proposed", basis=_FOUR_EYES, number=str, does=str, scope=str, reason=str, legal_basis=str)
declare("order.confirmed", basis=_FOUR_EYES, number=str, does=str, hold=str)
declare("order.withdrawn", basis=_FOUR_EYES, number=str, reason=str)
