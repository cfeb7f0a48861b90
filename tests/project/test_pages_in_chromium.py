"""Django's admin and Swagger UI under the strict content security policy, in a real browser."""

import pytest
from playwright.async_api import ConsoleMessage, Page, async_playwright

from tests.support.server import Server, ServerFactory

pytestmark = pytest.mark.browser


async def in_chromium(server: Server, path: str, ready: str, *, sign_in: bool = False) -> list[str]:
    """Open `path`, wait until `ready` (a CSS selector) shows; what the console complained about."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        try:
            page: Page = await browser.new_page(locale="zh-CN")
            page.on("console", note)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await page.goto(server.base_url + path)
            if sign_in:
                await page.fill("#id_username", "admin")
                await page.fill("#id_password", server.admin_password)
                await page.click("[type=submit]")
            await page.wait_for_selector(ready, timeout=20_000)
        finally:
            await browser.close()
    return complaints


@pytest.fixture
def embedded(server_factory: ServerFactory) -> Server:
    return server_factory.start("embedded")


async def test_api_docs_show_the_operations(embedded: Server) -> None:
    assert await in_chromium(embedded, "/api/docs/", ".opblock") == []


async def test_admin_works(embedded: Server) -> None:
    assert await in_chromium(embedded, "/admin/", "#content-main .model-user", sign_in=True) == []


async def test_admin_form_works(embedded: Server) -> None:
    path = "/admin/login/?next=/admin/auth/user/add/"
    assert await in_chromium(embedded, path, "#user_form", sign_in=True) == []
