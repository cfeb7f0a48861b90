"""Waiting, leaving a message, rating: the cards below the thread, as a visitor meets them."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.support.client import access_token, agent_session, joined, rest, visitor_session
from tests.support.server import Server
from tests.support.waiting import eventually_async
from tests.widget.browser import PHONE, Visitor
from tests.widget.reception import Desk
from tests.widget.test_chat import act, follow, meet

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

HOUR_MS = 3_600_000
SETTLE_MS = 20_000
"""What the server remembers of its sites (4 s), and persistence on a busy machine."""


def soon(hours: float) -> int:
    """Milliseconds since the epoch, some hours from now."""
    return int(time.time() * 1000 + hours * HOUR_MS)


def log(server: Server, conversation: str) -> list[dict[str, Any]]:
    """The conversation as an agent reads it."""
    with rest(server, access_token(server)) as http:
        answer = http.get(f"/api/v1/conversations/{conversation}/messages/")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def new_site(server: Server) -> str:
    """The key of a site of its own, whose queue nobody else stands in."""
    with rest(server, access_token(server)) as http:
        answer = http.post("/api/v1/sites/", json={"name": "Queue"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["public_key"])


async def open_for(server: Server, site: str) -> None:
    """Wait until visitors of the site find somebody there."""
    await eventually_async(
        lambda: asyncio.to_thread(lambda: visitor_session(server, site).answer["site"]["online"]),
        20,
        "somebody is there",
    )


async def ask_before(server: Server, site: str, count: int) -> list[str]:
    """So many visitors write first; their conversations, in the order of the queue."""
    asked = []
    for number in range(count):
        session = visitor_session(server, site)
        async with joined(session) as early:
            await early.say(session.conversation, f"I was here first ({number})")
        asked.append(session.conversation)
    return asked


@pytest.mark.parametrize(
    ("locale", "ahead", "turn"),
    [("zh-CN", "前面还有 2 位", "下一位就是您"), ("en-US", "2 people are ahead of you", "You are next")],
)
async def test_a_place_in_the_queue_moves_without_a_jump(
    browser: Browser, shop: Server, locale: str, ahead: str, turn: str
) -> None:
    site = new_site(shop)
    who = agent_session(shop)
    async with joined(who) as agent:
        await open_for(shop, site)
        first, second = await ask_before(shop, site, 2)
        visitor = await Visitor.arrive(browser, shop, f"/h/{site}/", locale=locale, **PHONE)
        conversation = await meet(visitor, agent, "红茶还有吗？")
        card = visitor.where.locator(".card.queue")
        await expect(card.locator(".place")).to_have_text(ahead, timeout=SETTLE_MS)
        await expect(card.locator(".place")).to_have_attribute("role", "status")
        await visitor.shot(f"queue-{locale}")
        assert await visitor.serious() == []
        before = await card.bounding_box()
        await card.evaluate("node => { window.card = node; }")
        act(who, first, "accept")
        act(who, second, "accept")
        await expect(card.locator(".place")).to_have_text(turn, timeout=SETTLE_MS)
        assert await card.evaluate("node => node === window.card")
        assert await card.bounding_box() == before
        act(who, conversation, "accept")
        await expect(card).to_have_count(0)
        await expect(visitor.where.locator("#head-name")).to_have_text("林晓")
    await visitor.leave()


async def test_a_place_is_there_after_a_reload(browser: Browser, shop: Server) -> None:
    site = new_site(shop)
    async with joined(agent_session(shop)):
        await open_for(shop, site)
        await ask_before(shop, site, 1)
        visitor = await Visitor.arrive(browser, shop, f"/h/{site}/")
        await visitor.write("Anybody there?")
        await visitor.state_of("Anybody there?", "sent")
        place = visitor.where.locator(".queue .place")
        await expect(place).to_have_text("1 person is ahead of you", timeout=SETTLE_MS)
        await visitor.page.reload()
        await visitor.connected()
        await expect(place).to_have_text("1 person is ahead of you", timeout=SETTLE_MS)
    await visitor.leave()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
async def test_outside_hours_the_form_is_there(
    browser: Browser, shop: Server, locale: str, scheme: str
) -> None:
    desk = Desk("closed", soon(2.9))
    options = PHONE if scheme == "light" else {}
    visitor = await Visitor.arrive(browser, shop, locale=locale, scheme=scheme, desk=desk, **options)
    words = {
        "zh-CN": ("非服务时间，3小时后恢复服务", "现在不是服务时间，3小时后恢复服务。"),
        "en-US": ("Closed just now, back in 3 hours", "We are closed just now and back in 3 hours."),
    }[locale]
    await expect(visitor.where.locator("#head-status")).to_have_text(words[0])
    card = visitor.where.locator(".card.leave")
    await expect(card.locator(".lead")).to_have_text(words[1])
    await expect(visitor.where.locator("#text")).to_be_visible()
    await visitor.shot(f"closed-{locale}-{scheme}")
    assert await visitor.serious() == []
    await card.locator("button[type=submit]").click()
    await expect(card.locator("[aria-invalid=true]")).to_have_count(2)
    await expect(card.locator("input[type=email]")).to_be_focused()
    await card.locator("input[type=email]").fill("han@shop")
    await expect(card.locator("[aria-invalid=true]")).to_have_count(2)
    await visitor.shot(f"closed-wrong-{locale}-{scheme}")
    assert await visitor.serious() == []
    await card.locator("input[type=email]").fill("han@shop.example")
    await card.locator("textarea").fill("Please call me")
    await expect(card.locator("[aria-invalid=true]")).to_have_count(0)
    await card.locator("button[type=submit]").click()
    await expect(visitor.message("Please call me", own=True)).to_be_visible()
    await expect(card.locator(".hint")).to_contain_text("han@shop.example")
    await visitor.shot(f"left-{locale}-{scheme}")
    assert await visitor.serious() == []
    await visitor.leave()


async def test_a_left_message_reaches_the_log_and_is_thanked_for_until_answered(
    browser: Browser, shop: Server
) -> None:
    desk = Desk("away")
    visitor = await Visitor.arrive(browser, shop, desk=desk)
    card = visitor.where.locator(".card.leave")
    await expect(card.locator(".lead")).to_have_text("Nobody is at the desk just now.")
    await expect(card.locator("form")).to_have_count(0)
    # The form is offered, not forced: writing works, and what was begun above goes along.
    await visitor.write("Is the gallery open on Sunday?")
    await visitor.state_of("Is the gallery open on Sunday?", "sent")
    conversation = await visitor.conversation()
    await visitor.where.fill("#text", "And call me, please")
    await card.get_by_role("button", name="Leave a message").press("Enter")
    await expect(card.get_by_label("Your name (optional)")).to_be_focused()
    await expect(card.get_by_label("Your message")).to_have_value("And call me, please")
    await visitor.page.keyboard.type("Han Meimei")
    await card.get_by_label("Phone").fill("+86 571 8888 6666")
    await card.get_by_label("Phone").press("Enter")
    await expect(card.locator(".lead")).to_have_text("Thank you, we have your message!")
    await expect(visitor.where.locator("#text")).to_have_value("")
    await visitor.state_of("And call me, please", "sent")
    contact = {"name": "Han Meimei", "phone": "+86 571 8888 6666"}
    events = [entry["event"] for entry in log(shop, conversation) if entry["kind"] == "event"]
    assert {"name": "left_message", "data": {"contact": contact}} in events
    await visitor.page.reload()
    await visitor.connected()
    await expect(card.locator(".hint")).to_contain_text("+86 571 8888 6666")
    who = agent_session(shop)
    async with joined(who) as agent:
        await follow(agent, conversation)
        act(who, conversation, "accept")
        await expect(card).to_have_count(0)
    await visitor.page.reload()
    await visitor.connected()
    await expect(visitor.message("And call me, please", own=True)).to_be_visible()
    await expect(card).to_have_count(0)
    await visitor.leave()


async def test_a_full_queue_asks_those_outside_for_a_message(browser: Browser, shop: Server) -> None:
    desk = Desk("full")
    visitor = await Visitor.arrive(browser, shop, desk=desk, **PHONE)
    card = visitor.where.locator(".card.leave")
    await expect(card.locator(".lead")).to_contain_text("So many people are waiting")
    await expect(visitor.where.locator("#composer")).to_be_hidden()
    await visitor.shot("full-en-US")
    assert await visitor.serious() == []
    desk.state = "online"
    await visitor.page.reload()
    await visitor.connected()
    await expect(visitor.where.locator("#composer")).to_be_visible()
    await visitor.write("Hello")
    await visitor.state_of("Hello", "sent")
    # Whoever has a place is not sent away by those who came later.
    desk.state = "full"
    await visitor.page.reload()
    await visitor.connected()
    place = visitor.where.locator(".queue .place")
    await expect(place).to_have_text(re.compile("ahead of you|You are next"), timeout=SETTLE_MS)
    await expect(visitor.where.locator("#composer")).to_be_visible()
    await visitor.leave()


async def test_a_message_left_without_a_network_goes_out_later(browser: Browser, shop: Server) -> None:
    desk = Desk("closed", soon(50))
    visitor = await Visitor.arrive(browser, shop, desk=desk)
    card = visitor.where.locator(".card.leave")
    await expect(card.locator("form")).to_be_visible()
    await card.get_by_label("E-mail").fill("han@shop.example")
    await card.get_by_label("Your message").fill("From the tunnel")
    await visitor.context.set_offline(True)
    await card.get_by_role("button", name="Send message").click()
    await expect(card.locator(".lead")).to_have_text("You are offline. Your message is kept and sent later.")
    await expect(card.locator(".kept")).to_have_text("From the tunnel")
    await visitor.context.set_offline(False)
    await expect(card.locator(".lead")).to_have_text("Thank you, we have your message!", timeout=30_000)
    await visitor.connected()
    conversation = await visitor.conversation()
    assert [entry["text"] for entry in log(shop, conversation) if entry["kind"] == "text"] == [
        "From the tunnel"
    ]
    await visitor.leave(network_may_fail=True)


async def test_a_message_whose_answer_was_lost_is_there_once_after_a_reload(
    browser: Browser, shop: Server
) -> None:
    desk = Desk("away")
    visitor = await Visitor.arrive(browser, shop, desk=desk)
    reached: list[int] = []

    async def swallow(route: Any) -> None:
        answer = await route.fetch()
        reached.append(answer.status)
        await route.abort()

    await visitor.context.route("**/api/v1/visitor/leave-message/", swallow)
    card = visitor.where.locator(".card.leave")
    await card.get_by_role("button", name="Leave a message").click()
    await card.get_by_label("E-mail").fill("han@shop.example")
    await card.get_by_label("Your message").fill("Only once")
    await card.get_by_role("button", name="Send message").click()
    await eventually_async(_some(reached))
    await visitor.context.unroute("**/api/v1/visitor/leave-message/")
    await visitor.page.reload()
    await visitor.connected()
    await expect(card.locator(".lead")).to_have_text("Thank you, we have your message!", timeout=30_000)
    kinds = [entry["kind"] for entry in log(shop, await visitor.conversation())]
    assert kinds.count("text") == 1 and reached[0] == 201
    await visitor.leave(network_may_fail=True)


def _some(found: list[int]) -> Any:
    async def any_yet() -> bool:
        return bool(found)

    return any_yet


async def test_a_half_written_form_survives_a_reload_and_another_language(
    browser: Browser, shop: Server
) -> None:
    visitor = await Visitor.arrive(browser, shop, desk=Desk("closed"))
    card = visitor.where.locator(".card.leave")
    await card.get_by_label("Your message").fill("Half a sen")
    await visitor.page.reload()
    await visitor.connected()
    await expect(card.get_by_label("Your message")).to_have_value("Half a sen")
    await visitor.page.goto(f"{shop.base_url}/h/demo/?lang=zh-CN")
    await visitor.connected()
    await expect(card.get_by_label("留言内容")).to_have_value("Half a sen")
    await visitor.leave()


async def test_the_office_opens_while_somebody_looks(browser: Browser, shop: Server) -> None:
    desk = Desk("closed", int(time.time() * 1000) + 2_000)
    visitor = await Visitor.arrive(browser, shop, desk=desk)
    await expect(visitor.where.locator(".card.leave")).to_be_visible()
    desk.state, desk.opens_at = "online", None
    await expect(visitor.where.locator("#head-status")).to_have_text("We are here for you", timeout=15_000)
    await expect(visitor.where.locator(".card.leave")).to_have_count(0)
    await visitor.shot("online-en-US")
    await visitor.leave()


async def test_a_rating_is_asked_for_once_after_each_end(browser: Browser, shop: Server) -> None:
    visitor = await Visitor.arrive(browser, shop)
    who = agent_session(shop)
    card = visitor.where.locator(".rating")
    async with joined(who) as agent:
        conversation = await meet(visitor, agent, "Thanks a lot")
        act(who, conversation, "accept")
        act(who, conversation, "close")
        await card.get_by_role("button", name="Not now").click()
        await expect(card).to_have_count(0)
        act(who, conversation, "reopen")
        await expect(visitor.where.locator("#log .act").last).to_have_text("The conversation goes on")
        act(who, conversation, "accept")
        act(who, conversation, "close")
        await expect(card).to_be_visible()
        await visitor.page.reload()
        await visitor.connected()
        await card.locator('.star[data-value="5"]').click()
        await card.locator("textarea").fill("Quick and kind")
        await visitor.shot("rating-en-US")
        await card.get_by_role("button", name="Send rating").click()
        await expect(card.locator(".thanks")).to_be_visible()
        await visitor.page.reload()
        await visitor.connected()
        await expect(visitor.where.locator("#log .act").last).to_have_text(re.compile("5 of 5"))
        await expect(card).to_have_count(0)
    rated = [entry["event"]["data"] for entry in log(shop, conversation) if entry["kind"] == "event"]
    assert rated[-1] == {"rating": 5, "text": "Quick and kind"}
    await visitor.leave()


async def test_whoever_will_not_rate_is_left_alone(browser: Browser, shop: Server) -> None:
    visitor = await Visitor.arrive(browser, shop)
    who = agent_session(shop)
    card = visitor.where.locator(".rating")
    async with joined(who) as agent:
        conversation = await meet(visitor, agent, "In a hurry")
        act(who, conversation, "close")
        await card.get_by_role("button", name="Not now").click()
        await expect(visitor.where.locator("#text")).to_be_focused()
    await visitor.page.reload()
    await visitor.connected()
    await expect(visitor.message("In a hurry", own=True)).to_be_visible()
    await expect(card).to_have_count(0)
    await visitor.leave()
