import pytest
from market import rules
@pytest.mark.django_db
def test_x(client):
    assert rules.current("tax.vat").value
    print(client.get("/healthz").content, client.get("/accounts/login/"))
