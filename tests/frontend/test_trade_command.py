"""What `manage.py trade` refuses before it sends anything, and how a program hears it."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from frontend import programs


@pytest.fixture
def demonstration(settings: Any, tmp_path: Path) -> Path:
    """The keys file that a demonstration would have written."""
    settings.VAR_DIR = tmp_path
    (tmp_path / "secrets").mkdir()
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    accounts = {role: {"api_key": f"dm_{role}"} for role in programs.ROLES}
    (tmp_path / "secrets" / "demonstration.json").write_text(
        json.dumps({"url": "http://127.0.0.1:1", "accounts": accounts})
    )
    return tmp_path


def said(*words: str) -> tuple[str, dict[str, Any]]:
    """The sentence and the object of a run that was refused."""
    out = io.StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("trade", *words, "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return str(refusal.value), found


@pytest.mark.parametrize(
    ("url", "is_own"),
    [
        ("http://localhost:8000", True),
        ("http://127.0.0.1:1", True),
        ("http://[::1]:8000", True),
        ("https://market.localhost", True),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1@example.com", False),
        ("https://example.com:8000", False),
        ("http://10.0.0.7:8000", False),
    ],
)
def test_an_address_is_of_this_machine_only_where_no_other_can_answer(url: str, is_own: bool) -> None:
    assert programs.is_own(url) is is_own


def test_the_demonstrations_keys_are_sent_to_no_other_machine(
    demonstration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "_connect", lambda *_: pytest.fail("something was sent"))

    sentence, found = said("--file", str(demonstration / "a.csv"), "--url", "https://example.com")

    assert "--keys" in sentence
    assert (found["verified"], found["trade"], found["bundle"], found["steps"]) == (False, None, None, [])
    assert found["error"] == sentence


@pytest.mark.parametrize("url", ["localhost:8000", "http://[", "ftp://localhost", "nonsense"])
def test_an_address_that_is_none_is_one_sentence(demonstration: Path, url: str) -> None:
    sentence, _ = said("--file", str(demonstration / "a.csv"), "--url", url)

    assert "\n" not in sentence


def test_a_keys_file_that_lacks_a_role_and_a_folder_that_is_not_there_are_named(demonstration: Path) -> None:
    keys = demonstration / "keys.json"
    keys.write_text(json.dumps({"url": "http://127.0.0.1:1", "accounts": {"supplier": {"api_key": "dm_x"}}}))

    assert "buyer, reviewer, clerk" in said("--file", str(demonstration / "a.csv"), "--keys", str(keys))[0]
    away = str(demonstration / "absent" / "b.json")
    assert "absent" in said("--file", str(demonstration / "a.csv"), "--bundle", away)[0]


def test_where_nobody_answers_the_trade_says_so_at_once(demonstration: Path) -> None:
    sentence, found = said("--file", str(demonstration / "a.csv"))

    assert "after 0 steps" in sentence
    assert found["steps"] == []
