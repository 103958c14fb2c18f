"""Personal identifiers are found in every row, told by kind and count, and shown to nobody."""

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from listings.intake import detectors, runner
from listings.intake.outcomes import Outcome
from tests.listings.intake.conftest import LIMITS, Take

# Valid in form and check digit, and nobody's: born in 1885, prefixes and letters not in use.
IDENTITY = "140105188503071018"
MOBILE, CARD, EMAIL, PLATE = "15400001234", "6200000000000000000", "wu@example.com", "晋ZB3G45"


@pytest.fixture(scope="module")
def run(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Intake of a real file by name."""

    def run(name: str) -> Outcome:
        work = tmp_path_factory.mktemp("work")
        return runner.run(shared_data / name, filename=name, workdir=work, limits=LIMITS)

    return run


def found(outcome: Outcome) -> dict[str, dict[str, tuple[int, int, int | None]]]:
    """Column → kind → cells, hits, hits with the right check digit."""
    assert outcome.profile is not None
    return {
        column["name"]: {
            one["kind"]: (one["cell_count"], one["hit_count"], one["checksum_count"]) for one in column["findings"]
        }
        for column in outcome.profile["columns"]
        if column["findings"]
    }


def test_the_synthetic_residents_are_found_to_the_last_one(run: Any) -> None:
    outcome = run("synthetic-residents-zh.csv")

    assert found(outcome) == {
        "证件号码": {"identity": (2000, 2000, 1955)},
        "联系电话": {"mobile": (1893, 1893, None)},
        "银行卡号": {"bank_card": (2000, 2000, 2000)},
        "电子邮箱": {"email": (2000, 2000, None)},
        "车牌号": {"plate": (2000, 2000, None)},
        "备注": {"mobile": (97, 97, None), "identity": (72, 72, 72), "email": (43, 43, None)},
    }


def test_no_identifier_of_the_residents_is_shown(run: Any, shared_data: Path) -> None:
    outcome = run("synthetic-residents-zh.csv")

    told = json.dumps([outcome.profile, outcome.sample], ensure_ascii=False)
    assert [hit.kind for hit in detectors.hits(told)] == []
    assert re.search(r"154\*{4}[0-9]", told) is None  # masked by somebody else, who showed the rest
    content = (shared_data / "synthetic-residents-zh.csv").read_text(encoding="utf-8")
    for hit in list(detectors.hits(content))[:500]:
        assert content[hit.start : hit.end] not in told


@pytest.mark.parametrize(
    "name",
    [
        "china-counties.csv", "china-townships.csv", "openflights-airports.csv", "china-power-plants.csv",
        "beijing-air-weather-hourly-2013-2017.csv", "taiyuan-air-quality-2020-04.csv",
        "china-city-population.csv",
        "istat-municipalities-messy.csv",
        "nyc-flights-2013.parquet", "shanxi-power-plants.geojson",
        "company-name-characters.xlsx",
    ],
)  # fmt: skip
def test_codes_coordinates_and_companies_are_not_people(run: Any, name: str) -> None:
    assert found(run(name)) == {}


def test_mail_addresses_of_the_fake_people_are_found_and_nothing_else_is_mistaken(run: Any) -> None:
    assert found(run("fake-people-3000.csv")) == {"EmailAddress": {"email": (3000, 3000, None)}}


def test_identifiers_inside_texts_and_cells_are_told_and_masked(take: Take) -> None:
    filler = "".join(f"户{number},无备注\n" for number in range(200))
    notes = (f"电话{MOBILE}请联系", f"身份证：{IDENTITY}。车{PLATE}", CARD, f"写给{EMAIL}！")
    content = f"户,备注\n{filler}" + "".join(f"某户,{note}\n" for note in notes)

    outcome = take(content.encode())

    assert found(outcome) == {
        "备注": {
            "mobile": (1, 1, None), "identity": (1, 1, 1), "plate": (1, 1, None),
            "bank_card": (1, 1, 1), "email": (1, 1, None),
        }
    }  # fmt: skip
    assert outcome.profile is not None
    column = outcome.profile["columns"][1]
    assert (column["top"], column["min"], column["max"], column["histogram"]) == ([], None, None, [])


def test_the_sample_masks_what_it_shows_and_hides_misfits_in_a_column_of_identifiers(take: Take) -> None:
    content = f"手机,备注,号\n{MOBILE},找{MOBILE}或{EMAIL},1\n154****1234,,2\n,好,3\n{MOBILE},好,4\n"

    outcome = take(content.encode())

    assert outcome.sample is not None
    assert outcome.sample["rows"] == [
        ["154********", "找154********或***@example.com", "1"],
        ["***", "", "2"],
        ["", "好", "3"],
        ["154********", "好", "4"],
    ]


def test_a_column_of_mobile_numbers_is_stored_as_text_and_order_numbers_are_no_cards(take: Take) -> None:
    orders = [f"62{number:014d}" for number in range(40)]  # one in ten passes the check digit by chance
    content = "手机,订单\n" + "".join(f"154{number:08d},{order}\n" for number, order in enumerate(orders))

    outcome = take(content.encode())

    assert found(outcome) == {"手机": {"mobile": (40, 40, None)}}
    stored = duckdb.execute(f"SELECT * FROM read_parquet('{outcome.table_path}') LIMIT 1").fetchone()
    assert stored == ("15400000000", orders[0])


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("116.15400001234", []),
        ("15400001234.5", []),
        ("A15400001234", []),
        ("+86 154 0000 1234", ["mobile"]),
        ("154-0000-1234", ["mobile"]),
        ("140105188513071015", []),
        (IDENTITY.lower()[:17] + "x", ["identity"]),
        ("6200 0000 0000 0000 000", ["bank_card"]),
        ("晋Z·B3G45", ["plate"]),
        ("晋ZD12345", ["plate"]),
        ("新SMARTS", ["plate"]),
        ("买新SMARTS", []),
        ("a@b", []),
        ("甲15400001234乙", ["mobile"]),
    ],
)
def test_forms_are_told_apart(text: str, kinds: list[str]) -> None:
    assert [hit.kind for hit in detectors.hits(text)] == kinds


@given(st.integers(0, 10**17 - 1), st.integers(0, 10**18 - 1), st.integers(15, 19))
def test_check_digits_in_sql_are_those_of_python(body: int, card: int, length: int) -> None:
    number = f"{body:017d}"
    digit = next(digit for digit in detectors.IDENTITY_DIGITS if detectors.is_identity(number + digit))
    whole_card = f"{card:018d}"[: length - 1]
    texts = [(number + "0", "identity"), (number + digit, "identity")]
    texts += [(whole_card + str(last), "bank_card") for last in range(10)]

    rows = duckdb.execute(
        f"SELECT {detectors.whole_cell_check()} FROM (SELECT *, {detectors.number()} AS number "
        "FROM (SELECT unnest($1) AS t, unnest($2) AS kind))",
        [[text for text, _ in texts], [kind for _, kind in texts]],
    ).fetchall()

    expected = [detectors.CHECKS[kind](text) for text, kind in texts]
    assert [row[0] for row in rows] == expected
    assert sum(expected[2:]) == 1
