"""Names of provinces, cities and counties by their codes of GB/T 2260, from the table that python-stdnum ships."""

import re
from functools import cache
from typing import Final

from stdnum import numdb

PROVINCE_DIGITS: Final = 2
CITY_DIGITS: Final = 4
COUNTY_DIGITS: Final = 6
# "[1997-]小店区,[-1996]南郊区": the years in which a name held; the one that still holds has no end.
_PERIOD = re.compile(r"\[(\d*)-?(\d*)\](.+)")
_NO_NAME: Final = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})


@cache
def name(code: str) -> str:
    """The name behind a code of two, four or six digits; the code itself where the table has none.

    A municipality's city level (1101) has no name of its own and answers the municipality's.
    """
    if not code.isascii() or not code.isdigit() or len(code) not in (PROVINCE_DIGITS, CITY_DIGITS, COUNTY_DIGITS):
        return code
    found = {key: value for _, info in numdb.get("cn/loc").info(code.ljust(6, "0")) for key, value in info.items()}
    province = str(found.get("province", code))
    if len(code) == PROVINCE_DIGITS:
        return province
    own = _present(str(found.get("county", "")))
    if own in _NO_NAME and len(code) == CITY_DIGITS:
        return province
    return own or code


def _present(names: str) -> str:
    """Of the names a code had, the one in force; else the last one."""
    shown = ""
    for part in names.split(","):
        match = _PERIOD.fullmatch(part)
        if match is None or not match[2]:
            return part if match is None else match[3]
        shown = match[3]
    return shown
