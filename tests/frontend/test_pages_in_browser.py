"""The frame in real Chromium: readable by everybody, within the policy, usable without script."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


def complaints(page: Page) -> list[str]:
    """What the console says from now on; a broken policy would be heard here."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("language", "width"), [("zh-hans", 1280), ("zh-hans", 360), ("en", 1280), ("en", 360)])
def test_help_can_be_read_by_everybody(
    browser: Browser, live_server: LiveServer, language: str, width: int, theme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    context.add_cookies(
        [
            {"name": "language", "value": language, "url": live_server.url},
            {"name": "theme", "value": theme, "url": live_server.url},
        ]
    )
    page = context.new_page()
    heard = complaints(page)

    page.goto(f"{live_server.url}/help/")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [each["id"] for each in Axe().run(page).response["violations"]] == []
    assert heard == []
    context.close()


def test_the_theme_is_chosen_from_the_menu_of_a_phone(browser: Browser, live_server: LiveServer) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{live_server.url}/help/")

    page.click(".menu-open")
    page.click("button[popovertarget=themes]")
    page.click("#themes button[value=dark]")

    assert page.get_attribute("html", "data-theme") == "dark"
    assert page.url == f"{live_server.url}/help/"
    page.close()


def test_the_language_changes_without_script(browser: Browser, live_server: LiveServer) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/help/")

    page.click("button[name=language]")

    assert page.get_attribute("html", "lang") == "en"
    assert page.inner_text("h1") == "Help"
    context.close()


def test_a_second_press_of_a_button_sends_nothing(browser: Browser, live_server: LiveServer) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{live_server.url}/help/")
    page.evaluate(
        """() => {
        window.sent = 0;
        const form = document.querySelector("form[action='/language']");
        form.addEventListener("submit", (event) => { window.sent += 1; event.target.target = "aside"; });
        const frame = document.createElement("iframe");
        frame.name = "aside";
        document.body.append(frame);
    }"""
    )
    button = page.locator("button[name=language]")
    width = button.evaluate("element => element.offsetWidth")

    button.click(no_wait_after=True)
    page.wait_for_selector("button[aria-busy=true]")
    page.locator("button[aria-busy=true]").click(no_wait_after=True)

    assert page.inner_text("button[aria-busy=true]") == "正在提交…"
    assert page.locator("button[aria-busy=true]").evaluate("element => element.offsetWidth") == width
    assert page.evaluate("window.sent") == 1
    page.close()
