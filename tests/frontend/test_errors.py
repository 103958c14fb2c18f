"""What a reader sees when a page cannot be shown."""

import logging
import re
from collections.abc import Iterator
from importlib import import_module

import pytest
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path

from frontend import refusals
from frontend.urls import pages
from market import access
from market.kernel.errors import FieldProblem, Invalid, MarketError, NotAllowed, NotFound

pytestmark = pytest.mark.django_db
for module in sorted(settings.BASE_DIR.glob("*/errors.py")):
    import_module(f"{module.parent.name}.errors")  # a refusal of a room that nobody imported yet counts too


@access.allow(access.PUBLIC)
def refuse(request: HttpRequest) -> HttpResponse:
    raise NotAllowed("需要角色：签署人。")


@access.allow(access.PUBLIC)
def miss(request: HttpRequest) -> HttpResponse:
    raise NotFound("账本里没有这个指纹。在全部 18,216 条里查过。")


@access.allow(access.PUBLIC)
def break_down(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("boom")


urlpatterns = [
    path("refuse", refuse),
    path("miss", miss),
    path("break", break_down),
    path("accounts/", include("allauth.account.urls")),
    path("", include((pages, "frontend"))),
]
handler403 = "frontend.views.errors.forbidden"
handler404 = "frontend.views.errors.not_found"
handler500 = "frontend.views.errors.server_error"


@pytest.fixture(autouse=True)
def _addresses() -> Iterator[None]:
    with override_settings(ROOT_URLCONF=__name__):
        yield


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


def test_a_refusal_becomes_a_page_with_its_cause_and_its_explanation(visitor: Client) -> None:
    response = visitor.get("/refuse")

    assert response.status_code == 403
    text = response.content.decode()
    assert "需要角色：签署人。" in text
    assert 'href="/problems/not-allowed"' in text


def test_for_htmx_a_refusal_is_a_box_on_the_open_page(visitor: Client) -> None:
    response = visitor.get("/refuse", headers={"HX-Request": "true"})

    assert response.status_code == 403
    assert response["HX-Retarget"] == "#refusal"
    assert "<html" not in response.content.decode()


def test_not_found_says_where_was_looked(visitor: Client) -> None:
    response = visitor.get("/miss")

    assert response.status_code == 404
    assert "在全部 18,216 条里查过" in response.content.decode()


def test_an_unknown_address_offers_the_way_home(visitor: Client) -> None:
    response = visitor.get("/nowhere/at/all")

    assert response.status_code == 404
    assert "这个地址没有内容" in response.content.decode()


def test_a_fault_while_reading_promises_that_nothing_was_paid(
    visitor: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="frontend.views.errors"):
        response = visitor.get("/break")

    text = response.content.decode()
    found = re.search(r"E-[2-9A-HJKMNP-Z]{4}-\d{8}", text)
    assert response.status_code == 500
    assert found is not None
    assert found[0] in caplog.text
    assert "没有付款，也没有签署" in text
    assert 'href="/break"' in text


def test_a_fault_after_a_form_promises_nothing_it_cannot_know(visitor: Client) -> None:
    text = visitor.post("/break").content.decode()

    assert "没有付款" not in text
    assert 'href="/break"' not in text
    assert "以对应页面上的状态为准" in text


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.__name__) for kind in refusals.known()])
def test_every_refusal_has_a_page_that_explains_it(visitor: Client, kind: type[MarketError]) -> None:
    response = visitor.get(f"/problems/{kind.slug()}")

    assert response.status_code == 200
    assert str(int(kind.status)) in response.content.decode()


def test_an_unknown_refusal_has_no_page(visitor: Client) -> None:
    assert visitor.get("/problems/no-such-thing").status_code == 404


def test_a_form_without_its_proof_of_origin_is_refused_with_a_way_on() -> None:
    response = Client(enforce_csrf_checks=True).post("/theme", {"theme": "dark"})

    assert response.status_code == 403
    assert "theme" not in response.cookies
    assert "没有付款，也没有签署" in response.content.decode()


class PriceForm(forms.Form):
    """A form with one field."""

    price = forms.CharField(label="价格")


def test_a_wrong_field_is_told_beside_it_and_all_else_on_top() -> None:
    form = PriceForm({"price": "0"})
    assert form.is_valid()

    refusals.explain(
        form,
        Invalid(
            [
                FieldProblem(field="price", reason="低于 0.01 元", fix="免费请选「免费」"),
                FieldProblem(field="currency", reason="不认识", fix=""),
            ]
        ),
    )

    assert form.errors == {"price": ["低于 0.01 元，免费请选「免费」"], "__all__": ["currency: 不认识"]}
    assert form["price"].value() == "0"


def test_a_refusal_that_names_no_field_stands_on_top() -> None:
    form = PriceForm({"price": "1"})

    refusals.explain(form, NotAllowed("需要角色：交易员。"))

    assert form.non_field_errors() == ["需要角色：交易员。"]
