"""Which pages the frame offers to whom. A route whose page does not exist yet is left out, so no entry is dead."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from market.participants.members import AUTHORITY_ROLES, OPERATOR_ROLES, TRADING_ROLES, Member, Role


@dataclass(frozen=True, slots=True)
class Entry:
    """A page a menu may name: its route, its word, the roles that see it (none: everybody)."""

    route: str
    label: str | Promise
    roles: frozenset[Role] = frozenset()
    folders: tuple[str, ...] = ()  # addresses outside the route's own


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as one request shows it; `count` is the number of things that wait behind it."""

    route: str
    label: str | Promise
    url: str
    is_current: bool
    is_strong: bool = False
    count: int | None = None

    def with_count(self, count: int) -> "Link":
        """The same link with a number beside it."""
        return replace(self, count=count)


NAVIGATION: Final = (
    Entry("frontend:catalogue", _("Data products")),
    Entry("frontend:ledger", _("Ledger")),
    Entry("frontend:verify", _("Verify")),
    Entry("frontend:help", _("Help")),
)
FOOTER: Final = (
    Entry("frontend:help", _("Help")),
    Entry("frontend:api", _("API for programs")),
    Entry("frontend:accessibility", _("Accessibility")),
)
VISITOR: Final = (
    Entry("account_login", _("Sign in")),
    Entry("account_signup", _("Sign up")),
)
NEWCOMER: Final = (
    Entry("frontend:organisation", _("Register an organisation")),
    Entry("account_change_password", _("Change password")),
)
WORKBENCH_ENTRY: Final = Entry("frontend:inbox", pgettext_lazy("menu", "Desk"))
OWN_PAGES: Final = (
    Entry("frontend:organisation", _("Organisation and members")),
    Entry("account_change_password", _("Change password")),
    Entry("mfa_index", _("Second factor")),
)
_TRADE_SUPERVISORS: Final = frozenset({Role.REVIEWER, Role.APPROVER, Role.AUDITOR}) | AUTHORITY_ROLES
_MONEY_DESK: Final = frozenset({Role.CLERK, Role.APPROVER, Role.AUDITOR})
WORKBENCH: Final = (
    Entry("frontend:inbox", _("To do")),
    Entry("frontend:trades", _("Trades"), TRADING_ROLES),
    Entry("frontend:negotiations", _("Negotiations"), TRADING_ROLES),
    Entry("frontend:products", _("Products"), TRADING_ROLES),
    Entry("frontend:resources", _("Data resources"), TRADING_ROLES),
    Entry("frontend:money", _("Money"), frozenset({Role.FINANCE, Role.ADMIN})),
    Entry("frontend:organisation", pgettext_lazy("menu", "Organisation"), TRADING_ROLES),
    Entry("frontend:reviews", _("Product reviews"), frozenset({Role.REVIEWER})),
    Entry("frontend:admissions", _("Admissions"), frozenset({Role.REVIEWER})),
    Entry("frontend:supervision", _("Trade supervision"), _TRADE_SUPERVISORS, ("/desk/trades/",)),
    Entry("frontend:holds", _("Holds"), _TRADE_SUPERVISORS, ("/desk/orders/",)),
    Entry("frontend:erasures", _("Erasures"), frozenset({Role.REVIEWER, Role.APPROVER, Role.AUDITOR})),
    Entry("frontend:statements", _("Bank statements"), _MONEY_DESK),
    Entry("frontend:suspense", _("Suspense"), _MONEY_DESK),
    Entry("frontend:payouts", _("Payouts"), _MONEY_DESK),
    Entry("frontend:books", _("Books"), _MONEY_DESK, ("/desk/bookkeeping/",)),
    Entry("frontend:journal", _("Journal of looks"), frozenset({Role.AUDITOR, Role.APPROVER}) | AUTHORITY_ROLES),
)


def links(entries: Iterable[Entry], *, path: str, member: Member | None = None) -> list[Link]:
    """The entries whose pages exist and whose roles the member holds; the longest match is the current one."""
    held = member.roles if member else frozenset()
    found = [
        (entry, url) for entry in entries if (not entry.roles or entry.roles & held) and (url := address(entry.route))
    ]
    current = max((url for entry, url in found if _is_beneath(path, url, entry.folders)), key=len, default="")
    return [Link(entry.route, entry.label, url, is_current=url == current) for entry, url in found]


def _is_beneath(path: str, url: str, folders: tuple[str, ...]) -> bool:
    return path == url or path.startswith((url.rstrip("/") + "/", *folders))


def looks_are_recorded(member: Member) -> bool:
    """Whether this seat reads other parties' files only through recorded looks."""
    return bool(member.roles & (OPERATOR_ROLES | AUTHORITY_ROLES))


def address(route: str, *parts: object) -> str:
    """Where a page stands; empty while there is no such page."""
    try:
        return reverse(route, args=parts)
    except NoReverseMatch:
        return ""
