"""The loader on somebody's page: what it adds, what it says, whom it listens to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.client import access_token, agent_session, joined, rest
from tests.support.server import Server
from tests.support.waiting import eventually_async
from tests.widget.browser import PHONE, Visitor
from tests.widget.host_site import HostSite, host_site
from tests.widget.test_chat import follow

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

_LISTEN = """
window.heard = [];
for (const name of ["ready", "opened", "closed", "message", "unread", "connection", "error"])
  addEventListener(`kefu:${name}`, (event) => window.heard.push([name, event.detail]));
window.before = null;
window.before = new Set(Object.getOwnPropertyNames(window));
"""


@pytest.fixture(scope="module")
def host(shop: Server) -> Iterator[HostSite]:
    """A site whose origin `shop` the demo site lists."""
    with host_site() as site:
        with rest(shop, access_token(shop)) as http:
            found = http.get("/api/v1/sites/").json()["data"][0]["id"]
            answer = http.patch(f"/api/v1/sites/{found}/", json={"allowed_origins": [site.origin()]})
        assert answer.status_code == 200, answer.text
        yield site


async def visit(
    browser: Browser,
    server: Server,
    host: HostSite,
    script: str,
    attributes: str = "",
    name: str = "shop",
    **options: Any,
) -> Visitor:
    """Open a page of the host site that runs `script` and then the loader."""
    host.page = (
        '<!doctype html><html lang="en"><title>Host</title><link rel="icon" href="data:,">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><body><h1>Host</h1>'
        f"<script>{script}</script><script src='{server.base_url}/sdk.js' {attributes}></script></html>"
    )
    address = f"{host.origin(name)}/tea?spring=1#secret"
    return await Visitor.arrive(browser, server, path=address, wait=False, before=_LISTEN, **options)


async def events(page: Page, name: str) -> list[Any]:
    """The details of the events of this name so far."""
    found: list[Any] = await page.evaluate(
        "(name) => heard.filter(([n]) => n === name).map(([, d]) => d)", name
    )
    return found


async def ready(visitor: Visitor) -> None:
    """Wait for kefu:ready and go on inside the frame."""
    await visitor.page.wait_for_function("heard.some(([name]) => name === 'ready')", timeout=20_000)
    await visitor.enter_frame()


RUN = "window.kefuSDK = {{ q: [['run', {{ websiteToken: 'demo', baseUrl: '{base}' }}]] }};"


async def test_a_conversation_on_a_page_of_another_origin(
    browser: Browser, shop: Server, host: HostSite
) -> None:
    visitor = await visit(browser, shop, host, RUN.format(base=shop.base_url))
    await ready(visitor)
    page = visitor.page
    assert await page.evaluate("Object.getOwnPropertyNames(window).filter((n) => !before.has(n)).sort()") == [
        "$kefu",
        "kefuSDK",
    ]
    bubble = page.locator("#kefu-host .bubble")
    await expect(bubble).to_have_attribute("aria-label", "Open chat")
    assert await events(page, "connection") == []  # nobody asked yet: no session, no socket
    await bubble.click()
    await visitor.connected()
    await expect(visitor.where.locator("#text")).to_be_focused()
    await visitor.write("hello from the shop")
    await visitor.state_of("hello from the shop", "sent")
    who = agent_session(shop)
    with rest(shop, who.token) as http:
        row = http.get("/api/v1/conversations/", params={"q": "hello from the shop"}).json()["data"][0]
        person = http.get(f"/api/v1/visitors/{row['visitor']['id']}/").json()
    assert person["page"]["url"] == f"{host.origin()}/tea?spring=1"
    async with joined(who) as agent:
        await follow(agent, row["id"])
        await page.keyboard.press("Escape")
        await expect(bubble).to_be_focused()
        await agent.say(row["id"], "One")
        await agent.say(row["id"], "Two")
        await expect(page.locator("#kefu-host .badge")).to_have_text("2")
        await expect(bubble).to_have_attribute("aria-label", "Open chat, 2 unread")
        said = await events(page, "message")
        assert [one["text"] for one in said] == ["One", "Two"]
        await bubble.click()
        await expect(page.locator("#kefu-host .badge")).to_be_hidden()
        await agent.expect("receipt", where=lambda frame: (frame["payload"]["read"] or 0) >= 3)
    assert [detail["count"] for detail in await events(page, "unread")][-1] == 0
    assert len(await events(page, "opened")) == 2 and len(await events(page, "closed")) == 1
    # A visitor who was here before is connected without opening, so that answers are seen.
    # (This Chromium shuts frames of other sites out of storage; the page keeps the visitor then.)
    await page.reload()
    await ready(visitor)
    await visitor.connected()
    await bubble.click()
    await expect(visitor.message("hello from the shop", own=True)).to_be_visible()
    await visitor.leave()


async def test_calls_before_the_loader_are_kept(browser: Browser, shop: Server, host: HostSite) -> None:
    script = """
    window.kefuSettings = { locale: "zh-CN", position: "left" };
    window.$kefu = window.$kefu || [];
    $kefu.push(["setUser", "u-7", { name: "陈晨", email: "chen@shop.example" }]);
    $kefu.push(["setCustomAttributes", { plan: "gold" }], ["toggle", "open"]);
    """
    visitor = await visit(browser, shop, host, script, "data-website-token='demo' async")
    await ready(visitor)
    await visitor.connected()
    assert await visitor.page.evaluate("$kefu.isOpen") is True
    await expect(visitor.page.locator("#kefu-host .left")).to_be_attached()
    await expect(visitor.where.locator("#text")).to_have_attribute("placeholder", "请输入您的问题…")
    await visitor.write("在吗")
    await visitor.state_of("在吗", "sent")
    with rest(shop, agent_session(shop).token) as http:
        row = http.get("/api/v1/conversations/", params={"q": "陈晨"}).json()["data"][0]
        person = http.get(f"/api/v1/visitors/{row['visitor']['id']}/").json()
    assert (person["name"], person["email"]) == ("陈晨", "chen@shop.example")
    assert person["attributes"] == {"plan": "gold"}

    await visitor.page.evaluate("$kefu.setLocale('en')")
    await expect(visitor.where.locator("#text")).to_have_attribute("placeholder", "Write a message…")
    await visitor.page.evaluate("$kefu.reset()")
    await expect(visitor.message("在吗", own=True)).to_have_count(0)
    await visitor.connected()
    await visitor.write("somebody else now")
    await visitor.state_of("somebody else now", "sent")
    await visitor.leave()


async def test_a_wrong_signature_leaves_the_visitor_anonymous(
    browser: Browser, shop: Server, host: HostSite
) -> None:
    script = (
        "(window.$kefu = []).push(['setUser', 'u-8', { name: 'X', user_hash: 'f00d' }], ['toggle', 'open']);"
    )
    visitor = await visit(browser, shop, host, script, "data-website-token='demo'")
    await ready(visitor)
    await visitor.connected()
    assert await events(visitor.page, "error") == [{"code": "bad_user_hash"}]
    await visitor.leave(network_may_fail=True)


async def test_only_the_sites_origins_may_frame_it(browser: Browser, shop: Server, host: HostSite) -> None:
    visitor = await visit(browser, shop, host, RUN.format(base=shop.base_url), name="thief")

    async def refused() -> bool:
        return any("frame-ancestors" in text for text in visitor.errors)

    await eventually_async(refused)
    assert await events(visitor.page, "ready") == []
    await visitor.context.close()


async def test_frame_and_page_listen_to_each_other_alone(
    browser: Browser, shop: Server, host: HostSite
) -> None:
    visitor = await visit(browser, shop, host, RUN.format(base=shop.base_url))
    await ready(visitor)
    await visitor.page.evaluate(
        """() => {
          window.postMessage({ kefu: 1, type: "unread", data: { count: 5 } }, "*");
          const other = document.createElement("iframe");
          other.srcdoc = "<script>parent.postMessage({kefu: 1, type: 'unread', data: {count: 7}}, '*');"
            + "const visible = {kefu: 1, type: 'visible', data: {open: true}};"
            + "parent.frames[0].postMessage(visible, '*'); parent.postMessage('done', '*')</scr" + "ipt>";
          document.body.append(other);
          return new Promise((done) => addEventListener("message", ({ data }) => data === "done" && done()));
        }"""
    )
    assert await events(visitor.page, "unread") == []
    assert await visitor.where.locator("body[data-connection]").count() == 0
    await visitor.leave()


async def test_on_a_phone_it_borrows_the_whole_screen(browser: Browser, shop: Server, host: HostSite) -> None:
    visitor = await visit(browser, shop, host, RUN.format(base=shop.base_url), **PHONE)
    await ready(visitor)
    bubble = visitor.page.locator("#kefu-host .bubble")
    box = await bubble.bounding_box()
    assert box is not None and box["width"] >= 44 and box["height"] >= 44
    await bubble.click()
    await visitor.connected()
    await expect(bubble).to_be_hidden()
    await visitor.page.wait_for_function(
        """() => {
          const { x, y, width, height } = document.querySelector("#kefu-host").shadowRoot
            .querySelector(".panel").getBoundingClientRect();
          return x === 0 && y === 0 && width === 390 && height === 844;
        }"""
    )
    assert await visitor.page.evaluate("document.documentElement.style.overflow") == "hidden"
    size = await visitor.where.locator("#text").evaluate("node => getComputedStyle(node).fontSize")
    assert float(size.removesuffix("px")) >= 16
    await visitor.where.locator("#close").click()
    await expect(bubble).to_be_visible()
    assert await visitor.page.evaluate("document.documentElement.style.overflow") == ""
    await visitor.leave()


async def test_the_demo_shop_opens_the_chat_from_its_buttons(browser: Browser, shop: Server) -> None:
    visitor = await Visitor.arrive(browser, shop, path="/demo/", wait=False)
    await visitor.page.get_by_role("button", name="Ask about tea").click()
    await visitor.page.wait_for_function("window.$kefu.isOpen === true")
    await visitor.enter_frame()
    await visitor.connected()
    await expect(visitor.where.locator(".hello-text")).to_be_visible()
    await visitor.leave()
