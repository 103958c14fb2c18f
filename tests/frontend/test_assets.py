"""Budgets and rules that every page rests on: size, colours that can be read, nothing inline."""

import gzip
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

FRONTEND = Path(__file__).parents[2] / "frontend"
STATIC = FRONTEND / "static" / "frontend"
PAGES = FRONTEND / "templates" / "frontend"
TEMPLATES = sorted(FRONTEND.glob("templates/**/*.html"))
MARKET = (STATIC / "market.css").read_text("utf-8")
TOKENS = dict(re.findall(r"--([\w-]+): light-dark\((#\w+, #\w+)\)", MARKET))


def weight(names: Iterable[str]) -> int:
    return sum(len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in names)


def named(path: Path) -> set[str]:
    return set(re.findall(r"frontend/([a-z]+\.(?:css|js))", path.read_text("utf-8")))


def test_styles_and_scripts_of_a_page_stay_within_14_kb_each() -> None:
    """What a reader of the page loads: the frame's files and the page's own."""
    frames = {"frontend/print.html": PAGES / "print.html"}
    for path in TEMPLATES:
        text = path.read_text("utf-8")
        frame = next((frames[name] for name in frames if f'extends "{name}"' in text), PAGES / "base.html")
        loaded = named(frame) | named(path)
        for suffix in (".css", ".js"):
            assert weight(name for name in loaded if name.endswith(suffix)) <= 14_000, path.name


def test_every_style_sheet_and_script_is_loaded_by_some_page() -> None:
    files = {path.name for path in STATIC.iterdir() if path.suffix in {".css", ".js"}}

    assert files == set().union(*(named(path) for path in FRONTEND.rglob("*.html")))


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
