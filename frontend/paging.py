"""Pages of a list: the number in the address, and the pager below the table."""

from typing import Any, Final, Protocol

from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _t

from frontend import formats
from market.kernel import clock

NUMBER_MAX: Final = 100_000


class Page(Protocol):
    """What a query answers: its place in the whole list."""

    @property
    def number(self) -> int: ...
    @property
    def first(self) -> int: ...
    @property
    def last(self) -> int: ...
    @property
    def total(self) -> int: ...
    @property
    def has_next(self) -> bool: ...


def number(request: HttpRequest) -> int:
    """The page that is asked for, from 1; anything unreadable is the first."""
    text = request.GET.get("page", "1")[:9]
    return min(max(int(text), 1), NUMBER_MAX) if text.isascii() and text.isdigit() else 1


def pager(request: HttpRequest, page: Page) -> dict[str, Any]:
    """What components/pager.html shows; every other choice in the address stays."""
    text = _t("%(first)s–%(last)s of %(total)s, as of %(time)s") % {
        "first": f"{page.first:,}",
        "last": f"{page.last:,}",
        "total": f"{page.total:,}",
        "time": formats.when(clock.now(), language=get_language()),
    }
    return {
        "text": text,
        "previous_url": _address(request, page.number - 1) if page.number > 1 else "",
        "next_url": _address(request, page.number + 1) if page.has_next else "",
    }


def _address(request: HttpRequest, number: int) -> str:
    chosen = request.GET.copy()
    chosen["page"] = str(number)
    return f"?{chosen.urlencode()}"
