"""How much is traded, as anybody may know it: numbers of closed trades, and sums only where many stand behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Sum
from django.db.models.functions import TruncWeek

from contracts.models import Trade
from contracts.states import TradeState
from market.kernel import clock

# A sum of fewer trades would tell what one of them cost.
SUM_TRADES_MIN: Final = 5


@dataclass(frozen=True, slots=True)
class Week:
    """One week from Monday, in the market's time zone; amount_minor: None where too few trades stand behind it."""

    begins_on: date
    trades: int
    amount_minor: int | None


def weeks(count: int = 12) -> Sequence[Week]:
    """Closed trades of the last weeks, the current one last; weeks without any are there too."""
    zone = ZoneInfo(settings.MARKET_TIME_ZONE)
    today = clock.now().astimezone(zone).date()
    current = today - timedelta(days=today.weekday())
    first = current - timedelta(weeks=count - 1)
    rows = (
        Trade.objects.filter(state=TradeState.CLOSED, ended_at__gte=_midnight(first, zone))
        .annotate(week=TruncWeek("ended_at", tzinfo=zone))
        .values("week")
        .annotate(trades=Count("id", distinct=True), amount=Sum("periods__amount_minor"))
        .order_by("week")
    )
    found = {row["week"].date(): (row["trades"], row["amount"] or 0) for row in rows}
    shown = []
    for number in range(count):
        begins_on = first + timedelta(weeks=number)
        trades, amount = found.get(begins_on, (0, 0))
        shown.append(Week(begins_on, trades, amount if trades >= SUM_TRADES_MIN else None))
    return shown


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
