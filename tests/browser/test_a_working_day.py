"""A shop's day: three agents at their pages, a supervisor, thirty visitors, and what goes wrong on a day."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator

import pytest
from playwright.async_api import Browser, expect

from tests.browser.day import AFTER_SALE, BEFORE_SALE, PATIENCE_S, Visitor
from tests.browser.day_desks import Colleague, Day, Mortal, mortal
from tests.console.people import Shops
from tests.faults.talk import audit, log_of
from tests.support.chromium import chromium
from tests.support.lives import awake
from tests.support.server import Mode, ServerFactory
from tests.support.waiting import eventually_async

pytestmark = pytest.mark.browser

PASSWORD = "osmanthus-oolong-88"
HEARTBEAT_S = 4
GRACE_S = 15  # a busy machine takes ten seconds from a stop until its pages are back
SLACK_S = 10  # for a page to paint and a sweep to have its turn on a busy machine
CAPACITY = 4
ENV = {
    "KEFU_RATE_LIMIT": "off",
    "KEFU_ROUTING": "auto",
    "KEFU_BOT": "off",  # the day is people's; the bot has one of its own
    "KEFU_HEARTBEAT_S": str(HEARTBEAT_S),
    "KEFU_AGENT_GRACE_S": str(GRACE_S),
}
_CAPACITY = f"from agents.models import Agent; Agent.objects.update(capacity={CAPACITY})"
_SEATS = """
import json
from agents.models import Assignment, Seat, Standing, Waiting
print("SEATS" + json.dumps({
    "seats": Seat.objects.count(),
    "used": sum(Standing.objects.values_list("used", flat=True)),
    "waiting": Waiting.objects.count(),
    "open": Assignment.objects.filter(ended_ms=None).count(),
}))
"""


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Expectations wait as long as everything else here."""
    expect.set_options(timeout=PATIENCE_S * 1000)
    yield
    expect.set_options(timeout=5_000)


async def test_a_day(server_factory: ServerFactory, mode: Mode) -> None:
    server = await asyncio.to_thread(server_factory.start, mode, ENV)
    await asyncio.to_thread(server.manage, "seed_demo", "--password", PASSWORD)
    await asyncio.to_thread(server.manage, "shell", "-c", _CAPACITY)
    day = Day(server)
    async with chromium() as chrome, mortal() as doomed, awake(day.lives):
        try:
            await live_through(day, chrome, doomed)
        except BaseException:
            await asyncio.gather(*(desk.last_picture() for desk in day.team), return_exceptions=True)
            raise
    await asyncio.to_thread(check, day)


async def live_through(day: Day, chrome: Browser, doomed: Mortal) -> None:
    """From the first visitor to the last."""
    shops = Shops(day.server, {}, {})
    wang, li, zhang, chief = await asyncio.gather(
        Colleague.arrives(chrome, shops, "wangfang", "王芳", PASSWORD),
        Colleague.arrives(chrome, shops, "lina", "李娜", PASSWORD),
        Colleague.arrives(doomed.browser, shops, "zhangwei", "张伟", PASSWORD),
        Colleague.arrives(chrome, shops, "chenjing", "陈静", PASSWORD),
    )
    day.team += [wang, li, zhang, chief]
    await the_morning(day, wang, li, zhang)
    await a_canned_reply_and_a_note(day, wang)
    await handing_over(day, wang, li, zhang)
    await the_chief_looks_in(day, chief, wang, zhang)
    await asyncio.gather(*(day.finish_some(each, 2) for each in (wang, li, zhang)))
    await through_a_restart(day, day.server.stop, wang, li, zhang)
    await a_browser_dies(day, chief, li, doomed)
    await through_a_restart(day, day.server.kill, wang, li)
    zhang = await Colleague.arrives(chrome, shops, "zhangwei", "张伟", PASSWORD)
    day.team.append(zhang)
    await asyncio.gather(*(day.work_off(each) for each in (wang, li, zhang)))
    for desk in day.team:
        assert desk.complaints() == [], desk.name


async def the_morning(day: Day, *team: Colleague) -> None:
    """More come than there are seats: who has none knows their place."""
    errands = [
        *itertools.islice(itertools.cycle(BEFORE_SALE), 11),
        *itertools.islice(itertools.cycle(AFTER_SALE), 7),
    ]
    await day.arrive(errands)
    for desk in team:
        await desk.has(CAPACITY)
        await expect(desk.page.locator("#me-load")).to_have_text(f"{CAPACITY}/{CAPACITY}")

    async def all_seats_taken() -> bool:
        return len(day.waiting()) == len(errands) - CAPACITY * len(team)

    await eventually_async(all_seats_taken, PATIENCE_S, "everybody else waits")
    assert all(each.places for each in day.waiting())
    await asyncio.gather(*(day.greet_all(desk) for desk in team))


async def a_canned_reply_and_a_note(day: Day, desk: Colleague) -> None:
    """`/` for the words of every day, `@` for a colleague, who alone reads them."""
    visitor = day.of(await desk.listed())[1]
    await desk.turn_to(visitor.id)
    await desk.text.press_sequentially("/nh")
    await expect(desk.page.locator("#suggest-0")).to_contain_text("问候")
    await desk.text.press("Enter")
    words = f"您好，{visitor.name}，我是王芳，请问有什么可以帮您？"
    await expect(desk.text).to_have_value(words)
    await desk.text.press("Enter")
    desk.sent.append((visitor.id, words))
    await visitor.hears(words)

    before = visitor.hidden
    await desk.tab("note")
    await desk.text.press_sequentially("请 @李娜")
    await expect(desk.page.locator("#suggest-0")).to_contain_text("李娜")
    await desk.text.press("Enter")
    await desk.text.press_sequentially("看一下礼盒库存")
    await desk.text.press("Enter")
    note = desk.page.locator("#log .msg", has_text="看一下礼盒库存")
    await expect(note).to_be_visible()
    await desk.tab("reply")
    await visitor.until(lambda it: it.hidden > before, "a hidden entry")


async def handing_over(day: Day, wang: Colleague, li: Colleague, zhang: Colleague) -> None:
    """A transfer that is accepted, and one that comes back."""
    visitor = day.of(await li.listed())[0]
    await li.turn_to(visitor.id)
    await li.hand_over("王芳", "懂普洱的你来答")
    await visitor.until(lambda it: it.owner == "王芳", "王芳")
    await wang.turn_to(visitor.id)
    await expect(wang.page.locator("#thread-banner")).to_contain_text("懂普洱的你来答")
    await wang.act("accept")
    await expect(wang.page.locator("#thread-banner")).to_be_hidden()
    await wang.reply(visitor.id, "我来答，普洱可以放十年")
    await visitor.hears("我来答，普洱可以放十年")

    returned = next(each for each in day.of(await zhang.listed()) if each.said_by("agent"))
    await zhang.turn_to(returned.id)
    await zhang.hand_over("李娜", "你熟")
    await returned.until(lambda it: it.owner == "李娜", "李娜")
    await li.turn_to(returned.id)
    await li.act("refuse")
    await li.dialog.locator("input[type=text]").fill("我这边满了")
    await li.sure()
    await returned.until(lambda it: it.owner == "张伟", "张伟 again")
    await expect(zhang.page.locator("#thread-banner")).to_contain_text("我这边满了")
    await zhang.reply(returned.id, "还是我来")
    await returned.hears("还是我来")


async def the_chief_looks_in(day: Day, chief: Colleague, wang: Colleague, zhang: Colleague) -> None:
    """A whisper over one shoulder, and a conversation taken over from another."""
    heard = next(each for each in day.of(await wang.listed()) if each.said_by("agent"))
    await wang.turn_to(heard.id)
    await chief.page.click("#live-button")
    await chief.page.locator("#live .live-name", has_text="王芳").click()
    await chief.page.locator(f'#live li[data-id="{heard.id}"] .live-name').last.click()
    await expect(chief.message(heard.errand)).to_be_visible()
    await expect(wang.page.locator("#thread-head .viewers")).to_contain_text("陈静")
    before = heard.hidden
    await chief.tab("whisper")
    await chief.text.fill("可以送一张券")
    await chief.text.press("Enter")
    await expect(wang.message("可以送一张券")).to_be_visible()
    await heard.until(lambda it: it.hidden > before, "a hidden entry")

    taken = next(each for each in day.of(await zhang.listed()) if each.said_by("agent"))
    await zhang.turn_to(taken.id)
    await chief.view("all")
    await chief.choose(taken.id)
    await chief.act("take_over")
    await taken.until(lambda it: it.owner == "陈静", "陈静")
    await expect(zhang.page.locator("#thread-banner")).to_contain_text("陈静")
    await chief.reply(taken.id, "我是主管，这件事由我处理")
    await taken.hears("我是主管，这件事由我处理")
    await chief.close_with("售后 / 退换货", "主管处理")
    await taken.until(lambda it: it.status == "closed", "the end")
    await asyncio.to_thread(taken.rate, 4)


async def through_a_restart(day: Day, end: Callable[[], object], *team: Colleague) -> None:
    """The server goes and comes: what was begun stays, what was sent arrives, nobody loses anybody."""
    had = {desk.name: await desk.listed() for desk in team}
    drafts: list[tuple[Colleague, Visitor, str]] = []
    for number, desk in enumerate(team):
        visitor = day.visitors[had[desk.name][0]]
        await day.turn_to(desk, visitor)
        drafts.append((desk, visitor, f"写到一半 {number} {end.__name__}"))
        await desk.text.fill(drafts[-1][2])
    talking = [each for each in day.visitors.values() if each.status != "closed"]
    for visitor in talking:
        await visitor.say(f"{visitor.name}：还在吗 {end.__name__}")
    await asyncio.to_thread(end)
    for visitor in talking:
        await visitor.say(f"{visitor.name}：喂 {end.__name__}")
    first, visitor, words = drafts[0]
    await expect(first.page.locator("#link-banner")).to_be_visible()
    await first.text.press("Enter")
    first.sent.append((visitor.id, words))
    await asyncio.to_thread(day.server.restart)
    await asyncio.gather(*(desk.connected() for desk in day.team if not desk.page.is_closed()))
    await asyncio.gather(*(each.until(lambda it: not it.outbox, "to be acked") for each in talking))
    for desk, visitor, words in drafts[1:]:
        await expect(desk.text).to_have_value(words)
        await desk.text.press("Enter")
        desk.sent.append((visitor.id, words))
    for _, visitor, words in drafts:
        await visitor.hears(words)
    for desk in team:
        assert set(had[desk.name]) <= set(await desk.listed()), desk.name


async def a_browser_dies(day: Day, chief: Colleague, li: Colleague, doomed: Mortal) -> None:
    """Its agent's conversations go ahead of those who wait, to others."""
    await day.arrive([*AFTER_SALE, *AFTER_SALE, *BEFORE_SALE[:4]])
    await chief.page.click("#live-button")
    person = chief.page.locator("#live .live-row", has=chief.page.locator(".live-name", has_text="张伟"))
    await expect(person.locator(".presence")).to_have_attribute("data-status", "online")
    left = [each for each in day.visitors.values() if each.owner == "张伟" and each.status == "active"]
    assert len(left) >= CAPACITY
    with day.overtaking():
        doomed.kill()
        limit = 1000 * (2 * HEARTBEAT_S + SLACK_S)
        await expect(person.locator(".presence")).to_have_attribute("data-status", "offline", timeout=limit)
        within = 2 * HEARTBEAT_S + GRACE_S + SLACK_S
        for visitor in left:
            await visitor.until(lambda it: it.owner != "张伟", "somebody else", within)

        async def ahead() -> bool:
            queue = [each for each in day.waiting() if each.after_sale]
            back = [each for each in queue if each in left]
            in_order = [each.place for each in queue] == list(range(1, len(queue) + 1))
            return in_order and queue[: len(back)] == back

        await eventually_async(ahead, PATIENCE_S, "those who were left stand first, all know their place")
    await day.finish_some(li, 1)


def check(day: Day) -> None:
    """After the last one has gone: everybody was served, and everything is there, once, in order."""
    for visitor in day.visitors.values():
        assert visitor.faults == [], visitor.name
        assert visitor.served and visitor.status == "closed" and visitor.outbox == {}, visitor.name
        log = log_of(day.server, visitor.session, visitor.id)
        assert [entry["seq"] for entry in log] == list(range(1, len(log) + 1)), "a gap or a repeat"
        assert visitor.last == len(log), "something never reached them"
        for key, (seq, id_) in visitor.acked.items():
            assert (log[seq - 1]["client_msg_id"], log[seq - 1]["id"]) == (key, id_), "an acked message moved"
        for seq, entry in visitor.entries.items():
            assert log[seq - 1] == entry, "they saw something else"
        texts = [
            entry["text"] for entry in log if entry["kind"] == "text" and entry["sender"]["kind"] == "agent"
        ]
        for desk in day.team:
            said = [words for conversation, words in desk.sent if conversation == visitor.id]
            places = [texts.index(words) for words in said]
            assert places == sorted(places) and all(texts.count(words) == 1 for words in said), visitor.name
        assert len(texts) == sum(words[0] == visitor.id for desk in day.team for words in desk.sent)
    audit(day.server)
    printed = day.server.manage("shell", "-c", _SEATS).stdout.split("SEATS", 1)[1]
    assert json.loads(printed) == {"seats": 0, "used": 0, "waiting": 0, "open": 0}
