"""The industries by which organisations, products and authorities' seats are grouped; one word for each, everywhere."""

from collections.abc import Mapping
from typing import Final

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NAMES: Final[Mapping[str, Promise]] = {
    "environment": _("Environment"),
    "energy": _("Energy"),
    "transport": _("Transport"),
    "economy": _("Economy"),
    "culture": _("Culture and tourism"),
    "agriculture": _("Agriculture"),
    "industry": _("Industry"),
    "finance": _("Finance"),
    "health": _("Health"),
    "education": _("Education"),
    "construction": _("Housing and construction"),
    "government": _("Government"),
}


def name(code: str) -> str:
    """The industry in the reader's language; an unknown code is shown as it is."""
    return str(NAMES.get(code, code))


def in_all_languages(code: str) -> set[str]:
    """The industry's names in every language of the pages, so that each finds it."""
    found = set()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found.add(name(code))
    return found
