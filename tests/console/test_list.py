"""The list at work: many rows, live places, filters and saved views, many at once, supervisors' overview."""

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from bench.console_paint import SEED
from tests.console.browser import Desk
from tests.console.people import Shops, found
from tests.support.client import Session
from tests.support.server import ServerFactory
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
MANY = 5000
_LEAD = """
from agents.models import Agent
from chat.models import Label
Agent.objects.filter(user__username="liwei").update(role="supervisor")
Label.objects.create(name="退款", color="red")
Label.objects.create(name="催单", color="blue")
"""


@pytest.fixture(scope="module")
def led(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shops]:
    """Shops with a supervisor (liwei) and two labels; every visitor waits until somebody accepts."""
    factory = ServerFactory(tmp_path_factory.mktemp("list"))
    try:
        shops = found(factory.start("embedded", env={"KEFU_RATE_LIMIT": "off", "KEFU_ROUTING": "manual"}))
        shops.server.manage("shell", "-c", _LEAD)
        yield shops
    finally:
        factory.close()


def waiting(shops: Shops, *names: str) -> list[Session]:
    """Visitors who said a word, oldest first, once the lists know them."""
    visitors = [shops.visit("qinghe", name) for name in names]
    for visitor, name in zip(visitors, names, strict=True):
        shops.say(visitor, f"我是{name}，请问")
        eventually(lambda v=visitor: shops.status("wangfang", v.conversation)["last_text"])  # type: ignore[misc]
    return visitors


async def order(page: Page) -> list[str]:
    """Names of the rows in sight, from the top."""
    names: list[str] = await page.locator("#rows li .row-name").all_text_contents()
    return names


async def test_nothing_moves_under_the_pointer_and_what_is_new_is_offered(
    chrome: Browser, led: Shops
) -> None:
    one, two = waiting(led, "先到一", "先到二")
    desk = await Desk.open(chrome, led)
    page = desk.page
    await page.goto(f"{led.server.base_url}/console/?view=all")
    await desk.connected()
    await expect(desk.row(one.conversation)).to_be_visible()
    await desk.row(two.conversation).hover()
    before = await order(page)
    led.say(one, "我又说了一句")
    await expect(desk.row(one.conversation).locator(".row-text")).to_have_text("我又说了一句")
    (late,) = waiting(led, "后到")
    chip = page.locator("#rows-fresh")
    await expect(chip).to_have_text("1 个新会话")
    assert await order(page) == before
    led.act("liwei", two.conversation, "accept")
    led.act("liwei", two.conversation, "close")
    await expect(desk.row(two.conversation)).to_have_class(re.compile("is-gone"))
    await expect(desk.row(two.conversation)).to_contain_text("现为：已结束")
    assert await order(page) == before
    await desk.settled()
    await desk.shot("list-held")
    assert await desk.serious() == []
    await chip.click()
    await expect(chip).to_be_hidden()
    await expect(desk.row(two.conversation)).to_have_count(0)
    assert (await order(page))[:2] == ["后到", "先到一"]
    await expect(desk.row(late.conversation)).to_be_in_viewport()
    await desk.close()


async def test_filters_become_a_view_that_survives_a_reload(chrome: Browser, led: Shops) -> None:
    labelled, plain = waiting(led, "有标签", "没标签")
    desk = await Desk.open(chrome, led, "liwei")
    page = desk.page
    await desk.view("waiting")
    await desk.row(labelled.conversation).hover()
    await desk.row(labelled.conversation).locator(".row-pick").click()
    await page.locator("#bulk .icon-button").nth(1).click()
    await page.get_by_role("menuitem", name="退款").click()
    await expect(desk.row(labelled.conversation).locator(".label")).to_have_text("退款")
    await page.click("#filter-toggle")
    await page.locator('[data-filter="label"]').select_option(label="退款")
    await expect(desk.row(plain.conversation)).to_have_count(0)
    await expect(desk.row(labelled.conversation)).to_be_visible()
    await expect(page).to_have_url(re.compile(r"view=waiting&label=[0-9a-f-]{36}"))
    await page.reload()
    await desk.connected()
    await expect(desk.row(labelled.conversation)).to_be_visible()
    await expect(desk.row(plain.conversation)).to_have_count(0)
    await page.get_by_role("button", name="保存为视图…").click()
    await page.get_by_label("名称").fill("等待退款")
    await page.get_by_label("所有客服可见").check()
    await desk.shot("list-save-view")
    assert await desk.serious() == []
    await page.get_by_role("button", name="保存", exact=True).click()
    saved = page.locator("#saved-views .view")
    await expect(saved).to_contain_text("等待退款")
    await expect(page.locator("#list-title")).to_have_text("等待退款")
    await expect(saved.locator(".view-count")).to_have_text("1")
    await desk.shot("list-saved-view")

    fang = await Desk.open(chrome, led)
    await fang.page.locator("#saved-views .view").click()
    await expect(fang.row(labelled.conversation)).to_be_visible()
    await fang.page.reload()
    await expect(fang.page.locator("#list-title")).to_have_text("等待退款")
    await fang.page.locator("#list-tools .icon-button").last.click()
    await expect(fang.page.get_by_role("menuitem", name="重命名视图…")).to_have_count(0)
    await fang.page.keyboard.press("Escape")
    await fang.close()

    await page.locator("#list-tools .icon-button").last.click()
    await page.get_by_role("menuitem", name="删除视图").click()
    await expect(saved).to_have_count(0)
    await expect(page.locator("#list-title")).to_have_text("我的会话")
    await page.locator(".toast-act").click()
    await expect(saved).to_contain_text("等待退款")
    await desk.close()


async def test_many_at_once_say_one_by_one_what_became_of_them(chrome: Browser, led: Shops) -> None:
    visitors = waiting(led, "批一", "批二", "批三")
    for visitor in visitors:
        led.act("wangfang", visitor.conversation, "accept")
    desk = await Desk.open(chrome, led)
    page = desk.page
    for visitor in visitors:
        await expect(desk.row(visitor.conversation)).to_be_visible()
    await desk.row(visitors[0].conversation).locator("a").focus()
    await page.keyboard.press("Control+a")
    await expect(page.locator("#bulk")).to_contain_text("已选 3 个")
    await desk.settled()
    await desk.shot("list-picked")
    assert await desk.serious() == []
    await page.keyboard.press("Escape")
    await expect(page.locator("#bulk")).to_be_hidden()
    top, middle, low = (desk.row(visitor.conversation) for visitor in reversed(visitors))
    await top.hover()
    await top.locator(".row-pick").click()
    await low.locator(".row-pick").click(modifiers=["Shift"])
    await expect(page.locator("#bulk")).to_contain_text("已选 3 个")
    led.act("liwei", visitors[1].conversation, "take-over")  # gone under the picker's hands
    await expect(middle).to_contain_text("李伟")
    await page.get_by_role("toolbar").get_by_role("button", name="结束会话").click()
    await expect(page.locator(".toast").last).to_contain_text("2")
    eventually(lambda: led.status("wangfang", visitors[0].conversation)["status"] == "closed")
    assert led.status("wangfang", visitors[1].conversation)["status"] == "active", "a colleague's stays"
    await expect(middle.locator(".row-facts")).to_have_class(re.compile("is-problem"))
    await desk.shot("list-bulk-problem")
    await page.locator(".toast-act").first.click()
    eventually(lambda: led.status("wangfang", visitors[0].conversation)["status"] == "active")
    eventually(lambda: led.status("wangfang", visitors[2].conversation)["status"] == "active")
    await desk.close()


@pytest.mark.parametrize(("locale", "scheme"), [("zh-CN", "light"), ("en-GB", "dark")])
async def test_a_supervisor_sees_the_minute_and_takes_over(
    chrome: Browser, led: Shops, locale: str, scheme: str
) -> None:
    theirs, queued = waiting(led, f"被接待{locale}", f"排队的{locale}")
    led.act("wangfang", theirs.conversation, "accept")
    fang = await Desk.open(chrome, led)
    await expect(fang.page.locator("#live-button")).to_be_hidden()
    desk = await Desk.open(chrome, led, "liwei", locale, scheme)
    page = desk.page
    await page.click("#live-button")
    live = page.locator("#live")
    await expect(live.locator(".live-row", has_text=f"排队的{locale}")).to_be_visible()
    person = live.locator(".live-row", has_text="王芳")
    await expect(person.locator(".presence")).to_have_attribute("data-status", "online")
    await fang.page.click("#me")
    await fang.page.locator('#status button[data-status="busy"]').click()
    await fang.page.fill("#status-reason", "培训")
    await fang.page.keyboard.press("Enter")
    await expect(fang.page.locator("#me-status")).to_contain_text("忙碌 · 培训")
    await expect(person).to_contain_text("培训")
    await person.locator(".live-name").click()
    own = live.locator(f'.live-row[data-id="{theirs.conversation}"]')
    await expect(own).to_be_visible()
    await desk.settled()
    await desk.shot(f"live-{locale[:2]}-{scheme}")
    assert await desk.serious() == []
    await own.locator(".button").click()
    await expect(page).to_have_url(re.compile(theirs.conversation))
    await expect(live).to_be_hidden()
    assert led.status("liwei", theirs.conversation)["agent"]["name"] == "李伟"
    assert led.status("liwei", queued.conversation)["status"] == "queued"
    await fang.online()  # the next test finds her so
    await fang.close()
    await desk.close()


async def test_five_thousand_rows_are_a_few_elements(chrome: Browser, led: Shops) -> None:
    led.server.manage("shell", "-c", SEED % (MANY, "northwind", "emma"))
    desk = await Desk.open(chrome, led, "emma", "en-GB")
    page = desk.page
    await page.goto(f"{led.server.base_url}/console/?view=all")
    await desk.connected()
    rows, scroll = page.locator("#rows li"), page.locator("#rows-scroll")
    await expect(rows.first).to_be_visible()
    first = await order(page)
    assert await rows.count() < 40
    height = await rows.first.evaluate("(node) => node.getBoundingClientRect().height")
    for _ in range(400):
        await scroll.evaluate("(node) => { node.scrollTop = node.scrollHeight; }")
        await page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 20)))")
        if int(await rows.first.get_attribute("aria-setsize") or 0) >= MANY:
            break
    assert await rows.first.get_attribute("aria-setsize") == str(MANY)
    await scroll.evaluate("(node) => { node.scrollTop = node.scrollHeight; }")
    await expect(page.locator(f'#rows li[aria-posinset="{MANY}"]')).to_be_in_viewport()
    assert await rows.count() < 40, "what is out of sight is no element"
    assert await scroll.evaluate("(node) => node.scrollHeight") == pytest.approx(MANY * height, abs=2)
    places = await rows.evaluate_all("(nodes) => nodes.map((node) => Number(node.ariaPosInSet))")
    assert places == sorted(places), "readers and the Tab key go from top to bottom"
    await scroll.evaluate("(node) => { node.scrollTop = 0; }")
    await expect(page.locator('#rows li[aria-posinset="1"]')).to_be_in_viewport()
    assert (await order(page))[: len(first) - 8] == first[: len(first) - 8]
    await page.keyboard.press("Alt+j")
    await page.keyboard.press("Alt+j")
    await expect(page.locator('#rows li[aria-posinset="2"] a[aria-current="true"]')).to_be_visible()
    assert await desk.serious() == []
    await desk.close()
