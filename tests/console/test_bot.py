"""What the console knows of the bot: its brief, its reasons, replies it suggests, knowledge, teaching it."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.bot.live import start, visit
from tests.console.browser import Desk
from tests.console.people import Shops
from tests.support.client import Session, access_token, rest
from tests.support.server import ADMIN_PASSWORD, Server, ServerFactory
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server with a bot for all tests here; none may stop it."""
    factory = ServerFactory(tmp_path_factory.mktemp("server"))
    try:
        yield start(factory, "embedded", {"patience_s": 60})
    finally:
        factory.close()


def post(session: Session, text: str) -> None:
    """One message of the visitor."""
    with rest(session.server, session.token) as http:
        body = {"client_msg_id": uuid.uuid4().hex, "kind": "text", "text": text}
        sent = http.post(f"/api/v1/conversations/{session.conversation}/messages/", json=body)
    assert sent.status_code == 201, sent.text


def said_by_bot(session: Session) -> int:
    """How many messages of the bot the visitor has."""
    with rest(session.server, session.token) as http:
        found = http.get(f"/api/v1/conversations/{session.conversation}/messages/").json()["data"]
    return sum(one["kind"] in ("text", "card") and one["sender"]["kind"] == "bot" for one in found)


async def talk(server: Server, *texts: str) -> Session:
    """A new visitor who says these things one by one, and has the bot's answer to each."""
    session = await visit(server, locale="zh-CN")

    def speak() -> None:
        for number, text in enumerate(texts, 1):
            post(session, text)
            eventually(lambda n=number: said_by_bot(session) >= n, 20, f"an answer to {text}")  # type: ignore[misc]

    await asyncio.to_thread(speak)
    return session


async def opened(chrome: Browser, session: Session, view: str, **options: Any) -> Desk:
    """The administrator at the conversation."""
    shops = Shops(session.server, {}, {})
    desk = await Desk.open(chrome, shops, login="admin", password=ADMIN_PASSWORD, **options)
    await desk.view(view)
    await desk.choose(session.conversation)
    return desk


async def test_a_person_gets_the_brief_and_asks_why(chrome: Browser, server: Server) -> None:
    session = await talk(server, "退款多久到账", "转人工")
    desk = await opened(chrome, session, "waiting", permissions=["clipboard-read", "clipboard-write"])
    log = desk.page.locator("#log")
    await expect(log.locator(".brief")).to_contain_text("退款多久到账")
    await expect(log.locator(".line-event", has_text="机器人转人工")).to_contain_text("访客要求人工")
    answer = log.locator('.msg[data-kind="card"]')
    await expect(answer.locator("strong")).to_have_text("2 个工作日")
    await expect(answer.locator(".answer-sources")).to_contain_text("退款多久到账")

    await answer.hover()
    await answer.get_by_role("button", name="机器人为什么这么说？").click()
    why = desk.page.locator("dialog.why")
    await expect(why.locator(".why-step").last).to_contain_text("知识库")
    await expect(why.locator(".why-hits li").first).to_contain_text("退款多久到账")
    await expect(why.locator(".why-facts")).to_contain_text("毫秒")
    assert await desk.serious() == []
    await desk.page.keyboard.press("Escape")
    await expect(why).to_have_count(0)

    summary = desk.page.locator('[data-panel="brief"]')
    await expect(summary).to_contain_text("访客要求人工")
    assert await desk.serious() == []
    await summary.get_by_role("button", name="复制").click()
    assert "退款多久到账\n转人工" in await desk.page.evaluate("navigator.clipboard.readText()")
    await desk.close()


async def test_replies_are_suggested_until_one_is_taken_or_they_are_put_away(
    chrome: Browser, server: Server
) -> None:
    session = await talk(server, "转人工")
    desk = await opened(chrome, session, "waiting")
    await desk.accept()
    text, offered = desk.page.locator("#composer-text"), desk.page.locator(".proposals")
    await asyncio.to_thread(post, session, "运费怎么算")
    await expect(offered.locator(".proposal").first).to_contain_text("满 99 元包邮")
    assert await desk.serious() == []
    await text.press("Escape")
    await expect(offered).to_be_hidden()
    await text.press_sequentially("好")
    await expect(offered).to_be_hidden()  # put away until the visitor writes on

    await asyncio.to_thread(post, session, "退款多久到账？")
    await expect(offered.locator(".proposal").first).to_contain_text("2 个工作日")
    await text.press("Alt+Enter")
    await expect(text).to_have_value("收到退货后 2 个工作日内退款。")
    await expect(offered).to_be_hidden()
    await text.press_sequentially("请放心。")
    await desk.page.keyboard.press("Enter")
    await expect(desk.message("收到退货后 2 个工作日内退款。请放心。")).to_be_visible()

    await desk.page.click("#me")
    await desk.page.locator("#suggest-replies").uncheck()
    await desk.page.keyboard.press("Escape")
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    await asyncio.to_thread(post, session, "运费怎么算呢")
    await expect(desk.message("运费怎么算呢")).to_be_visible()
    await text.fill("您好")
    await desk.settled()
    assert not any("suggestions" in url for url in asked)
    await desk.page.click("#me")
    await desk.page.locator("#suggest-replies").check()
    await desk.page.keyboard.press("Escape")
    await expect(offered.locator(".proposal").first).to_be_visible()
    await desk.close()


async def test_knowledge_is_put_into_the_reply_as_words_or_as_a_link(chrome: Browser, server: Server) -> None:
    session = await talk(server, "转人工")
    desk = await opened(chrome, session, "waiting")
    await desk.accept()
    text, page = desk.page.locator("#composer-text"), desk.page
    await expect(text).to_be_visible()
    await text.press_sequentially("::退款")
    first = page.locator("#suggest .suggest-item").first
    await expect(first).to_contain_text("退款多久到账")
    await expect(page.locator("#suggest-preview strong")).to_have_text("2 个工作日")
    await text.press("Enter")
    await expect(text).to_have_value("收到退货后 2 个工作日内退款。")
    await text.fill("")
    await text.press_sequentially("请看 ::退款")
    await expect(page.locator("#suggest")).to_be_visible()
    await expect(first).to_contain_text("退款多久到账")
    await text.press("Alt+Enter")
    await expect(text).to_have_value(re.compile("^请看 http"))
    link = (await text.input_value()).removeprefix("请看 ")
    assert link.startswith(f"{server.base_url}/help/demo/")
    answer = await page.request.get(link)
    assert answer.ok and "2 个工作日" in await answer.text()
    await desk.close()


async def test_the_bot_is_taught_in_two_clicks(chrome: Browser, server: Server) -> None:
    session = await talk(server, "转人工")
    desk = await opened(chrome, session, "waiting")
    await desk.accept()
    await asyncio.to_thread(post, session, "茶杯能进洗碗机吗")
    await expect(desk.message("茶杯能进洗碗机吗")).to_be_visible()
    await desk.write("可以的，最高 70 ℃。")
    reply = desk.message("可以的，最高 70 ℃。")
    await expect(reply).to_have_attribute("data-state", "sent")
    page = desk.page
    teach = page.locator("dialog.ask")

    async def ask(message: Any) -> None:
        await message.hover()
        await message.get_by_role("button", name="教机器人").click()
        await expect(teach.locator("textarea").first).to_have_value("茶杯能进洗碗机吗")

    await ask(reply)
    await expect(teach.locator("textarea").last).to_have_value("可以的，最高 70 ℃。")
    assert await desk.serious() == []
    await teach.get_by_role("button", name="教给机器人").click()
    await expect(page.locator("#toasts")).to_contain_text("已存为新问题")
    with rest(server, access_token(server)) as http:
        found = http.get("/api/v1/questions/", params={"q": "洗碗机"}).json()["data"]
    assert [(one["question"], one["answer"], one["status"]) for one in found] == [
        ("茶杯能进洗碗机吗", "可以的，最高 70 ℃。", "review")
    ]

    # From the visitor's words as well; what is there already gets no twin.
    await ask(desk.message("茶杯能进洗碗机吗"))
    await teach.get_by_role("button", name="教给机器人").click()
    await expect(teach.locator(".dialog-error")).to_contain_text("已有这个问题")
    await teach.get_by_role("button", name="教给机器人").click()
    await expect(page.locator("#toasts")).to_contain_text("已经知道这种问法")
    assert len(desk.errors) == 1 and "409" in desk.errors.pop()  # the browser's own word about the refusal
    await desk.close()


async def test_what_the_bot_has_is_watched_taken_and_given_back(chrome: Browser, server: Server) -> None:
    session = await talk(server, "退款多久到账")
    desk = await opened(chrome, session, "bot")
    await expect(desk.page.locator(".composer-notice")).to_contain_text("机器人正在接待")
    await asyncio.to_thread(post, session, "运费怎么算")
    await expect(desk.page.locator("#log")).to_contain_text("满 99 元包邮")  # it goes on while one looks
    await desk.accept()
    await expect(desk.page.locator("#composer-text")).to_be_visible()
    await expect(desk.row(session.conversation)).to_have_count(0)
    await desk.page.get_by_role("button", name="转接").first.click()
    await desk.page.locator("dialog.ask .choice", has_text="机器人").click()
    await desk.page.locator('dialog.ask button[type="submit"]').click()
    await expect(desk.row(session.conversation)).to_be_visible()
    await expect(desk.page.locator(".composer-notice")).to_contain_text("机器人正在接待")
    await asyncio.to_thread(post, session, "退款多久到账呀")
    await expect(desk.page.locator('#log .msg[data-kind="card"]')).to_have_count(3)
    await desk.close()
