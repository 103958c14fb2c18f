"""Names, addresses and reasons: what a stranger wrote never leads anywhere."""

import ast
import inspect
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit
from uuid import UUID

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from delivery import addresses, refusals
from delivery.channels.file import disposition
from delivery.errors import BadAddress, UseExpired
from market.kernel import clock, ids
from market.policy import Decision, evaluation
from market.policy.language import Parameter


@pytest.mark.parametrize(
    ("filename", "plain", "full"),
    [
        ("air.csv", "air.csv", "air.csv"),
        ("空气质量 (2020).csv", "____ (2020).csv", "空气质量 (2020).csv"),
        ("../../etc/passwd", "_.._etc_passwd", "_.._etc_passwd"),
        ('a"; filename="evil.exe', "a__ filename__evil.exe", "a_; filename=_evil.exe"),
        ("a\r\nSet-Cookie: x=1.csv", "a__Set-Cookie_ x_1.csv", "a__Set-Cookie_ x=1.csv"),
        ("invoice\u202efdp.exe", "invoice_fdp.exe", "invoice_fdp.exe"),
        ("...", "file", "file"),
        ("", "file", "file"),
    ],
    ids=["plain", "Chinese", "path", "quote", "line end", "right to left", "dots", "empty"],
)
def test_a_file_name_is_shown_and_never_trusted(filename: str, plain: str, full: str) -> None:
    found = disposition(filename)

    assert found.startswith(f"attachment; filename=\"{plain}\"; filename*=UTF-8''")
    assert unquote(found.rpartition("''")[2]) == full


def test_a_long_name_keeps_its_ending() -> None:
    found = unquote(disposition("数" * 300 + ".parquet").rpartition("''")[2])

    assert found.endswith("数.parquet")
    assert len(found.encode()) <= 200


@given(st.text(max_size=400))
def test_no_name_breaks_the_header(filename: str) -> None:
    found = disposition(filename)

    assert re.fullmatch(r"attachment; filename=\"[A-Za-z0-9._ ()+-]+\"; filename\*=UTF-8''[A-Za-z0-9%._~-]+", found)


def test_an_address_names_its_use_until_it_expires() -> None:
    use_id, until = ids.new_id(), clock.now() + timedelta(minutes=30)
    parts = urlsplit(addresses.of(use_id, until))

    assert addresses.read(parts.path, parts.query) == use_id
    with clock.shifted(timedelta(minutes=31)), pytest.raises(UseExpired):
        addresses.read(parts.path, parts.query)


def test_an_address_of_another_market_is_not_ours(settings: Settings) -> None:
    parts = urlsplit(addresses.of(ids.new_id(), clock.now() + timedelta(minutes=30)))
    settings.SECRET_KEY = "another"

    with pytest.raises(BadAddress):
        addresses.read(parts.path, parts.query)


@given(st.text(max_size=120), st.text(max_size=120))
def test_no_made_up_address_is_accepted(path: str, query: str) -> None:
    with pytest.raises((BadAddress, UseExpired)):
        addresses.read(path, query)


def test_the_signature_binds_use_and_time() -> None:
    one, other = UUID(int=1), UUID(int=2)
    at = datetime(2030, 1, 1, tzinfo=UTC)
    signature = addresses.of(one, at).rpartition("s=")[2]

    assert signature not in addresses.of(other, at)
    assert signature not in addresses.of(one, at + timedelta(seconds=1))


def codes() -> set[str]:
    """Every code with which the policy can refuse, read from its source."""
    found = set()
    for node in ast.walk(ast.parse(inspect.getsource(evaluation))):
        name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        place = {"Decision": 1, "_Finding": 1, "_term": 2}.get(name)
        if isinstance(node, ast.Call) and place is not None and len(node.args) > place:
            code = node.args[place]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                found.add(code.value)
    return found - {"allowed", ""}


def test_every_code_of_the_policy_has_a_sentence() -> None:
    assert codes() == set(refusals.SENTENCES)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_sentence_can_be_said(language: str) -> None:
    params: dict[str, Parameter] = {
        "action": "read", "operand": "spatial", "count": 2, "until": "2026-01-01", "from": "2026-01-01",
        "at": "2026-01-01", "limit": 1, "used": 1, "first": 2, "allowed": ("a", "b"), "declared": "c",
        "recipient": "r", "region": "CN", "industry": "I",
    }  # fmt: skip

    with translation.override(language):
        said = [refusals.sentence(Decision(False, code, params, None, "permission[0]")) for code in refusals.SENTENCES]

    assert all(text.endswith("(permission[0])") for text in said)
    assert not any("%" in text for text in said)


def test_an_exclusion_is_said_as_one() -> None:
    decision = Decision(False, "purpose_not_allowed", {"declared": "ads", "excluded": ("ads", "war")})

    with translation.override("en"):
        assert "any but ads, war" in refusals.sentence(decision)
