"""What law or the operator may change: versioned rows with legal basis and date, never constants in code."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from django.db import models
from django.db.models import QuerySet

from market.kernel import clock


class Rule(models.Model):
    """One version of one rule; a decision stores the version it used."""

    APPEND_ONLY: ClassVar = True

    name = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    value = models.JSONField()
    legal_basis = models.CharField(max_length=200)
    effective_from = models.DateTimeField()

    class Meta:
        app_label = "market"
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="rule_one_per_version")]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


_START: Final = datetime(2024, 3, 1, tzinfo=UTC)  # the regulation's first day
# name → (value, legal basis). First versions; later ones are rows, not edits of this table.
FIRST: Final[Mapping[str, tuple[dict[str, Any], str]]] = {
    "fee.platform": (
        {"share_bp": 500, "minimum_minor": 0, "maximum_minor": None},
        "电子商务法 34; market fee schedule",
    ),
    "tax.vat": ({"rate_bp": 600}, "增值税法 10"),
    "terms.participant": ({"version": 1}, "数据安全法 33; 电子商务法 32"),
    "trade.payment_due_days": ({"days": 7}, "market trading rules"),
    "trade.acceptance_days": ({"days": 3}, "market trading rules"),
    "trade.negotiation_days": ({"days": 30}, "market trading rules"),
    "listing.publicity_days": ({"days": 0}, "market trading rules"),
    "listing.review_days": ({"days": 2}, "market trading rules"),
    "admission.review_days": ({"days": 2}, "market trading rules"),
    "access.without_signature": ({"allowed": False}, "电子签名法 13"),
    "payout.second_person_above_minor": ({"amount_minor": 0}, "market trading rules"),
    "escrow.reserve_days": ({"days": 0}, "market trading rules"),
    "preview.floor_rows": ({"rows": 20}, "个人信息保护法 51"),
    "invitation.days": ({"days": 7}, "market trading rules"),
    "notification.remind_hours": ({"hours": 24}, "market trading rules"),
}
_CACHE_S: Final = 2.0
_cache: dict[str, tuple[float, "Rule"]] = {}
_versions: dict[tuple[str, int], "Rule"] = {}


class NoSuchRule(RuntimeError):
    """A rule was asked for that nobody ever set: a fault of ours."""


def current(name: str) -> Rule:
    """The version of a rule in force now. Looked up again after two seconds. Raises NoSuchRule."""
    kept = _cache.get(name)
    if kept and kept[0] > time.monotonic():
        return kept[1]
    rule = in_force(name).first()
    if rule is None:
        raise NoSuchRule(name)
    _cache[name] = (time.monotonic() + _CACHE_S, rule)
    return rule


def of_version(name: str, version: int) -> Rule:
    """One version of a rule, as a document names it. Versions never change. Raises NoSuchRule."""
    kept = _versions.get((name, version))
    if kept is None:
        kept = Rule.objects.filter(name=name, version=version).first()
        if kept is None:
            raise NoSuchRule(f"{name} v{version}")
        _versions[name, version] = kept
    return kept


def in_force(name: str) -> QuerySet[Rule]:
    """The versions that have taken effect, newest first."""
    return Rule.objects.filter(name=name, effective_from__lte=clock.now()).order_by("-version")


def forget() -> None:
    """Drop what was looked up; the next question reads the table."""
    _cache.clear()
    _versions.clear()


def write_first_versions(**_: Any) -> None:
    """Put the standing rows in place after a migration or a flush; existing rows are left alone."""
    forget()
    Rule.objects.bulk_create(
        [
            Rule(name=name, version=1, value=value, legal_basis=basis, effective_from=_START)
            for name, (value, basis) in FIRST.items()
        ],
        ignore_conflicts=True,
    )
