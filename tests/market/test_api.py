"""What programs hear when something below the API fails."""

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client

from listings import queries


@pytest.mark.parametrize("failure", [OperationalError("the server closed the connection"), InterfaceError("closed")])
def test_a_database_that_is_away_is_told_as_such_and_when_to_ask_again(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(queries, "catalogue", fail)

    answer = Client().get("/api/listings/catalogue", headers={"Accept-Language": "en"})

    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "2"
    assert answer.json()["type"].endswith("/unavailable")
    assert "closed" not in answer.content.decode()
