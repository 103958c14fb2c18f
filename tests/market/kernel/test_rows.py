"""Rows read and written with prepared statements are the rows that Django reads and writes."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from pytest_django import DjangoAssertNumQueries

from contracts.models import Agreement, Negotiation, Period, Signature, Trade, Turn
from delivery import uses
from delivery.models import Grant, Use
from listings.models import Offer
from market.kernel import rows
from market.participants.models import Organisation, PublicKey
from market.rules import Rule
from provenance.models import Certificate
from settlement.models import Obligation, Release, Statement, StatementLine
from tests.builders import given_funded, given_settled, given_stage

READ = (
    Agreement, Grant, Negotiation, Obligation, Offer, Organisation, Period, PublicKey, Release, Rule, Signature,
    Statement, StatementLine, Trade, Turn,
)  # fmt: skip


def _rule(version: int = 1, **value: Any) -> Rule:
    return Rule(
        name="test.rule", version=version, value=value, legal_basis="-", effective_from=datetime(2026, 1, 1, tzinfo=UTC)
    )


def _values(row: Model) -> dict[str, Any]:
    found = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {name: bytes(each) if isinstance(each, memoryview) else each for name, each in found.items()}


@pytest.mark.django_db(transaction=True)
def test_every_row_of_a_trade_is_read_as_django_reads_it() -> None:
    given_settled()

    for model in READ:
        expected = model._default_manager.first()
        assert expected is not None, model
        found = rows.get(model, **{model._meta.pk.attname: expected.pk})
        assert found is not None
        assert _values(found) == _values(expected)
        assert (found._state.adding, found._state.db) == (False, "default")


@pytest.mark.django_db(transaction=True)
def test_spans_of_a_use_come_back_as_spans() -> None:
    stage = given_funded()
    opened = uses.open(stage.grant.id, purpose="internal-analysis", by=stage.buyer.member)
    Use.objects.filter(id=opened.use.id).update(covered=[(0, 3), (5, 9)])

    found = rows.get(Use, "grant__buyer", id=opened.use.id)

    assert found is not None
    assert found.covered == [(0, 3), (5, 9)]
    assert found.grant.buyer.id == stage.buyer.member.organisation_id


@pytest.mark.django_db
def test_related_rows_come_along_and_wide_columns_when_asked_for(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    wanted = given_stage().offer

    with django_assert_num_queries(1):
        found = rows.get(Offer, "version__product__supplier", "version__resource", id=wanted.id)
        assert found is not None
        assert found.version.product.supplier.name == "供方公司"
        assert found.version.resource.file_sha256 == wanted.version.resource.file_sha256
    with django_assert_num_queries(1):
        assert found.version.dictionary == wanted.version.dictionary


@pytest.mark.django_db
def test_a_new_row_has_the_number_that_the_database_gave_it() -> None:
    made = rows.create(_rule(share_bp=500, words=["一", "二"]))

    assert Rule.objects.get(id=made.id).value == {"share_bp": 500, "words": ["一", "二"]}
    assert not made._state.adding


@pytest.mark.django_db
def test_a_row_is_written_once() -> None:
    first, second = (Certificate(kind="trade", subject=given_stage().offer.id) for _ in range(2))
    second.subject = first.subject

    assert rows.create_once(first)
    assert not rows.create_once(second)

    assert Certificate.objects.get(subject=first.subject).id == first.id
    with pytest.raises(IntegrityError, match="certificate_numbered_per_subject"), transaction.atomic():
        rows.create(second)


@pytest.mark.django_db(transaction=True)
def test_only_the_named_columns_are_written() -> None:
    period = given_funded().period
    period.n, period.acceptance_days = 7, None

    rows.save(period, "acceptance_days")

    stored = Period.objects.get(id=period.id)
    assert (stored.n, stored.acceptance_days) == (1, None)
    period.id = Period().id
    with pytest.raises(RuntimeError, match="not there"):
        rows.save(period, "acceptance_days")


@pytest.mark.django_db
def test_what_equals_several_rows_or_null_is_a_mistake() -> None:
    for version in (1, 2):
        rows.create(_rule(version))

    with pytest.raises(RuntimeError, match="names 2 rows"):
        rows.get(Rule, name="test.rule")
    with pytest.raises(TypeError, match="NULL"):
        rows.get(Rule, name=None)
    with pytest.raises(TypeError, match="no column"):
        rows.get(Rule, number=1)
    assert rows.get(Rule, name="test.other") is None


@pytest.mark.django_db(transaction=True)
def test_a_lock_holds_the_named_rows_and_no_others() -> None:
    period = given_funded().period
    with pytest.raises(RuntimeError, match="outside a transaction"):
        rows.lock(Period, id=period.id)

    with transaction.atomic():
        rows.lock(Period, "trade__agreement__negotiation", of=("trade", rows.SELF), id=period.id)
        is_free = {model: _is_free(model) for model in (Trade, Period, Negotiation)}

    assert is_free == {Trade: False, Period: False, Negotiation: True}


def _is_free(model: type[Model]) -> bool:
    """Whether another session can lock the only row of a table."""
    parameters = {name: value for name, value in connection.get_connection_params().items() if name != "cursor_factory"}
    with psycopg.connect(**parameters) as other:
        text = f"SELECT id FROM {model._meta.db_table} FOR SHARE SKIP LOCKED"
        return other.execute(text).fetchone() is not None


@pytest.mark.django_db
def test_the_server_prepares_a_text_once() -> None:
    for version in range(3):
        rows.create(_rule(version))

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT INTO \"market_rule\"%'"
        )
        assert cursor.fetchone() == (1,)
