"""Ceilings on calls, counted in each web process's own memory: no database write, no broker, nothing to wait for.

A node with n web processes lets through up to n times the figure. Lockout of passwords, where that would matter, is
allauth's and counts in the shared cache.
"""

import threading
import time
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _t

from market.kernel.errors import TooMany

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
_KEYS_MAX: Final = 50_000  # then the callers longest unseen are forgotten


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls in so many seconds."""

    amount: int
    period_s: int


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


_buckets: dict[tuple[str, str], _Bucket] = {}
_lock = threading.Lock()


def rate(name: str) -> Rate:
    """The ceiling of this name in settings, e.g. "600/m". Raises KeyError, ValueError for a malformed one."""
    amount, _, unit = settings.RATE_LIMITS[name].partition("/")
    return Rate(amount=int(amount), period_s=_SECONDS[unit])


def take(name: str, caller: str) -> None:
    """Count one call. Raises TooMany with `retry_after_s` when the caller has none left.

    A token bucket: a burst up to the whole amount, refilled evenly.
    """
    limit = rate(name)
    now = time.monotonic()
    per_s = limit.amount / limit.period_s
    with _lock:
        bucket = _buckets.pop((name, caller), None) or _Bucket(left=limit.amount, at=now)
        bucket.left = min(limit.amount, bucket.left + (now - bucket.at) * per_s)
        bucket.at = now
        _buckets[name, caller] = bucket  # last in order: most lately seen
        if len(_buckets) > _KEYS_MAX:
            del _buckets[next(iter(_buckets))]
        if bucket.left >= 1:
            bucket.left -= 1
            return
        wait_s = int((1 - bucket.left) / per_s) + 1
    raise TooMany(_t("Try again in %(n)d seconds.") % {"n": wait_s}, retry_after_s=wait_s)


def forget() -> None:
    """Forget all callers."""
    with _lock:
        _buckets.clear()
