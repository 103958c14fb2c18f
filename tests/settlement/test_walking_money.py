"""The money of one trade: owed, paid by statement into escrow, released to the supplier less the fee."""

from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from market import holds
from market.events.models import Event, Opening
from market.kernel import ids
from market.kernel.errors import NotAllowed, NotFound
from market.participants.members import Role
from settlement import accounts, escrow, ledger, statements
from settlement.accounts import Code
from settlement.errors import NotFunded, OtherTerms
from settlement.models import Obligation, Posting, Release, StatementLine, Transfer
from settlement.states import LineState, ObligationState
from tests.settlement.builders import Market, given_member, given_organisation, refused, urn


def balances(obligation: Obligation) -> dict[str, int]:
    """Every balance that the money of one trade touches."""
    currency = obligation.currency
    keys = {
        "bank": accounts.bank(currency),
        "buyer": accounts.org(obligation.payer_id, currency),
        "escrow": accounts.escrow(obligation.reference, currency),
        "supplier": accounts.org(obligation.payee_id, currency),
    } | {
        str(code): accounts.common(code, currency)
        for code in (Code.SUSPENSE, Code.DUE_TO_OPERATOR, Code.FEE, Code.VAT_OUT)
    }
    return {name: ledger.balance(key) for name, key in keys.items()}


def test_a_matched_receipt_lies_in_escrow_to_the_fen(market: Market) -> None:
    obligation = market.opened(48_000)

    statement = market.imported(("480.00", f"货款{obligation.payment_reference}"))

    obligation.refresh_from_db()
    assert obligation.state == ObligationState.FUNDED
    assert obligation.received_minor == 48_000
    line = StatementLine.objects.get(statement=statement)
    assert (line.state, line.obligation_id) == (LineState.MATCHED, obligation.id)
    assert balances(obligation) == {
        "bank": 48_000, "buyer": 0, "escrow": 48_000, "supplier": 0,
        "suspense": 0, "due_to_operator": 0, "fee": 0, "vat_out": 0,
    }  # fmt: skip
    event = Event.objects.get(kind="payment.received")
    opening = Opening.objects.get(event=event)
    assert opening.subject == obligation.reference
    assert opening.thread == obligation.thread
    assert set(opening.parties) == {market.buyer.id, market.supplier.id}
    assert opening.fields["amount_minor"]["value"] == 48_000
    assert opening.fields["payment_reference"]["value"] == obligation.payment_reference


def test_release_splits_escrow_into_supplier_fee_and_vat(market: Market) -> None:
    obligation = market.funded(48_000)

    made = escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)

    # 5 % of 480.00 is 24.00, of which 24.00 · 6/106 = 1.36 VAT
    assert (made.payee_minor, made.fee_minor, made.vat_minor) == (45_600, 2_264, 136)
    assert balances(obligation) == {
        "bank": 48_000, "buyer": 0, "escrow": 0, "supplier": 45_600,
        "suspense": 0, "due_to_operator": 2_400, "fee": 2_264, "vat_out": 136,
    }  # fmt: skip
    obligation.refresh_from_db()
    assert obligation.state == ObligationState.RELEASED
    assert Opening.objects.get(event__kind="escrow.released").fields["payee_minor"]["value"] == 45_600


def test_a_second_release_answers_the_first_and_moves_nothing(market: Market) -> None:
    obligation = market.funded()
    first = escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)
    postings = Posting.objects.count()

    second = escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)

    assert second.id == first.id
    assert Posting.objects.count() == postings
    assert Event.objects.filter(kind="escrow.released").count() == 1


def test_what_is_not_paid_cannot_be_released(market: Market) -> None:
    obligation = market.opened()

    with refused(NotFunded):
        escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=market.trader)

    assert not Transfer.objects.exists()
    assert not Release.objects.exists()


def test_neither_the_supplier_nor_the_money_desk_nor_a_stranger_releases(market: Market) -> None:
    obligation = market.funded()
    stranger = given_member(given_organisation(), Role.TRADER, Role.FINANCE)

    for by in (market.seller, market.clerk, market.auditor, stranger):
        with refused(NotAllowed):
            escrow.release(reference=obligation.reference_urn, thread=obligation.thread_urn, by=by)

    assert balances(obligation)["escrow"] == 48_000


def test_a_release_belongs_to_its_trade(market: Market) -> None:
    obligation = market.funded()

    with refused(OtherTerms):
        escrow.release(reference=obligation.reference_urn, thread=urn(ids.new_id()), by=market.trader)
    with refused(NotFound):
        escrow.release(reference=urn(ids.new_id()), thread=obligation.thread_urn, by=market.trader)

    assert balances(obligation)["escrow"] == 48_000


@pytest.mark.parametrize("what", ["given at opening", "given at release", "the trade", "the supplier"])
def test_a_hold_stops_the_release_until_it_is_lifted(market: Market, what: str) -> None:
    first, second = urn(ids.new_id()), urn(ids.new_id())
    obligation = market.funded(holds_on=[first])
    subject = {
        "given at opening": first,
        "given at release": second,
        "the trade": str(obligation.thread_urn),
        "the supplier": market.supplier.urn,
    }[what]
    hold = market.hold(subject)
    release = partial(
        escrow.release,
        reference=obligation.reference_urn,
        thread=obligation.thread_urn,
        holds_on=[second],
        by=market.trader,
    )

    with refused(holds.Held):
        release()
    assert balances(obligation)["escrow"] == 48_000

    market.lift(hold)
    release()
    assert balances(obligation)["escrow"] == 0


def test_opening_twice_is_one_obligation_and_other_terms_are_refused(market: Market) -> None:
    obligation = market.opened(48_000)
    same = {"reference": obligation.reference_urn, "thread": obligation.thread_urn}

    assert market.opened(48_000, **same).id == obligation.id
    with refused(OtherTerms):
        market.opened(48_001, **same)

    assert Obligation.objects.count() == 1
    assert Event.objects.filter(kind="obligation.opened").count() == 1


def test_only_a_clerk_imports(market: Market) -> None:
    data = market.csv(("480.00", "x"))

    with refused(NotAllowed):
        statements.import_file(name="x.csv", data=data, by=market.finance)

    assert not Transfer.objects.exists()


def test_the_same_file_again_is_the_same_statement(market: Market) -> None:
    obligation = market.opened()
    data = market.csv(("480.00", obligation.payment_reference))
    first = statements.import_file(name="a.csv", data=data, by=market.clerk)

    second = statements.import_file(name="b.csv", data=data, by=market.clerk)

    assert second.id == first.id
    assert balances(obligation)["bank"] == 48_000
    assert Event.objects.filter(kind="statement.imported").count() == 1


def statements_of(queries: CaptureQueriesContext) -> int:
    """Without the savepoint that a verb takes inside another transaction, here the test's."""
    return sum("SAVEPOINT" not in query["sql"] for query in queries.captured_queries)


def test_each_verb_takes_few_statements(market: Market) -> None:
    """performance.md §1: at most 8 for each verb of the hot path, once the rules are known."""
    market.funded()
    with CaptureQueriesContext(connection) as opening:
        obligation = market.opened()
    market.imported(("480.00", obligation.payment_reference))
    with CaptureQueriesContext(connection) as releasing:
        escrow.release(reference=urn(obligation.reference), thread=obligation.thread_urn, by=market.trader)

    assert statements_of(opening) <= 8
    assert statements_of(releasing) <= 8
