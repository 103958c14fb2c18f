"""Budgets and rules that every page rests on: size, colours that can be read, nothing inline."""

import gzip
import re
from pathlib import Path

import pytest

FRONTEND = Path(__file__).parents[2] / "frontend"
STATIC = FRONTEND / "static" / "frontend"
TEMPLATES = sorted(FRONTEND.glob("templates/**/*.html"))
MARKET = (STATIC / "market.css").read_text("utf-8")
TOKENS = dict(re.findall(r"--([\w-]+): light-dark\((#\w+, #\w+)\)", MARKET))


def weight(suffix: str) -> int:
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in STATIC.glob(f"*.{suffix}"))


def test_styles_and_scripts_stay_within_14_kb_each() -> None:
    assert weight("css") <= 14_000
    assert weight("js") <= 14_000


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_style_or_script_of_its_own(path: Path) -> None:
    text = re.sub(r"{%\s*comment.*?endcomment\s*%}", "", path.read_text("utf-8"), flags=re.DOTALL)

    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son\w+\s*=", text)
    assert not re.search(r"<style\b", text)
    assert not re.search(r"<script\b(?![^>]*\bsrc=)", text)
    assert "|safe" not in text


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["bg", "surface", "sunken"])
@pytest.mark.parametrize(
    ("ink", "least"),
    [
        ("text", 7), ("muted", 4.5), ("accent", 4.5), ("success", 4.5), ("warn", 4.5), ("danger", 4.5), ("info", 4.5),
        ("control", 3), ("focus", 3), ("ink", 3), ("rule", 3),
    ],
)  # fmt: skip
def test_every_ink_can_be_read_on_every_ground(ink: str, least: float, ground: str, theme: int) -> None:
    assert contrast(TOKENS[ink].split(", ")[theme], TOKENS[ground].split(", ")[theme]) >= least


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), [("on-accent", "accent"), ("on-accent", "accent-press"), ("text", "mark")])
def test_words_on_colour_can_be_read(ink: str, ground: str, theme: int) -> None:
    assert contrast(TOKENS[ink].split(", ")[theme], TOKENS[ground].split(", ")[theme]) >= 4.5


def test_browsers_without_light_dark_get_the_same_light_colours() -> None:
    plain = dict(re.findall(r"--([\w-]+): (#\w+);", MARKET.split("@supports")[0]))

    assert plain == {name: pair.split(", ")[0] for name, pair in TOKENS.items()}
