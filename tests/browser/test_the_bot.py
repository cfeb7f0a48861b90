"""From an empty knowledge base to a talk that a person takes over: an operator writes and publishes;
a visitor asks, drifts and returns, loses patience; somebody who has read the brief goes on. Scaled, with
a worker that is killed in the middle of a dialog.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.bot.live import ON, answer, visit
from tests.console.browser import Desk
from tests.console.people import Shops
from tests.support.chromium import chromium
from tests.support.client import access_token, joined, rest
from tests.support.server import ADMIN_PASSWORD, Mode, Server, ServerFactory
from tests.widget.browser import PHONE, Visitor

pytestmark = pytest.mark.browser

BY_HAND: Final = (
    ("怎么退货", "我想退货\n退货流程", "收到后 **7 天内**在“我的订单”里申请退货，寄回前请拍照。"),
    ("退货运费谁出", "退货要我出运费吗", "质量问题我们出运费；不喜欢的，寄回运费由您承担。"),
)
BY_REST: Final = {
    "退款多久到账": "收到退货后 2 个工作日内退款。",
    "多久能发货": "付款后 48 小时内发货。",
    "怎么开发票": "在订单详情页点“申请开票”，电子发票发到邮箱。",
    "茶叶怎么保存": "密封、避光，放在阴凉处；绿茶最好冷藏。",
    "普洱茶怎么泡": "每 150 毫升水放 5 克茶，**100 ℃** 水冲泡，第一泡倒掉。",
    "会员有什么好处": "会员每年有三次免费退货，生日月九折。",
    "能送到国外吗": "目前只送中国大陆。",
    "How long does shipping take?": "Two to four days.",
}
#: The bot answers at once, and a worker that is away for a while is waited for.
_SEED: Final = """
from bot.learning.seeding import seed
from bot.models import BotSettings
from chat.models import Site
site = Site.objects.get(public_key="demo")
seed(site.pk, "{base}/demo/shop/{{name}}/")
BotSettings.objects.update(pause_min_ms=0, pause_max_ms=0, patience_s=60)
"""


@pytest_asyncio.fixture
async def chrome() -> AsyncIterator[Browser]:
    """A browser for everybody."""
    async with chromium() as browser:
        yield browser


def started(factory: ServerFactory, mode: Mode) -> Server:
    """A server whose demo site has a bot that knows nothing yet."""
    server = factory.start(mode, ON)
    server.manage("shell", "-c", _SEED.format(base=server.base_url))
    return server


def propose(server: Server) -> None:
    """The rest of the ten questions, sent to review by another program."""
    with rest(server, access_token(server)) as http:
        for question, answer in BY_REST.items():
            made = http.post("/api/v1/questions/", json={"question": question, "answer": answer})
            assert made.status_code == 201, made.text
            path = f"/api/v1/questions/{made.json()['id']}/status/"
            assert http.post(path, json={"status": "review"}).status_code == 200


async def write_and_publish(chrome: Browser, server: Server, *, all_by_hand: bool) -> None:
    """The operator in the back office, with or without another program's help."""
    context = await chrome.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    await page.goto(f"{server.base_url}/admin/login/?next=/admin/")
    await page.fill("#id_username", "admin")
    await page.fill("#id_password", ADMIN_PASSWORD)
    await page.press("#id_password", "Enter")
    await page.wait_for_url("**/admin/")
    more = [(question, "", told) for question, told in BY_REST.items()] if all_by_hand else []
    for question, wordings, told in (*BY_HAND, *more):
        await page.goto(f"{server.base_url}/admin/knowledge/question/add/")
        await page.fill('[name="text"]', question)
        await page.fill('[name="wordings"]', wordings)
        await page.fill('[name="answer"]', told)
        if question.isascii():
            await page.select_option('[name="language"]', "en")
        await page.click('[name="_submit"]')
        await page.wait_for_url("**/admin/knowledge/question/")
    if not all_by_hand:
        await asyncio.to_thread(propose, server)
    await page.goto(f"{server.base_url}/admin/knowledge/release/publish/")
    await expect(page.locator(".changes li")).to_have_count(len(BY_HAND) + len(BY_REST))
    await page.click('.knowledge input[type="submit"]')
    await expect(page).not_to_have_url(f"{server.base_url}/admin/knowledge/release/publish/")
    await context.close()


async def asks(visitor: Visitor, text: str, answer: str) -> None:
    """The visitor writes, and the bot's newest words hold `answer`."""
    theirs = visitor.where.locator("#log .message.theirs:not(.growing)")
    before = await theirs.count()
    await visitor.write(text)
    await expect(theirs.nth(before)).to_contain_text(answer, timeout=30_000)


async def until_it_knows(server: Server, question: str, wanted: str) -> None:
    """What was published is live within two seconds on a quiet machine; each try is a visitor of its own."""
    async with asyncio.timeout(20):
        while True:
            session = await visit(server)
            async with joined(session) as socket:
                if wanted in str((await answer(socket, session, question))["text"]):
                    return


@pytest.mark.parametrize("kind", ["embedded", "scaled"])
async def test_from_the_first_question_written_to_a_person_who_is_in_the_picture(
    chrome: Browser, server_factory: ServerFactory, kind: Mode
) -> None:
    server = await asyncio.to_thread(started, server_factory, kind)
    await write_and_publish(chrome, server, all_by_hand=kind == "embedded")
    await until_it_knows(server, "怎么退货", "7 天内")

    visitor = await Visitor.arrive(chrome, server, locale="zh-CN", **PHONE)
    log = visitor.where.locator("#log")
    await expect(visitor.where.locator(".quick .choice").first).to_be_visible()
    await asks(visitor, "怎么退货", "7 天内")
    await expect(visitor.where.locator(".quick")).to_have_count(0)
    await expect(log.locator(".sources").last).to_contain_text("怎么退货")
    await asks(visitor, "那运费呢", "质量问题我们出运费")

    await asks(visitor, "帮我查一下我的订单到哪了", "订单号")
    if kind == "scaled":
        await asyncio.to_thread(server.kill_worker)
        await visitor.write("19991234567890")
        await visitor.state_of("19991234567890", "sent")
        await asyncio.to_thread(server.start_worker)
        await expect(log).to_contain_text("没有查到", timeout=40_000)
    else:
        await asks(visitor, "19991234567890", "没有查到")
    await asks(visitor, "写错了，是20261120001", "顺丰")

    await asks(visitor, "我要申请退款", "原因")
    await asks(visitor, "先不说这个，普洱茶怎么泡", "100 ℃")
    await asks(visitor, "包装压坏了，茶叶洒出来了", "20261120001")

    await visitor.write("你们这群骗子！！我要去12315投诉")
    await expect(log).to_contain_text("人工客服")
    conversation = await visitor.conversation()

    desk = await Desk.open(chrome, Shops(server, {}, {}), login="admin", password=ADMIN_PASSWORD)
    await desk.view("waiting")
    await desk.choose(conversation)
    brief = desk.page.locator("#log .brief")
    await expect(brief).to_contain_text("12315")
    await expect(brief).to_contain_text("20261120001")
    await expect(brief.locator(".mood")).to_have_attribute("data-mood", "angry")
    await expect(desk.page.locator('[data-panel="brief"]')).to_contain_text("12315")
    await desk.accept()
    await desk.write("非常抱歉，我马上为您处理")
    await expect(visitor.message("非常抱歉，我马上为您处理")).to_be_visible()
    await expect(log.get_by_text("12315")).to_have_count(1)  # the brief is not for the visitor
    await visitor.leave()
    await desk.close()
