"""Right operands as values: moments, durations, counts and amounts."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

# Agreements prevail in Chinese: a bare date is a whole day, a month a calendar month, of China standard time.
CHINA: Final = timezone(timedelta(hours=8))
END_OF_TIME: Final = datetime.max.replace(tzinfo=UTC)

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_DATE_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(:\d{2})?(?:\.(\d{1,6}))?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_DURATION = re.compile(
    r"P(?=[\dT])(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?"
    r"(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,8})S)?)?",
    re.ASCII,
)
_COUNT = re.compile(r"\d{1,12}", re.ASCII)
_AMOUNT = re.compile(r"\d{1,15}(\.\d{1,4})?", re.ASCII)
YEARS: Final = range(1900, 9000)


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time, or a whole day when `end` (its first moment after) is given."""

    start: datetime
    end: datetime | None = None

    def is_after(self, at: datetime) -> bool:
        """Does `at` lie before this moment begins?"""
        return at < self.start

    def is_over(self, at: datetime) -> bool:
        """Has this moment passed at `at`?"""
        return at > self.start if self.end is None else at >= self.end


@dataclass(frozen=True, slots=True)
class Duration:
    """A calendar part in months and an exact part in seconds."""

    months: int
    seconds: int

    def after(self, start: datetime) -> datetime:
        """The moment this long after `start`, in UTC; never past the end of the calendar."""
        try:
            local = start.astimezone(CHINA)
            year, month = divmod(local.year * 12 + local.month - 1 + self.months, 12)
            day = min(local.day, _days_in(year, month + 1))
            moved = local.replace(year=year, month=month + 1, day=day)
            return (moved + timedelta(seconds=self.seconds)).astimezone(UTC)
        except (OverflowError, ValueError):
            return END_OF_TIME


def moment(text: str) -> Moment | None:
    """Read an xsd:date, or an xsd:dateTime with its zone (seconds may be missing); None if it is neither."""
    try:
        if match := _DATE.fullmatch(text):
            day = date(*(int(part) for part in match.groups()))
            start = datetime(day.year, day.month, day.day, tzinfo=CHINA).astimezone(UTC)
            found = Moment(start, start + timedelta(days=1))
        elif match := _DATE_TIME.fullmatch(text):
            day_text, clock, seconds, fraction, zone = match.groups()
            iso = f"{day_text}T{clock}{seconds or ':00'}.{(fraction or '0').ljust(6, '0')}{zone}"
            found = Moment(datetime.fromisoformat(iso).astimezone(UTC))
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return found if found.start.astimezone(CHINA).year in YEARS else None


def duration(text: str) -> Duration | None:
    """Read an ISO 8601 duration of whole units, such as P1Y6M, P30D, PT24H; None if it is none."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return Duration(years * 12 + months, ((weeks * 7 + days) * 24 + hours) * 3600 + minutes * 60 + seconds)


def count(text: str) -> int | None:
    """Read a whole number from 0; None if it is none."""
    return int(text) if _COUNT.fullmatch(text) else None


def is_amount(text: str) -> bool:
    """Is this a price in major units, such as 480.00?"""
    return _AMOUNT.fullmatch(text) is not None


def _days_in(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day
