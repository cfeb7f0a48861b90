"""What the visitor's page does when the line, the server or the browser's storage fails."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Route, expect

from tests.support.client import agent_session, joined, rest
from tests.support.server import Server, ServerFactory
from tests.support.waiting import eventually_async
from tests.widget.browser import Visitor, photo
from tests.widget.test_chat import follow, meet

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

#: Storage as Safari and Firefox refuse it to framed pages: every touch throws.
_NO_STORAGE = """
for (const name of ["localStorage", "sessionStorage", "indexedDB"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("blocked", "SecurityError"); } });
}
"""


async def test_unsent_words_and_pictures_survive_a_reload(browser: Browser, shop: Server) -> None:
    visitor = await Visitor.arrive(browser, shop, block_socket=False)
    async with joined(agent_session(shop)) as agent:
        conversation = await meet(visitor, agent, "before the tunnel")
        visitor.socket_blocked = True
        await visitor.context.set_offline(True)
        await expect(visitor.where.locator("#banner")).to_contain_text("You are offline")
        await visitor.write("in the tunnel, one")
        await visitor.attach("cup.png", "image/png", photo())
        await visitor.write("in the tunnel, two")
        await visitor.state_of("in the tunnel, two", "sending")
        await visitor.shot("offline-outbox")

        # The page comes back while the API is still out of reach: what waits is shown from this browser.
        async def cut(route: Route) -> None:
            await route.abort()

        await visitor.page.route("**/api/v1/**", cut)
        await visitor.context.set_offline(False)
        await visitor.page.reload()
        await visitor.state_of("in the tunnel, two", "sending")
        await expect(visitor.where.locator("#log .own .picture img")).to_have_js_property("naturalWidth", 900)
        visitor.socket_blocked = False
        await visitor.page.unroute("**/api/v1/**", cut)

        await visitor.connected()
        await agent.expect("message", where=lambda frame: frame["payload"]["text"] == "in the tunnel, one")
        await agent.expect("message", where=lambda frame: frame["payload"]["text"] == "in the tunnel, two")
        await agent.expect("message", where=lambda frame: frame["payload"]["kind"] == "image")
        await expect(visitor.where.locator('#log [data-state="sending"]')).to_have_count(0)
        assert await visitor.conversation() == conversation
    await visitor.leave(network_may_fail=True)


async def test_without_websocket_the_long_poll_carries_everything(
    browser: Browser, shared_server: Server
) -> None:
    visitor = await Visitor.arrive(browser, shared_server, block_socket=True, wait=False)
    await visitor.connected("poll")
    async with joined(agent_session(shared_server)) as agent:
        conversation = await meet(visitor, agent, "over the poll")
        await agent.say(conversation, "heard you")
        await expect(visitor.message("heard you")).to_be_visible()
        await agent.send("receipt", {"conversation": conversation, "delivered": 1, "read": 1})
        await visitor.state_of("over the poll", "read")
        # The way is free again: back to the WebSocket, nothing doubled.
        visitor.socket_blocked = False
        await visitor.connected("websocket", timeout=45_000)
        await visitor.write("over the socket")
        await visitor.state_of("over the socket", "sent")
        await agent.say(conversation, "and still here")
        await expect(visitor.message("and still here")).to_be_visible()
    assert await visitor.texts() == ["over the poll", "heard you", "over the socket", "and still here"]
    await visitor.leave(network_may_fail=True)


async def test_the_server_is_killed_in_the_middle(browser: Browser, server_factory: ServerFactory) -> None:
    server = server_factory.start("embedded", env={"KEFU_RATE_LIMIT": "off"})
    visitor = await Visitor.arrive(browser, server)
    await visitor.write("before")
    await visitor.state_of("before", "sent")
    server.kill()
    await expect(visitor.where.locator("body:not([data-connection=open])")).to_be_attached()
    await visitor.write("while it was away, one")
    await visitor.write("while it was away, two")
    await expect(visitor.where.locator("#banner")).to_contain_text("Connection lost")
    server.restart()
    await visitor.connected()
    await visitor.state_of("while it was away, two", "sent")
    with rest(server, agent_session(server).token) as http:
        log = http.get(f"/api/v1/conversations/{await visitor.conversation()}/messages/").json()["data"]
    assert [entry["text"] for entry in log] == ["before", "while it was away, one", "while it was away, two"]
    assert await visitor.texts() == ["before", "while it was away, one", "while it was away, two"]
    await expect(visitor.where.locator("#banner")).to_be_hidden()
    await visitor.leave(network_may_fail=True)


async def test_a_restart_brings_nothing_down(browser: Browser, server_factory: ServerFactory) -> None:
    server = server_factory.start("embedded", env={"KEFU_RATE_LIMIT": "off"})
    visitor = await Visitor.arrive(browser, server)
    await visitor.write("hello")
    await visitor.state_of("hello", "sent")
    server.stop()
    server.restart()
    await visitor.write("still me")
    await visitor.state_of("still me", "sent", timeout=30_000)
    assert await visitor.texts() == ["hello", "still me"]
    await visitor.leave(network_may_fail=True)


async def test_with_storage_blocked_everything_but_memory_works(browser: Browser, shop: Server) -> None:
    visitor = await Visitor.arrive(browser, shop, before=_NO_STORAGE)
    async with joined(agent_session(shop)) as agent:
        conversation = await meet(visitor, agent, "no cookies please")
        await visitor.attach("cup.png", "image/png", photo())
        await agent.expect("message", where=lambda frame: frame["payload"]["kind"] == "image")
        await agent.say(conversation, "none taken")
        await expect(visitor.message("none taken")).to_be_visible()
    await visitor.leave()


async def test_a_refused_message_can_be_sent_again_or_dropped(browser: Browser, shop: Server) -> None:
    visitor = await Visitor.arrive(browser, shop)

    async def refuse(route: Route) -> None:
        await route.fulfill(status=415, json={"code": "file_type_not_allowed", "message": "", "details": {}})

    await visitor.page.route("**/api/v1/uploads/", refuse)
    await visitor.attach("cup.png", "image/png", photo())
    failed = visitor.where.locator('#log [data-state="failed"]')
    await expect(failed).to_contain_text("Files of this kind cannot be sent here.")
    await failed.get_by_role("button", name="Try again").click()
    await expect(failed).to_be_visible()
    await visitor.page.unroute_all()
    await failed.get_by_role("button", name="Try again").click()
    await expect(visitor.where.locator('#log [data-state="sent"] .picture')).to_be_visible()

    await visitor.page.route("**/api/v1/uploads/", refuse)
    await visitor.attach("other.png", "image/png", photo())
    await failed.get_by_role("button", name="Delete").click()
    await expect(failed).to_have_count(0)
    await expect(visitor.where.locator("#text")).to_be_focused()
    await visitor.leave(network_may_fail=True)


async def test_two_tabs_of_one_visitor_show_the_same(browser: Browser, shop: Server) -> None:
    visitor = await Visitor.arrive(browser, shop)
    async with joined(agent_session(shop)) as agent:
        conversation = await meet(visitor, agent, "from the first tab")
        second = Visitor(shop, visitor.context, await visitor.context.new_page())
        second.where = second.page
        await second.page.goto(f"{shop.base_url}/h/demo/")
        await second.connected()
        await second.write("from the second tab")
        await expect(visitor.message("from the second tab", own=True)).to_be_visible()
        await agent.say(conversation, "to both")
        for tab in (visitor, second):
            await expect(tab.message("to both")).to_be_visible()
            assert await tab.texts() == ["from the first tab", "from the second tab", "to both"]
    await visitor.leave()


async def test_a_sleeping_page_catches_up_when_it_is_seen_again(browser: Browser, shop: Server) -> None:
    visitor = await Visitor.arrive(browser, shop)
    async with joined(agent_session(shop)) as agent:
        conversation = await meet(visitor, agent, "going to sleep")
        await follow(agent, conversation)
        await visitor.context.set_offline(True)
        await expect(visitor.where.locator('body[data-connection="offline"]')).to_be_attached()
        await agent.say(conversation, "said meanwhile, one")
        await agent.say(conversation, "said meanwhile, two")
        await visitor.context.set_offline(False)
        await expect(visitor.message("said meanwhile, two")).to_be_visible()
    assert await visitor.texts() == ["going to sleep", "said meanwhile, one", "said meanwhile, two"]
    await visitor.leave(network_may_fail=True)


async def test_a_blocked_visitor_is_told(browser: Browser, shop: Server) -> None:
    visitor = await Visitor.arrive(browser, shop)
    who = agent_session(shop)
    async with joined(who) as agent:
        conversation = await meet(visitor, agent, "let me in")
    with rest(shop, who.token) as http:
        person = http.get(f"/api/v1/conversations/{conversation}/").json()["visitor"]["id"]
        assert http.post(f"/api/v1/visitors/{person}/block/").status_code in (200, 204)
    await expect(visitor.where.locator("#banner")).to_contain_text("not available to you", timeout=15_000)
    await visitor.shot("blocked")
    with rest(shop, who.token) as http:
        assert http.post(f"/api/v1/visitors/{person}/unblock/").status_code in (200, 204)
    again = visitor.where.locator("#banner button")

    async def back() -> bool:
        # Every process learns of it within 5 s; until then the door stays shut.
        if await again.is_visible():
            await again.click()
        return await visitor.where.locator('body[data-connection="open"]').count() == 1

    await eventually_async(back, timeout=30)
    await visitor.leave(network_may_fail=True)
