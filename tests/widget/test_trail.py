"""The page trail: which pages the loader tells of, what it keeps to itself, and how to turn it off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.support.client import access_token, rest
from tests.support.server import Server
from tests.support.waiting import eventually_async
from tests.widget.browser import Visitor
from tests.widget.host_site import HostSite, host_site
from tests.widget.test_embed import ready, visit

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def host(shop: Server) -> Iterator[HostSite]:
    """A site whose origin `shop` the demo site lists."""
    with host_site() as site:
        with rest(shop, access_token(shop)) as http:
            found = http.get("/api/v1/sites/").json()["data"][0]["id"]
            answer = http.patch(f"/api/v1/sites/{found}/", json={"allowed_origins": [site.origin()]})
        assert answer.status_code == 200, answer.text
        yield site


async def arrive(browser: Browser, shop: Server, host: HostSite, attributes: str = "") -> tuple[Visitor, str]:
    """A visitor who has written something; the visitor's id."""
    visitor = await visit(browser, shop, host, "", f'data-website-token="demo" {attributes}')
    await ready(visitor)
    await visitor.page.locator("#kefu-host .bubble").click()
    await visitor.connected()
    await visitor.write("hello")
    await visitor.state_of("hello", "sent")
    conversation = await visitor.where.evaluate(
        "performance.getEntriesByType('resource')"
        ".map((one) => /conversations\\/([0-9a-f-]{36})/.exec(one.name)).filter(Boolean).at(-1)[1]"
    )
    with rest(shop, access_token(shop)) as http:
        row = http.get(f"/api/v1/conversations/{conversation}/").json()
    return visitor, str(row["visitor"]["id"])


def pages(shop: Server, visitor: str) -> list[dict[str, Any]]:
    """What agents see, oldest first."""
    with rest(shop, access_token(shop)) as http:
        answer = http.get(f"/api/v1/visitors/{visitor}/pages/")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found[::-1]


async def test_pages_that_change_without_loading_are_told_without_their_secrets(
    browser: Browser, shop: Server, host: HostSite
) -> None:
    visitor, someone = await arrive(browser, shop, host)
    page = visitor.page
    await page.evaluate(
        """() => {
          history.pushState({}, "", "/cart?size=2&accessToken=abc&api_key=1&code=77&author=li#step");
          document.title = "Cart";
        }"""
    )

    async def told(count: int) -> bool:
        return len(pages(shop, someone)) >= count

    await eventually_async(lambda: told(2), 15, "the second page")
    await page.evaluate("() => history.replaceState({}, '', '/paid')")
    await eventually_async(lambda: told(3), 15, "the third page")
    await page.go_back()
    await eventually_async(lambda: told(3), 15)
    found = pages(shop, someone)
    urls = [one["url"].removeprefix(host.origin()) for one in found]
    assert urls[:2] == ["/tea?spring=1", "/cart?size=2&author=li"] and "/paid" in urls
    assert next(one for one in found if "/cart" in one["url"])["title"] == "Cart"
    await visitor.leave()


@pytest.mark.parametrize("how", ["attribute", "setting"])
async def test_a_page_may_say_no(browser: Browser, shop: Server, host: HostSite, how: str) -> None:
    if how == "attribute":
        visitor, someone = await arrive(browser, shop, host, 'data-kefu-trail="off"')
    else:
        visitor = await visit(
            browser, shop, host, 'window.kefuSettings = { trail: "off" };', 'data-website-token="demo"'
        )
        await ready(visitor)
        await visitor.page.locator("#kefu-host .bubble").click()
        await visitor.connected()
        someone = ""
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    await visitor.page.evaluate("() => history.pushState({}, '', '/cart')")
    # Twice as long as the loader waits for a title, and then a message goes all the way.
    await visitor.page.evaluate("() => new Promise((done) => { setTimeout(done, 1200); })")
    await visitor.write("and now?")
    await visitor.state_of("and now?", "sent")
    await expect(visitor.message("and now?", own=True)).to_be_visible()
    assert not [url for url in asked if "visitor/pages" in url]
    if someone:
        assert pages(shop, someone) == []
    await visitor.leave()
