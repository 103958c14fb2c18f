"""Small answers that many pages give: where to go after a step, and the way back up."""

from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import pgettext

from frontend import menus


def see_other(route: str, *parts: object, anchor: str = "") -> HttpResponseRedirect:
    """After a step: show the page that tells how things stand now (303), so that a reload repeats nothing."""
    response = HttpResponseRedirect(reverse(route, args=parts) + (f"#{anchor}" if anchor else ""))
    response.status_code = 303
    return response


def crumbs(*steps: tuple[str, str]) -> list[dict[str, str]]:
    """Breadcrumbs from the desk down: (label, url) each, the last one with an empty url."""
    desk = menus.address("frontend:inbox")
    first = [(pgettext("menu", "Desk"), desk)] if desk else []
    return [{"label": label, "url": url} for label, url in (*first, *steps)]
