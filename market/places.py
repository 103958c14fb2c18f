"""The sectors and the divisions that forms offer and facets name. Codes are stored, words are shown."""

from collections.abc import Mapping
from typing import Final

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from market import districts
from market.kernel.errors import FieldProblem

SECTORS: Final[Mapping[str, Promise]] = {
    "environment": _("environment"),
    "energy": _("energy"),
    "transport": _("transport"),
    "economy": _("economy"),
    "government": _("government"),
    "industry": _("manufacturing"),
    "finance": _("finance"),
    "health": _("health"),
    "education": _("education"),
    "culture": _("culture and tourism"),
    "agriculture": _("agriculture"),
    "other": _("other sectors"),
}
# GB/T 2260 codes of the city and its divisions; parties from elsewhere give their own six digits.
DISTRICTS: Final[Mapping[str, str]] = {
    "140100": "太原市",
    "140105": "小店区",
    "140106": "迎泽区",
    "140107": "杏花岭区",
    "140108": "尖草坪区",
    "140109": "万柏林区",
    "140110": "晋源区",
    "140121": "清徐县",
    "140122": "阳曲县",
    "140123": "娄烦县",
    "140181": "古交市",
}


def sector(code: str) -> str:
    """A sector in the reader's language; an unknown code is shown as it is."""
    return str(SECTORS.get(code, code))


def sector_problems(code: str) -> list[FieldProblem]:
    """What is wrong with a sector that a party names: nothing, or that the market knows no such code."""
    if code in SECTORS:
        return []
    fix = _t("one of: %(codes)s") % {"codes": ", ".join(SECTORS)}
    return [FieldProblem(field="sector", reason=_t("is no sector of this market"), fix=fix)]


def district(code: str) -> str:
    """A division by its Chinese name; also one outside the city, as far as GB/T 2260 knows it."""
    return DISTRICTS.get(code) or districts.name(code)


def sector_words(code: str) -> set[str]:
    """A sector's names in every language of the pages, so that each finds it; none for an unknown code."""
    found = set()
    for language, _name in settings.LANGUAGES if code in SECTORS else ():
        with translation.override(language):
            found.add(sector(code))
    return found
