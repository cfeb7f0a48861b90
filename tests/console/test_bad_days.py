"""The server dies, the network goes, WebSockets are blocked, the agent is disabled: nothing is lost."""

import pytest
from playwright.async_api import Browser, expect

from tests.console.browser import Desk
from tests.console.people import Shops
from tests.support.client import Session, joined, rest
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


def texts(shops: Shops, conversation: str) -> list[str]:
    """What was said, in order."""
    with rest(shops.server, shops.token("wangfang")) as http:
        answer = http.get(f"/api/v1/conversations/{conversation}/messages/", params={"limit": 200})
    return [entry["text"] for entry in answer.json()["data"] if entry["kind"] == "text"]


def accepted(shops: Shops, name: str) -> Session:
    """A conversation that 王芳 has."""
    visitor = shops.visit("qinghe", name)
    shops.say(visitor, "你好")
    shops.act("wangfang", visitor.conversation, "accept")
    return visitor


async def test_the_server_is_killed_and_comes_back(chrome: Browser, own_shops: Shops) -> None:
    shops = own_shops
    qin = accepted(shops, "秦川")
    desk = await Desk.open(chrome, shops)
    await desk.choose(qin.conversation)
    await desk.write("第一句")
    await expect(desk.message("第一句")).to_have_attribute("data-state", "sent")

    shops.server.kill()
    await expect(desk.page.locator('#link-state[data-state="reconnecting"]')).to_be_attached()
    await expect(desk.page.locator("#link-banner")).to_be_visible()
    await desk.write("服务器不在时写的")
    await expect(desk.message("服务器不在时写的")).to_have_attribute("data-state", "waiting_link")
    shops.server.restart()
    await desk.connected()
    await expect(desk.page.locator("#link-banner")).to_be_hidden()
    await expect(desk.message("服务器不在时写的")).to_have_attribute("data-state", "sent")
    async with joined(qin) as visitor:
        await visitor.say(qin.conversation, "我还在")
        await expect(desk.message("我还在")).to_be_visible()
    assert texts(shops, qin.conversation) == ["你好", "第一句", "服务器不在时写的", "我还在"]
    await desk.context.close()  # a browser rightly complains about a dead server


async def test_what_was_written_offline_survives_a_reload(chrome: Browser, shops: Shops) -> None:
    luo = accepted(shops, "罗敏")
    desk = await Desk.open(chrome, shops)
    await desk.choose(luo.conversation)
    await expect(desk.message("你好")).to_be_visible()
    # The page itself must load for the reload; only what carries messages is cut.
    await desk.page.route("**/api/v1/agent/sessions/", lambda route: route.abort())
    await desk.page.evaluate("dispatchEvent(new Event('offline'))")
    await expect(desk.page.locator('#link-state:not([data-state="open"])')).to_be_attached()
    await desk.write("离线写的第一句")
    await desk.write("离线写的第二句")
    await desk.page.reload()
    await expect(desk.message("离线写的第二句")).to_have_attribute("data-state", "waiting_link")
    assert texts(shops, luo.conversation) == ["你好"]
    await desk.page.unroute("**/api/v1/agent/sessions/")
    await desk.page.evaluate("dispatchEvent(new Event('online'))")
    await expect(desk.message("离线写的第二句")).to_have_attribute("data-state", "sent")
    assert texts(shops, luo.conversation) == ["你好", "离线写的第一句", "离线写的第二句"]
    await desk.page.reload()
    await desk.connected()
    await expect(desk.message("离线写的第一句")).to_have_count(1)
    await desk.context.close()


async def test_without_websockets_the_long_poll_carries_everything(chrome: Browser, shops: Shops) -> None:
    xie = accepted(shops, "谢婷")
    desk = await Desk.open(chrome, shops)
    await desk.context.route_web_socket("**/ws/v1/", lambda socket: socket.close(code=1011))
    await desk.page.reload()
    await expect(desk.page.locator("#link-state")).to_contain_text("长轮询", timeout=30_000)
    await desk.choose(xie.conversation)
    async with joined(xie) as visitor:
        await desk.write("走长轮询的回复")
        await visitor.expect("message", where=lambda frame: frame["payload"].get("text") == "走长轮询的回复")
        await visitor.say(xie.conversation, "收到了")
        await expect(desk.message("收到了")).to_be_visible()
    await expect(desk.message("走长轮询的回复")).to_have_count(1)
    await desk.context.close()


async def test_a_disabled_agent_is_out_within_seconds(chrome: Browser, own_shops: Shops) -> None:
    shops = own_shops
    desk = await Desk.open(chrome, shops)
    shops.server.manage(
        "shell",
        "-c",
        "from agents.models import Agent; Agent.objects.filter(display_name='王芳').update(is_enabled=False)",
    )
    await expect(desk.page.locator('#link-state[data-state="refused"]')).to_be_attached(timeout=15_000)
    await expect(desk.page.locator("#link-state")).to_contain_text("登录已失效")
    await desk.page.reload()
    await expect(desk.page.get_by_role("heading", name="此账号不能接待访客")).to_be_visible()
    await desk.context.close()


async def test_a_list_that_cannot_be_read_says_so_and_tries_again(chrome: Browser, shops: Shops) -> None:
    accepted(shops, "许愿")
    desk = await Desk.open(chrome, shops)
    await desk.page.route("**/api/v1/conversations/?*", lambda route: route.abort())
    await desk.page.reload()
    await expect(desk.page.locator("#rows-empty")).to_contain_text("列表读取失败")
    await desk.page.unroute("**/api/v1/conversations/?*")
    await desk.page.locator("#rows-empty button").click()
    await expect(desk.page.locator("#rows li").first).to_be_visible()
    await desk.context.close()


async def test_a_note_that_could_not_be_stored_stays_in_the_composer(chrome: Browser, shops: Shops) -> None:
    ma = accepted(shops, "马腾")
    desk = await Desk.open(chrome, shops)
    await desk.choose(ma.conversation)
    await desk.page.route("**/notes/", lambda route: route.abort())
    await desk.page.click("#tab-note")
    await desk.write("重要备注")
    await expect(desk.page.locator(".toast")).to_contain_text("服务器没有应答")
    await expect(desk.page.locator("#composer-text")).to_have_value("重要备注")
    await desk.page.unroute("**/notes/")
    await desk.page.press("#composer-text", "Enter")
    await expect(desk.page.locator('#log .msg[data-kind="note"]')).to_contain_text("重要备注")
    await expect(desk.page.locator("#composer-text")).to_have_value("")
    eventually(lambda: shops.status("wangfang", ma.conversation)["head"] == 3)
    await desk.context.close()


async def test_a_visitor_who_lies_about_the_page_shows_nobody_elses(chrome: Browser, shops: Shops) -> None:
    honest = shops.visit("qinghe", "顾言", page={"url": "https://shop.example.com/tea", "title": "茶"})
    liar = shops.visit(
        "qinghe", "钱进", page={"url": "https://[", "title": "假", "referrer": "https://[not an address"}
    )
    for visitor in (honest, liar):
        shops.say(visitor, "你好")
        shops.act("wangfang", visitor.conversation, "accept")
    desk = await Desk.open(chrome, shops)
    name = desk.page.locator("#context .visitor-name")
    await desk.choose(honest.conversation)
    await expect(name).to_contain_text("顾言")
    await desk.choose(liar.conversation)
    await expect(name).to_contain_text("钱进")
    await expect(desk.page.locator("#context .page-title")).to_have_text("假")
