"""Real Chromium against a live server over the test's database; skipped with the reason where there is none."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from market.participants.members import Member
from market.participants.models import Person

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS: Final = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
# Playwright's loop runs in the test's own thread; the tests use the ORM beside it, never inside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the session: CHROMIUM names it, else one on the path, else playwright's own."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        try:
            found = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        except Error as error:
            pytest.skip(f"no Chromium: {str(error).splitlines()[0]}")
        yield found
        found.close()


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, live_server: LiveServer) -> Iterator[Visit]:
    """`visit(member)`: a page of that person's own browser, signed in; `visit()`: of a visitor.

    language: zh-hans or en; width: of the window; dark: the system's choice. Relative addresses work. A fault of a
    script, or anything that the content policy refused, fails the test.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_(
        member: Member | None = None, *, language: str = "zh-hans", width: int = 1280, dark: bool = False
    ) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        cookies: list[Any] = [{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_server.url}]
        if member is not None:
            cookies.append({"name": settings.SESSION_COOKIE_NAME, "value": _session(member), "url": live_server.url})
        context.add_cookies(cookies)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda told: faults.append(told.text) if "Content Security Policy" in told.text else None)
        page.set_default_timeout(10_000)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert faults == []


def _session(member: Member) -> str:
    """A session of the person, acting for the member's organisation."""
    client = Client()
    client.force_login(Person.objects.get(id=member.person_id))
    session = client.session
    session["organisation"] = str(member.organisation_id)
    session.save()
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)
