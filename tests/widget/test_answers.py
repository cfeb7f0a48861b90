"""What a visitor sees of the bot: questions to begin with, answers and their sources, choices, the vote."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.bot.live import start, visit
from tests.support.client import access_token, rest
from tests.support.server import Server, ServerFactory
from tests.support.waiting import eventually_async
from tests.widget.browser import PHONE, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server with a bot for all tests here; none may stop it."""
    factory = ServerFactory(tmp_path_factory.mktemp("server"))
    try:
        changes = {"patience_s": 60, "quick_questions": ["运费怎么算", "退款多久到账"]}
        yield start(factory, "embedded", changes)
    finally:
        factory.close()


async def arrive(browser: Browser, server: Server, locale: str = "zh-CN", **options: Any) -> Visitor:
    """A visitor at a site whose bot is known to every process."""
    await visit(server)
    return await Visitor.arrive(browser, server, locale=locale, **options)


async def test_questions_to_begin_with_go_with_the_first_word(browser: Browser, server: Server) -> None:
    visitor = await arrive(browser, server, **PHONE)
    quick = visitor.where.locator(".quick")
    await expect(quick.locator("button")).to_have_text(["运费怎么算", "退款多久到账"])
    await expect(quick).to_have_attribute("aria-label", "大家常问")
    assert await visitor.serious() == []
    await quick.get_by_text("运费怎么算").click()
    await visitor.state_of("运费怎么算", "read")
    await expect(visitor.where.locator("#log .theirs .rich")).to_contain_text("满 99 元包邮")
    await expect(quick).to_have_count(0)
    await visitor.page.reload()
    await visitor.connected()
    await expect(visitor.message("运费怎么算", own=True)).to_be_visible()
    await expect(quick).to_have_count(0)
    await visitor.leave()


async def test_an_answer_says_where_from_and_asks_whether_it_helped(browser: Browser, server: Server) -> None:
    visitor = await arrive(browser, server, scheme="dark")
    await visitor.write("退款多久到账")
    answer = visitor.where.locator("#log .message.theirs")
    await expect(answer.locator("strong")).to_have_text("2 个工作日")
    source = answer.locator(".sources a")
    await expect(source).to_have_text("退款多久到账")
    page = await visitor.page.request.get(f"{server.base_url}{await source.get_attribute('href')}")
    assert page.ok and "2 个工作日" in await page.text()
    assert await visitor.serious() == []
    conversation = await visitor.conversation()

    def helped() -> bool | None:
        with rest(server, access_token(server)) as http:
            found = http.get("/api/v1/bot/answers/", params={"conversation": conversation}).json()["data"]
        verdict: bool | None = found[0]["helped"] if found else None
        return verdict

    await answer.get_by_role("button", name="没有帮助").click()
    await expect(answer.locator(".helped")).to_contain_text("谢谢反馈")

    async def told() -> bool:
        return helped() is False

    await eventually_async(told, what="the record knows that it did not help")
    await visitor.leave()


async def test_a_choice_is_said_once(browser: Browser, server: Server) -> None:
    visitor = await arrive(browser, server, locale="en-US", block_socket=False)
    await visitor.write("Hello")
    await visitor.state_of("Hello", "read")  # the bot has answered it
    conversation = await visitor.conversation()
    typing = {"conversation": conversation, "on": True, "sender": {"kind": "bot", "id": None, "name": "Leaf"}}
    visitor.inject("typing", typing)
    await expect(visitor.where.locator(".typing")).to_be_visible()
    visitor.inject("message.partial", {"conversation": conversation, "stream": "s", "text": "Which"})
    await expect(visitor.where.locator(".growing")).to_contain_text("Which")
    await expect(visitor.where.locator(".typing")).to_have_count(0)
    card = {
        "type": "answer",
        "markdown": "Which of these do you **mean**?",
        "sources": [{"kind": "question", "id": "1", "title": "Trap", "url": "javascript:alert(1)"}],
        "choices": [{"text": "How long does shipping take?"}, {"text": "How much is it?"}],
        "rate": False,
    }
    visitor.inject(
        "message",
        {
            **{"conversation": conversation, "id": "b9", "seq": 900, "client_msg_id": "s", "kind": "card"},
            **{"text": "Which of these do you mean?", "card": card, "created_at": 1},
            "sender": {"kind": "bot", "id": None, "name": "Leaf"},
        },
    )
    asked = visitor.where.locator('#log .message[data-seq="900"]')
    await expect(visitor.where.locator(".growing")).to_have_count(0)
    await expect(asked.locator("strong")).to_have_text("mean")
    assert await asked.locator(".sources a").count() == 0
    await asked.get_by_role("button", name="How long does shipping take?").click()
    await expect(asked.locator("button:enabled")).to_have_count(0)
    await expect(visitor.message("How long does shipping take?", own=True)).to_have_count(1)
    await expect(visitor.where.locator("#log")).to_contain_text("Two to four days")
    await visitor.leave()
