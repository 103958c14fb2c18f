"""Every test body runs as market_app, the role that serves; only set-up and flush are market_owner's."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase
from django.test.utils import override_settings, setup_databases, teardown_databases
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker

from market import limits

OWNER, APP = "market_owner", "market_app"


@contextmanager
def connected_as(role: str, alias: str = "default") -> Iterator[BaseDatabaseWrapper]:
    """Reconnect as the role, and back afterwards. Other threads' new connections follow too."""
    connection = connections[alias]
    assert not connection.in_atomic_block, "this reconnects: mark the test django_db(transaction=True)"
    before = connection.settings_dict["USER"]
    connection.close()
    connection.settings_dict["USER"] = role
    try:
        yield connection
    finally:
        connection.close()
        connection.settings_dict["USER"] = before


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Make and migrate the test database as its owner, then hand it to market_app."""
    connection = connections["default"]
    # A pool would hand out connections of the role before; a connection for each thread is what tests want.
    connection.settings_dict["OPTIONS"].pop("pool", None)
    with django_db_blocker.unblock(), connected_as(OWNER):
        made = setup_databases(verbosity=0, interactive=False, serialized_aliases=[])
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]  # a hook the stubs leave out

    def flush_as_owner(case: TransactionTestCase) -> None:
        with connected_as(OWNER) as owner:
            with owner.cursor() as cursor:
                # A transaction that a test forgot in another thread fails the test instead of hanging it.
                cursor.execute("SET lock_timeout = '20s'")
            flush(case)  # ends with post_migrate, which brings the standing rows back

    with pytest.MonkeyPatch.context() as patch:
        # TestCase overrides it with its own rollback; only transactional tests come here.
        patch.setattr(TransactionTestCase, "_fixture_teardown", flush_as_owner)
        yield
    with django_db_blocker.unblock(), connected_as(OWNER):
        teardown_databases(made, verbosity=0)


@pytest.fixture(autouse=True)
def log_dir(settings: Settings) -> Path:
    """Where this test's log is published: each test has an empty database, so each has an empty folder."""
    folder: Path = settings.VAR_DIR / "logs" / uuid4().hex
    settings.LOG_DIR = folder
    return folder


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """A million rounds of PBKDF2 for every person that a test makes is most of a test's time."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    """All tests call from one address: none may use up what the next one needs."""
    limits.forget()


@pytest.fixture
def as_owner(transactional_db: None) -> Callable[[], AbstractContextManager[BaseDatabaseWrapper]]:
    """`with as_owner() as connection:` for what market_app may not do (damage a row, disable a trigger)."""
    return lambda: connected_as(OWNER)
