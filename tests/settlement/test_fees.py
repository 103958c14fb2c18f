"""Shares are exact for every amount and every rule."""

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market import rules
from market.kernel import clock, money
from market.kernel.money import MINOR_MAX
from market.participants.members import OrganisationKind
from market.participants.models import Organisation
from market.rules import Rule
from settlement import books, escrow, fees
from tests.settlement.builders import Market, given_organisation


def rule(share_bp: int, minimum: int = 0, maximum: int | None = None) -> dict[str, Any]:
    return {
        "name": "fee.platform",
        "version": 1,
        "value": {"share_bp": share_bp, "minimum_minor": minimum, "maximum_minor": maximum},
    }


@given(
    amount=st.integers(1, MINOR_MAX),
    share_bp=st.integers(0, 10_000),
    minimum=st.integers(0, 10**9),
    above=st.none() | st.integers(0, 10**9),
    tax=st.integers(0, 10_000),
)
def test_shares_sum_to_the_amount_and_none_is_negative(
    amount: int, share_bp: int, minimum: int, above: int | None, tax: int
) -> None:
    fee = rule(share_bp, minimum, None if above is None else minimum + above)
    fees.check(fee, tax)

    shares = fees.divide(amount, fee, tax)

    assert shares.payee_minor + shares.fee_minor + shares.vat_minor == amount
    assert min(shares.payee_minor, shares.fee_minor, shares.vat_minor) >= 0
    exact = Fraction(shares.fee_gross_minor * tax, 10_000 + tax)
    assert abs(shares.vat_minor - exact) <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("amount", "fee", "shares"),
    [
        (48_000, rule(500), (45_600, 2_264, 136)),
        (1, rule(500), (1, 0, 0)),
        (10, rule(500), (9, 1, 0)),  # 0.5 fen is rounded up
        (48_000, rule(500, minimum=5_000), (43_000, 4_717, 283)),
        (100, rule(500, minimum=5_000), (0, 94, 6)),  # never above the amount
        (10_000_000, rule(500, maximum=100_000), (9_900_000, 94_340, 5_660)),
        (48_000, rule(0), (48_000, 0, 0)),
    ],
)
def test_shares_by_hand(amount: int, fee: dict[str, Any], shares: tuple[int, int, int]) -> None:
    found = fees.divide(amount, fee, 600)

    assert (found.payee_minor, found.fee_minor, found.vat_minor) == shares


@pytest.mark.parametrize(
    "fee",
    [
        {},
        {"name": "x", "version": 1, "value": {}},
        rule(10_001),
        rule(-1),
        rule(500, minimum=-1),
        rule(500, minimum=10, maximum=9),
    ],
)
def test_a_rule_that_cannot_be_computed_stops_the_opening(fee: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"fee|maximum"):
        fees.check(fee, 600)


TIERED = rule(500) | {
    "value": rule(500)["value"]
    | {"tiers": [{"from_minor": 10_000_000, "share_bp": 300}, {"from_minor": 100_000_000, "share_bp": 100}]}
}


@pytest.mark.parametrize(
    ("amount", "fee_gross"),
    [(9_999_999, 500_000), (10_000_000, 500_000), (20_000_000, 800_000), (200_000_000, 4_200_000)],
)
def test_a_tier_takes_its_share_from_its_part_of_the_amount(amount: int, fee_gross: int) -> None:
    fees.check(TIERED, 600)

    assert fees.divide(amount, TIERED, 600).fee_gross_minor == fee_gross


@given(
    first=st.integers(0, 10_000),
    steps=st.lists(st.tuples(st.integers(1, 10**12), st.integers(0, 10_000)), max_size=5),
    amounts=st.lists(st.integers(1, MINOR_MAX), min_size=2, max_size=2),
    tax=st.integers(0, 10_000),
)
def test_tiers_sum_exactly_and_a_larger_amount_never_leaves_less(
    first: int, steps: list[tuple[int, int]], amounts: list[int], tax: int
) -> None:
    start, tiers = 0, []
    for width, share in steps:
        start += width
        tiers.append({"from_minor": start, "share_bp": share})
    fee = rule(first)
    fee["value"]["tiers"] = tiers
    fees.check(fee, tax)

    small, large = (fees.divide(amount, fee, tax) for amount in sorted(amounts))

    for amount, shares in zip(sorted(amounts), (small, large), strict=True):
        assert shares.payee_minor + shares.fee_minor + shares.vat_minor == amount
        assert min(shares.payee_minor, shares.fee_minor, shares.vat_minor) >= 0
        parts = [
            Fraction((min(amount, end) - begin) * share, 10_000)
            for (begin, share), end in zip(
                [(0, first), *((tier["from_minor"], tier["share_bp"]) for tier in tiers)],
                [*(tier["from_minor"] for tier in tiers), MINOR_MAX],
                strict=True,
            )
            if amount > begin
        ]
        assert abs(shares.fee_gross_minor - sum(parts, Fraction(0))) <= Fraction(1, 2)
    assert large.payee_minor >= small.payee_minor


@given(amount=st.integers(1, MINOR_MAX), weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=9))
def test_several_suppliers_share_what_is_left_to_the_last_fen(amount: int, weights: list[int]) -> None:
    weights[0] += 1
    left = fees.divide(amount, TIERED, 600).payee_minor

    parts = money.split(left, weights)

    assert sum(parts) == left
    assert all(
        abs(part - Fraction(left * weight, sum(weights))) < 1 for part, weight in zip(parts, weights, strict=True)
    )


SCHEDULE: dict[str, Any] = {
    "share_bp": 500,
    "minimum_minor": 0,
    "maximum_minor": None,
    "sectors": {"health": {"share_bp": 200, "minimum_minor": 100, "maximum_minor": 9_000}},
    "waivers": [
        {"kind": "public_body", "legal_basis": "条例 8"},
        {"sector": "agriculture", "until": "2026-12-31", "legal_basis": "惠农通知 3"},
    ],
}


@pytest.fixture
def schedule(db: None) -> Iterator[Rule]:
    made = Rule.objects.create(
        name=fees.RULE, version=2, value=SCHEDULE, legal_basis="收费公告 2", effective_from=clock.now()
    )
    rules.forget()
    yield made
    rules.forget()


def payee(sector: str, kind: OrganisationKind = OrganisationKind.ENTERPRISE) -> UUID:
    organisation = given_organisation(kind=kind)
    Organisation.objects.filter(id=organisation.id).update(sector=sector)
    return organisation.id


def test_a_sector_has_its_own_rule_and_all_others_the_common_one(schedule: Rule) -> None:
    assert fees.fixed(payee("health"))["value"] == SCHEDULE["sectors"]["health"]
    assert fees.fixed(payee("data"))["value"] == {"share_bp": 500, "minimum_minor": 0, "maximum_minor": None}


def test_a_waiver_names_its_legal_basis_and_ends_on_its_day(schedule: Rule) -> None:
    farmer = payee("agriculture")
    public = payee("health", OrganisationKind.PUBLIC_BODY)

    assert fees.fixed(public)["value"]["waived"] == "条例 8"
    assert fees.divide(48_000, fees.fixed(farmer), 600) == fees.Shares(48_000, 0, 0)
    with clock.shifted(timedelta(days=400)):
        rules.forget()
        assert "waived" not in fees.fixed(farmer)["value"]


def test_the_agreement_keeps_the_version_that_it_names(schedule: Rule) -> None:
    old = fees.fixed(payee("health"), version=1)

    assert (old["version"], old["value"]["share_bp"]) == (1, 500)
    with pytest.raises(rules.NoSuchRule):
        fees.fixed(payee("health"), version=9)


def test_a_waived_fee_goes_to_the_payee_and_books_no_fee(market: Market) -> None:
    value = {"share_bp": 500, "minimum_minor": 0, "maximum_minor": None, "waived": "条例 8"}
    obligation = market.funded(48_000, fee={"name": fees.RULE, "version": 1, "value": value})

    released = escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)

    assert (released.payee_minor, released.fee_minor, released.vat_minor) == (48_000, 0, 0)
    assert books.check() == []


@pytest.mark.parametrize(
    "more",
    [
        {"tiers": [{"from_minor": 0, "share_bp": 1}]},
        {"tiers": [{"from_minor": 5, "share_bp": 1}, {"from_minor": 5, "share_bp": 1}]},
        {"tiers": [{"from_minor": 5, "share_bp": 10_001}]},
        {"waived": " "},
        {"discount": 1},
    ],
)
def test_tiers_that_do_not_rise_and_waivers_without_basis_are_refused(more: dict[str, Any]) -> None:
    fee = rule(500)
    fee["value"] |= more

    with pytest.raises(ValueError, match=r"tiers|taken|basis|fixed"):
        fees.check(fee, 600)


@pytest.mark.parametrize("tax", [-1, 10_001])
def test_a_tax_rate_is_a_share(tax: int) -> None:
    with pytest.raises(ValueError, match="tax rate"):
        fees.check(rule(500), tax)
