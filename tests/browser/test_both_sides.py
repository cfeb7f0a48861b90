"""A visitor in one window, an agent in another: words, a picture, bad networks, a server that is killed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.console.browser import Desk
from tests.console.people import Shops, found
from tests.support.chromium import chromium
from tests.support.server import Mode, ServerFactory
from tests.widget.browser import Visitor, photo

pytestmark = pytest.mark.browser


@pytest_asyncio.fixture
async def chrome() -> AsyncIterator[Browser]:
    """A browser for both sides."""
    async with chromium() as browser:
        yield browser


async def meet(chrome: Browser, shops: Shops, **options: object) -> tuple[Visitor, Desk, str]:
    """A visitor who has said hello and an agent who has accepted; the conversation's id."""
    visitor = await Visitor.arrive(chrome, shops.server, "/h/qinghe/", locale="zh-CN", **options)  # type: ignore[arg-type]
    desk = await Desk.open(chrome, shops)
    await visitor.write("你好，杯子到货裂了")
    conversation = await visitor.conversation()
    await desk.view("waiting")
    await desk.choose(conversation)
    await expect(desk.message("你好，杯子到货裂了")).to_be_visible()
    await desk.accept()
    await expect(desk.page.locator("#composer-text")).to_be_visible()
    return visitor, desk, conversation


@pytest.mark.parametrize("kind", ["embedded", "scaled"])
async def test_a_conversation_from_the_first_word_to_the_rating(
    chrome: Browser, server_factory: ServerFactory, kind: Mode
) -> None:
    shops = found(server_factory.start(kind, env={"KEFU_RATE_LIMIT": "off"}))
    visitor, desk, conversation = await meet(chrome, shops)
    await desk.write("抱歉！请发一张照片")
    await expect(visitor.message("抱歉！请发一张照片")).to_be_visible()
    await visitor.attach("cup.png", "image/png", photo())
    await expect(desk.page.locator("#log .msg img").first).to_have_js_property("complete", True)
    await visitor.write("就是这个")
    await expect(desk.message("就是这个")).to_be_visible()
    await visitor.state_of("就是这个", "read")

    await desk.page.keyboard.press("Alt+e")
    await expect(visitor.where.locator("#log")).to_contain_text("结束")
    assert shops.status("wangfang", conversation)["status"] == "closed"
    await visitor.write("还有一个问题")  # within the day it opens again
    await visitor.state_of("还有一个问题", "sent")
    assert shops.status("wangfang", conversation)["status"] == "queued"
    audit = shops.server.manage("audit_messages")
    assert audit.returncode == 0, audit.stdout
    await visitor.leave()
    await desk.close()


async def test_the_server_is_killed_while_both_go_on_writing(
    chrome: Browser, server_factory: ServerFactory
) -> None:
    shops = found(server_factory.start("embedded", env={"KEFU_RATE_LIMIT": "off"}))
    visitor, desk, conversation = await meet(chrome, shops)
    shops.server.kill()
    await expect(desk.page.locator("#link-banner")).to_be_visible()
    await visitor.write("访客断线时写的")
    await desk.write("客服断线时写的")
    shops.server.restart()
    await visitor.connected()
    await desk.connected()
    await expect(desk.message("访客断线时写的")).to_be_visible(timeout=30_000)
    await expect(visitor.message("客服断线时写的")).to_be_visible(timeout=30_000)
    await visitor.page.reload()
    await visitor.connected()
    await expect(visitor.message("你好，杯子到货裂了", own=True)).to_be_visible()
    await expect(visitor.message("访客断线时写的", own=True)).to_be_visible()
    await expect(visitor.message("客服断线时写的")).to_be_visible()
    said = await visitor.texts()
    assert said[0] == "你好，杯子到货裂了"
    assert sorted(said[1:]) == sorted(["访客断线时写的", "客服断线时写的"])
    assert await desk.page.locator("#log .msg .words").all_inner_texts() == said
    assert shops.server.manage("audit_messages").returncode == 0
    await visitor.leave(network_may_fail=True)
    await desk.context.close()  # a browser rightly complains about a dead server
    assert conversation


async def test_a_visitor_without_websockets_talks_with_an_agent_who_has_them(
    chrome: Browser, server_factory: ServerFactory
) -> None:
    shops = found(server_factory.start("embedded", env={"KEFU_RATE_LIMIT": "off"}))
    visitor, desk, _ = await meet(chrome, shops, block_socket=True)
    await visitor.connected("poll")
    await desk.write("我在，请讲")
    await expect(visitor.message("我在，请讲")).to_be_visible()
    await visitor.write("订单 QH20261118 还没发货")
    await expect(desk.message("订单 QH20261118 还没发货")).to_be_visible()
    await visitor.leave(network_may_fail=True)
    await desk.close()
