"""Reading back, keeping one's place, the keyboard, drafts, search, the menu."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.console.browser import Desk
from tests.console.people import Shops
from tests.console.test_answering import picture
from tests.support.client import Session, joined
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


def mine(shops: Shops, name: str, *texts: str) -> Session:
    """A conversation that 王芳 has accepted and answered, so that nothing in it is new."""
    visitor = shops.visit("qinghe", name)
    for text in texts or ("你好",):
        shops.say(visitor, text)
    shops.act("wangfang", visitor.conversation, "accept")
    shops.answer("wangfang", visitor.conversation, "好的")
    return visitor


async def top_message(log: Locator) -> tuple[str, float]:
    """Number and lower edge (px of the window) of the first message in sight."""
    seq, edge = await log.evaluate(
        """(node) => {
            const top = node.getBoundingClientRect().top;
            const all = [...node.querySelectorAll(".msg")];
            const first = all.find((one) => one.getBoundingClientRect().bottom > top);
            return [first.dataset.seq, first.querySelector(".bubble").getBoundingClientRect().bottom];
        }"""
    )
    return str(seq), float(edge)


async def at_rest(log: Locator) -> tuple[str, float]:
    """The same once a turn of the wheel has run out: ten frames without a move."""
    await log.evaluate(
        """(node) => new Promise((done) => {
            let last = node.scrollTop;
            let still = 0;
            const look = () => {
                still = node.scrollTop === last ? still + 1 : 0;
                last = node.scrollTop;
                if (still >= 10) done();
                else requestAnimationFrame(look);
            };
            requestAnimationFrame(look);
        })"""
    )
    return await top_message(log)


async def test_history_is_read_upwards_and_the_page_keeps_its_place(chrome: Browser, shops: Shops) -> None:
    long = mine(shops, "老顾客", *(f"第 {number} 句" for number in range(1, 96)))
    desk = await Desk.open(chrome, shops)
    await desk.choose(long.conversation)
    log = desk.page.locator("#log")
    await expect(desk.message("第 95 句")).to_be_in_viewport()
    await expect(desk.message("第 40 句")).to_have_count(0)

    for _ in range(8):
        if await desk.message("第 1 句").count():
            break
        shown = await log.locator(".msg").count()
        # What stands at the top of the window before and after the older page came in.
        await log.evaluate("(node) => { node.scrollTop = 40; }")
        seq, mark = await top_message(log)
        await expect(log.locator(".msg").nth(shown)).to_be_attached()
        await desk.page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        again = log.locator(f'.msg[data-seq="{seq}"] .bubble')
        assert abs(await again.evaluate("(node) => node.getBoundingClientRect().bottom") - mark) <= 1
    await expect(desk.message("第 1 句")).to_have_count(1)
    await expect(log.locator(".line-top")).to_have_text("会话从这里开始")
    seqs = await log.locator(".msg").evaluate_all("(nodes) => nodes.map((node) => Number(node.dataset.seq))")
    assert seqs == sorted(seqs) and len(seqs) == 96
    await desk.close()


async def test_what_arrives_below_moves_nothing_above(chrome: Browser, shops: Shops) -> None:
    many = mine(shops, "白杨", *(f"说 {number}" for number in range(1, 41)))
    desk = await Desk.open(chrome, shops)
    await desk.choose(many.conversation)
    log = desk.page.locator("#log")
    await expect(desk.message("说 40")).to_be_in_viewport()
    await log.hover()
    await desk.page.mouse.wheel(0, -600)
    await expect(desk.page.locator("#to-latest")).to_be_visible()
    # Near the top the older page comes in by itself; what is being read stays where it is on the screen.
    await expect(log.locator(".line-top")).to_be_attached()
    seq, where = await at_rest(log)
    async with joined(many) as visitor:
        await visitor.say(many.conversation, "还在吗")
        await visitor.say(many.conversation, "在的话回一下")
    await expect(desk.page.locator("#to-latest")).to_have_text("2 条新消息")
    again = log.locator(f'.msg[data-seq="{seq}"] .bubble')
    assert abs(await again.evaluate("(node) => node.getBoundingClientRect().bottom") - where) <= 1
    await expect(desk.row(many.conversation).locator(".badge")).to_have_text("2")
    await desk.page.click("#to-latest")
    await expect(desk.message("在的话回一下")).to_be_in_viewport()
    await expect(desk.page.locator("#to-latest")).to_be_hidden()
    await expect(desk.row(many.conversation).locator(".badge")).to_be_hidden()
    await desk.close()


async def test_a_conversation_nobody_followed_is_shown_without_a_hole(chrome: Browser, shops: Shops) -> None:
    theirs = shops.visit("qinghe", "卫青")
    for number in range(1, 6):
        shops.say(theirs, f"早 {number}")
    shops.act("liwei", theirs.conversation, "accept")
    own = mine(shops, "霍去病")
    desk = await Desk.open(chrome, shops)
    await desk.view("all")
    await desk.choose(theirs.conversation)
    seqs = "(nodes) => nodes.map((node) => Number(node.dataset.seq))"
    await expect(desk.message("早 5")).to_be_visible()
    assert await desk.page.locator("#log .msg").evaluate_all(seqs) == [1, 2, 3, 4, 5]

    await desk.view("mine")  # neither open nor on the screen: nobody follows it
    await desk.choose(own.conversation)
    for number in range(1, 61):
        shops.say(theirs, f"晚 {number}")
    await desk.page.go_back()
    await expect(desk.message("晚 60")).to_be_visible()
    shown = await desk.page.locator("#log .msg").evaluate_all(seqs)
    assert shown == [seq for seq in range(shown[0], 67) if seq != 6], "6 is the act of accepting"
    await desk.close()


async def test_new_messages_are_marked_where_they_begin(chrome: Browser, shops: Shops) -> None:
    first = mine(shops, "江南", "一")
    shops.answer("wangfang", first.conversation, "二")
    shops.say(first, "三")
    shops.say(first, "四")
    eventually(lambda: shops.status("wangfang", first.conversation)["last_text"] == "四")
    desk = await Desk.open(chrome, shops)
    await desk.choose(first.conversation)
    after = desk.page.locator("#log .line-new + .msg")
    await expect(after).to_contain_text("三")
    await desk.close()


async def test_drafts_are_kept_per_conversation_and_over_a_reload(chrome: Browser, shops: Shops) -> None:
    one, two = mine(shops, "甲"), mine(shops, "乙")
    desk = await Desk.open(chrome, shops)
    text = desk.page.locator("#composer-text")
    await desk.choose(one.conversation)
    await text.fill("给甲的半句")
    await desk.page.click("#tab-note")
    await text.fill("甲的备注草稿")
    await desk.choose(two.conversation)
    await expect(text).to_have_value("")
    await text.fill("给乙的半句")
    await expect(desk.row(one.conversation).locator(".row-text")).to_have_text("[草稿] 给甲的半句")
    await desk.page.reload()
    await desk.connected()
    await expect(text).to_have_value("给乙的半句")
    await desk.choose(one.conversation)
    await expect(text).to_have_value("给甲的半句")
    await desk.page.click("#tab-note")
    await expect(text).to_have_value("甲的备注草稿")
    await desk.page.click("#tab-reply")
    await desk.write("给甲的一句")
    await expect(desk.message("给甲的一句")).to_be_visible()
    await expect(desk.row(one.conversation).locator(".row-text")).to_have_text("给甲的一句")
    await desk.close()


async def test_files_that_wait_outlive_another_conversation_and_a_reload(
    chrome: Browser, shops: Shops, tmp_path: Path
) -> None:
    one, two = mine(shops, "白素贞"), mine(shops, "许仙")
    desk = await Desk.open(chrome, shops)
    page, waiting = desk.page, desk.page.locator(".pending-file")
    await desk.choose(one.conversation)
    words = tmp_path / "保修.txt"
    words.write_text("保修两年")
    files = [picture(tmp_path / "coat.png"), words]
    await page.set_input_files('.composer-box input[accept=""]', files)
    await expect(waiting).to_have_count(2)
    await desk.choose(two.conversation)
    await expect(waiting).to_have_count(0)
    await page.reload()
    await desk.connected()
    await expect(waiting).to_have_count(0)
    await desk.choose(one.conversation)
    await expect(waiting.locator("img")).to_be_visible()
    await expect(waiting.nth(1)).to_contain_text("保修.txt")
    await waiting.first.locator("button").click()
    await page.reload()
    await desk.connected()
    await expect(waiting).to_have_text(re.compile("保修.txt"))
    await page.focus("#composer-text")
    await page.keyboard.press("Enter")
    await expect(page.locator("#log .msg", has_text="保修.txt")).to_be_visible()
    await expect(waiting).to_have_count(0)
    await page.reload()
    await desk.connected()
    await expect(page.locator("#log .msg", has_text="保修.txt")).to_have_count(1)
    await expect(waiting).to_have_count(0)
    await desk.close()


async def test_everything_can_be_reached_by_keyboard(chrome: Browser, shops: Shops) -> None:
    waiting = shops.visit("qinghe", "键盘客")
    shops.say(waiting, "有人吗")
    desk = await Desk.open(chrome, shops)
    keys = desk.page.keyboard
    await keys.press("Alt+2")
    await expect(desk.page.locator("#list-title")).to_have_text("等待接入")
    await expect(desk.row(waiting.conversation)).to_be_visible()
    at = await desk.page.locator("#rows li").evaluate_all("(nodes) => nodes.map((node) => node.dataset.id)")
    for _ in range(at.index(waiting.conversation) + 1):
        await keys.press("Alt+j")
    await expect(desk.page).to_have_url(re.compile(waiting.conversation))
    await keys.press("Alt+a")
    await expect(desk.page.locator("#composer-text")).to_be_focused()
    await keys.insert_text("在的")
    await keys.press("Enter")
    await expect(desk.message("在的")).to_be_visible()
    await keys.press("Alt+p")
    await expect(desk.page.locator("#tab-note")).to_have_attribute("aria-selected", "true")
    await keys.insert_text("键盘写的备注?")  # a question mark in a text opens no sheet
    await keys.press("Enter")
    await expect(desk.page.locator('#log .msg[data-kind="note"]')).to_contain_text("键盘写的备注?")
    await keys.press("Alt+e")
    await expect(desk.page.locator(".thread-facts .status")).to_have_text("已结束")
    await desk.page.locator("#log").focus()
    await keys.press("?")
    await expect(desk.page.locator("#help[open]")).to_contain_text("下一个会话")
    await keys.press("Escape")
    await expect(desk.page.locator("#help[open]")).to_have_count(0)
    await expect(desk.page.locator("#log")).to_be_focused()
    await keys.press("/")
    await expect(desk.page.locator("#search")).to_be_focused()
    await desk.close()


async def test_search_finds_and_says_when_it_does_not(chrome: Browser, shops: Shops) -> None:
    rare = mine(shops, "欧阳锋", "蛤蟆功教程下架了吗")
    eventually(lambda: shops.status("wangfang", rare.conversation)["last_text"])
    desk = await Desk.open(chrome, shops)
    await desk.view("waiting")
    await desk.page.fill("#search", "欧阳")
    await expect(desk.page.locator("#rows li")).to_have_count(1)
    await expect(desk.row(rare.conversation)).to_contain_text("欧阳锋")
    await desk.page.fill("#search", "蛤蟆")
    await expect(desk.row(rare.conversation)).to_be_visible()
    await desk.page.fill("#search", "没有这个人")
    await expect(desk.page.locator("#rows-empty")).to_contain_text("没有找到“没有这个人”")
    await desk.page.locator("#rows-empty button").click()
    await expect(desk.page.locator("#search")).to_have_value("")
    await expect(desk.page.locator("#list-title")).to_have_text("等待接入")
    await desk.close()


async def test_the_visitor_stands_beside_the_thread(chrome: Browser, shops: Shops) -> None:
    old = shops.visit("qinghe", "苏晴", verified=True, id="vip-7")
    shops.say(old, "上次的问题")
    shops.act("wangfang", old.conversation, "accept")
    shops.act("wangfang", old.conversation, "close")
    now = shops.visit(
        "qinghe",
        "苏晴",
        verified=True,
        id="vip-7",
        email="suqing@example.cn",
        attributes={"会员等级": "金卡", "坏": "<img src=x onerror=alert(1)>"},
        page={"url": "https://qinghe.example.cn/cart", "title": "购物车"},
    )
    shops.say(now, "这次的问题")
    desk = await Desk.open(chrome, shops)
    await desk.view("all")
    await desk.choose(now.conversation)
    beside = desk.page.locator("#context")
    for text in ("suqing@example.cn", "vip-7", "购物车", "qinghe.example.cn/cart", "金卡", "青禾商城"):
        await expect(beside).to_contain_text(text)
    await expect(beside.locator("img")).to_have_count(0)
    if old.conversation != now.conversation:
        await beside.locator(".history-row").click()
        await expect(desk.page).to_have_url(re.compile(old.conversation))
        await expect(desk.message("上次的问题")).to_be_visible()
        await desk.page.go_back()
        await expect(desk.message("这次的问题")).to_be_visible()
    await desk.close()


async def test_appearance_language_and_sound_are_kept(chrome: Browser, shops: Shops) -> None:
    desk = await Desk.open(chrome, shops)
    await desk.theme("dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = await desk.page.evaluate(ground)
    await desk.page.click("#me")
    await desk.page.locator("#sound").uncheck()
    await desk.page.locator('#menu button[value="en"]').click()
    await desk.connected()
    await expect(desk.page.locator("html")).to_have_attribute("lang", "en")
    await expect(desk.page.locator("#list-title")).to_have_text("Mine")
    assert await desk.page.evaluate(ground) == dark
    await expect(desk.page.locator("#sound")).not_to_be_checked()
    await desk.theme("light")
    assert await desk.page.evaluate(ground) != dark
    await desk.close()


async def test_signing_out_ends_it(chrome: Browser, shops: Shops) -> None:
    desk = await Desk.open(chrome, shops)
    await desk.page.click("#me")
    await desk.page.locator("#logout button").click()
    await expect(desk.page.locator("#id_username")).to_be_visible()
    await desk.page.goto(f"{shops.server.base_url}/console/")
    await expect(desk.page.locator("#id_username")).to_be_visible()
    await desk.close()
