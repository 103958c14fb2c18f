"""What every page's frame shows: who is signed in, what waits for them, and how far the ledger is.

`frame` is lazy: a page that does not show a part (a partial, a print sheet) does not pay its query.
"""

from dataclasses import replace
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import get_language

from frontend import formats, menus
from market.notifications import queries as notifications
from market.participants import seats
from market.participants.members import Member, OrganisationKind
from market.participants.models import Organisation
from provenance import queries

THEMES: Final = ("light", "dark")
THEME_COOKIE: Final = "theme"


class Frame:
    """Everything the frame asks for, each part at most once a request."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def name(self) -> str:
        """The market's name in the language of the page."""
        return str(settings.MARKET_NAME if formats.is_chinese(get_language()) else settings.MARKET_NAME_EN)

    @property
    def demonstration(self) -> bool:
        """Whether this is a demonstration market: the mark beside the name says so on every page."""
        return bool(settings.DEMONSTRATION)

    @property
    def here(self) -> str:
        """The address to come back to after a choice of language, theme or organisation."""
        return self._request.get_full_path()

    @property
    def theme(self) -> str:
        """The stored choice, `light` or `dark`; empty follows the system."""
        stored = self._request.COOKIES.get(THEME_COOKIE, "")
        return stored if stored in THEMES else ""

    @cached_property
    def member(self) -> Member | None:
        """Who acts, as the middleware found; None for visitors and for people without an organisation."""
        # The middleware's lazy object is never None itself, only false.
        member: Member | None = getattr(self._request, "member", None) or None
        return member

    @cached_property
    def todo_count(self) -> int:
        """How many things wait for this member."""
        return notifications.count(self.member) if self.member else 0

    @cached_property
    def seats(self) -> list[seats.Seat]:
        """The organisations this person may act for."""
        return seats.of(self._request)

    @cached_property
    def ledger(self) -> queries.Head | None:
        """The latest checkpoint; None before the first."""
        return queries.head()

    @cached_property
    def navigation(self) -> list[menus.Link]:
        """The header's entries."""
        return menus.links(menus.NAVIGATION, path=self._request.path)

    @cached_property
    def catalogue_url(self) -> str:
        """Where the header's search goes; empty while there is no catalogue."""
        return next((link.url for link in self.navigation if link.route == "frontend:catalogue"), "")

    @cached_property
    def account(self) -> list[menus.Link]:
        """Desk with its count for members, sign-in and sign-up for visitors, the next step for who is between."""
        if self.member is None:
            entries = menus.NEWCOMER if self.is_newcomer else menus.VISITOR
            return menus.links(entries, path=self._request.path)
        desk = menus.links([menus.WORKBENCH_ENTRY], path=self._request.path)
        return [replace(link, is_strong=True, count=self.todo_count) for link in desk]

    @cached_property
    def is_newcomer(self) -> bool:
        """Whether a person has signed in who acts for no organisation yet."""
        user = getattr(self._request, "user", None)  # a request that fails early has none
        return self.member is None and user is not None and user.is_authenticated

    @cached_property
    def own_pages(self) -> list[menus.Link]:
        """The person's own pages, under the organisation's name."""
        return menus.links(menus.OWN_PAGES, path=self._request.path)

    @cached_property
    def workbench(self) -> list[menus.Link]:
        """The desk's menu for the roles held."""
        if self.member is None:
            return []
        found = menus.links(menus.WORKBENCH, path=self._request.path, member=self.member)
        inbox = menus.WORKBENCH_ENTRY.route
        return [link.with_count(self.todo_count) if link.route == inbox else link for link in found]

    @cached_property
    def looks_are_recorded(self) -> bool:
        """Whether the desk says that looking leaves a record."""
        return self.member is not None and menus.looks_are_recorded(self.member)

    @cached_property
    def operator(self) -> Organisation | None:
        """The market's operator, whom a held party asks."""
        return Organisation.objects.filter(kind=OrganisationKind.OPERATOR).first()

    @cached_property
    def footer(self) -> list[menus.Link]:
        """The footer's entries."""
        return menus.links(menus.FOOTER, path=self._request.path)


def frame(request: HttpRequest) -> dict[str, Frame]:
    """The context processor: `{{ frame.… }}` in every template."""
    return {"frame": Frame(request)}
