"""The platform's fee and the VAT inside it, by the rule that was fixed when the agreement was signed.

The rule fee.platform is a schedule: share_bp, minimum_minor, maximum_minor; and where wanted tiers [{from_minor,
share_bp}], sectors {sector: the same five}, waivers [{sector, kind, until, legal_basis}] for the one who is paid.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from market import rules
from market.kernel import clock, money
from market.participants.models import Organisation

RULE: Final = "fee.platform"
TAX_RULE: Final = "tax.vat"


@dataclass(frozen=True, slots=True)
class Shares:
    """How an amount is divided, in minor units; the three sum to the amount."""

    payee_minor: int
    fee_minor: int  # net of VAT
    vat_minor: int

    @property
    def fee_gross_minor(self) -> int:
        """What the platform takes, with its VAT."""
        return self.fee_minor + self.vat_minor


def in_force() -> dict[str, Any]:
    """The fee rule of today for anybody, as an agreement fixes it: name, version and values."""
    rule = rules.current(RULE)
    return {"name": rule.name, "version": rule.version, "value": _plain(rule.value)}


def fixed(payee_id: UUID, *, version: int | None = None) -> dict[str, Any]:
    """The fee that is fixed in an agreement for the one who is paid: by sector, by tiers, or waived with its basis.

    version: of the schedule, as the agreement names it; None: today's. A waiver counts from the day of signing.
    Raises NoSuchRule, and ValueError for a schedule that cannot be computed.
    """
    rule = rules.current(RULE) if version is None else rules.of_version(RULE, version)
    value = _plain(rule.value)
    if rule.value.get("sectors") or rule.value.get("waivers"):
        payee = Organisation.objects.only("sector", "kind").get(id=payee_id)
        value = dict(rule.value.get("sectors", {}).get(payee.sector, value))
        basis = _waiver(rule.value.get("waivers", []), payee)
        if basis is not None:
            value["waived"] = basis
    fee = {"name": rule.name, "version": rule.version, "value": value}
    check(fee, 0)
    return fee


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    """What the schedule says where nothing special applies."""
    return {name: each for name, each in value.items() if name not in {"sectors", "waivers"}}


def _waiver(waivers: list[dict[str, Any]], payee: Organisation) -> str | None:
    """The legal basis of the first waiver that fits: every condition that it names must hold."""
    today = clock.now().date().isoformat()
    for each in waivers:
        fits = each.get("sector") in {None, payee.sector} and each.get("kind") in {None, payee.kind}
        if fits and (each.get("until") is None or today <= each["until"]):
            return str(each["legal_basis"])
    return None


def tax_rate_bp() -> int:
    """The VAT rate of today, in basis points."""
    rate: int = rules.current(TAX_RULE).value["rate_bp"]
    return rate


def check(fee: dict[str, Any], tax_rate: int) -> None:
    """Raise ValueError unless the fixed rule can be computed: a wrong one must stop the opening, not the release."""
    value = fee["value"] if set(fee) == {"name", "version", "value"} else None
    needed = {"share_bp", "minimum_minor", "maximum_minor"}
    if not isinstance(value, dict) or not needed <= set(value) <= needed | {"tiers", "waived"}:
        raise ValueError(f"not a fixed fee rule: {fee!r}")
    least, most, tiers = value["minimum_minor"], value["maximum_minor"], value.get("tiers", [])
    shares = [value["share_bp"], *(tier["share_bp"] for tier in tiers)]
    if not (all(isinstance(each, int) and 0 <= each <= money.BASIS_POINTS for each in shares)):
        raise ValueError(f"not a fee that can be taken: {value!r}")
    if not (isinstance(least, int) and least >= 0):
        raise ValueError(f"not a fee that can be taken: {value!r}")
    if most is not None and not (isinstance(most, int) and most >= least):
        raise ValueError(f"a maximum below the minimum: {value!r}")
    starts = [0, *(tier["from_minor"] for tier in tiers)]
    if any(later <= earlier for earlier, later in pairwise(starts)):
        raise ValueError(f"the tiers of a fee do not rise: {value!r}")
    if "waived" in value and not str(value["waived"]).strip():
        raise ValueError(f"a fee waived without legal basis: {value!r}")
    if not 0 <= tax_rate <= money.BASIS_POINTS:
        raise ValueError(f"not a tax rate: {tax_rate}")


def divide(amount_minor: int, fee: dict[str, Any], tax_rate: int) -> Shares:
    """Divide an amount: the fee by share, tiers, minimum and maximum (never above the amount), VAT inside the fee.

    A tier's share is taken from the part of the amount above its start only, so a larger amount never leaves the payee
    with less. Half a minor unit is rounded up, once for the fee and once for the VAT; the payee has all the rest.
    """
    value = fee["value"]
    if "waived" in value:
        return Shares(payee_minor=amount_minor, fee_minor=0, vat_minor=0)
    gross = max(_by_tiers(amount_minor, value), value["minimum_minor"])
    if value["maximum_minor"] is not None:
        gross = min(gross, value["maximum_minor"])
    gross = min(gross, amount_minor)
    vat = money.tax_inside(gross, tax_rate)
    return Shares(payee_minor=amount_minor - gross, fee_minor=gross - vat, vat_minor=vat)


def _by_tiers(amount_minor: int, value: dict[str, Any]) -> int:
    """The sum over the tiers, rounded once."""
    tiers = [(0, value["share_bp"]), *((tier["from_minor"], tier["share_bp"]) for tier in value.get("tiers", []))]
    ends = [*(start for start, _ in tiers[1:]), amount_minor]
    pairs = zip(tiers, ends, strict=True)
    parts: list[int] = [max(0, min(amount_minor, end) - start) * share for (start, share), end in pairs]
    return (2 * sum(parts) + money.BASIS_POINTS) // (2 * money.BASIS_POINTS)
