"""What helps while writing: canned replies, mentions, macros, quotes, changed notes, keys, drafts."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.console.browser import Desk
from tests.console.people import Shops
from tests.console.test_handing_on import confirm, owned
from tests.support.client import joined, rest

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


#: A supervisor, groups, canned replies, labels (see conftest.shops).
FURNISHED = True


def log(shops: Shops, conversation: str) -> list[dict[str, Any]]:
    """The entries as an agent reads them."""
    with rest(shops.server, shops.token("wangfang")) as http:
        answer = http.get(f"/api/v1/conversations/{conversation}/messages/", params={"limit": 200})
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


@pytest.mark.parametrize("query", ["th", "tuihuo", "退货"])
async def test_a_canned_reply_is_found_by_pinyin_initials_or_words_and_put_in_not_sent(
    chrome: Browser, shops: Shops, query: str
) -> None:
    chen = owned(shops, "陈小雨", "怎么退货")
    desk = await Desk.open(chrome, shops)
    await desk.choose(chen.conversation)
    text = desk.page.locator("#composer-text")
    await text.click()
    await desk.page.keyboard.type(f"/{query}")
    await expect(desk.page.locator(".suggest-item").first).to_contain_text("退货流程")
    await expect(desk.page.locator("#suggest-preview")).to_contain_text("您好 陈小雨，退货请在")
    await desk.page.keyboard.press("Enter")
    await expect(text).to_have_value("您好 陈小雨，退货请在“我的订单”里提交申请，快递会上门取件。")
    await expect(desk.page.locator("#suggest")).to_be_hidden()
    assert [entry["text"] for entry in log(shops, chen.conversation) if entry["kind"] == "text"] == [
        "怎么退货"
    ]
    await desk.close()


async def test_a_gap_that_cannot_be_filled_is_chosen_so_that_typing_replaces_it(
    chrome: Browser, shops: Shops
) -> None:
    liu = owned(shops, "刘洋", "退款呢")
    desk = await Desk.open(chrome, shops)
    await desk.choose(liu.conversation)
    await desk.page.click("#composer-text")
    await desk.page.keyboard.type("/tuikuan")
    await expect(desk.page.locator("#suggest-preview mark")).to_have_text("{{visitor.attributes.order}}")
    await desk.page.keyboard.press("Tab")
    await expect(desk.page.locator("#composer-text")).to_have_value(
        "退款会在 3 个工作日内原路退回，订单号 {{visitor.attributes.order}}。"
    )
    await desk.page.keyboard.insert_text("QH7742")
    await expect(desk.page.locator("#composer-text")).to_have_value(
        "退款会在 3 个工作日内原路退回，订单号 QH7742。"
    )
    await desk.close()


async def test_an_input_method_that_composes_neither_sends_nor_chooses(chrome: Browser, shops: Shops) -> None:
    lin = owned(shops, "林静", "在吗")
    desk = await Desk.open(chrome, shops)
    await desk.choose(lin.conversation)
    text = desk.page.locator("#composer-text")
    await text.click()
    session = await desk.context.new_cdp_session(desk.page)
    await session.send("Input.imeSetComposition", {"text": "ni hao", "selectionStart": 6, "selectionEnd": 6})
    await session.send(
        "Input.dispatchKeyEvent",
        {"type": "rawKeyDown", "windowsVirtualKeyCode": 229, "key": "Enter", "code": "Enter"},
    )
    await expect(text).to_have_value("ni hao")
    await session.send("Input.insertText", {"text": "你好"})
    await expect(text).to_have_value("你好")
    await desk.page.keyboard.press("Enter")
    await expect(desk.message("你好")).to_have_attribute("data-state", "sent")
    assert [entry["text"] for entry in log(shops, lin.conversation) if entry["kind"] == "text"] == [
        "在吗",
        "你好",
    ]
    await desk.close()


async def test_who_prefers_control_enter_gets_new_lines_from_enter(chrome: Browser, shops: Shops) -> None:
    gao = owned(shops, "高峰", "你好")
    desk = await Desk.open(chrome, shops, "liwei")
    shops.act("wangfang", gao.conversation, "transfer", agent=shops.agents["liwei"])
    await desk.choose(gao.conversation)
    await desk.page.click(".send-choice")
    await desk.page.get_by_role("menuitemradio", name="按 Ctrl+Enter 发送").click()
    await desk.page.click("#composer-text")
    await desk.page.keyboard.type("第一行")
    await desk.page.keyboard.press("Enter")
    await desk.page.keyboard.type("第二行")
    await expect(desk.page.locator("#composer-text")).to_have_value("第一行\n第二行")
    await desk.page.reload()  # the choice and the draft are still there
    await desk.connected()
    await expect(desk.page.locator(".composer-hint")).to_contain_text("Ctrl+Enter 发送")
    await expect(desk.page.locator("#composer-text")).to_have_value("第一行\n第二行")
    await desk.page.press("#composer-text", "Control+Enter")
    await expect(desk.page.locator("#composer-text")).to_have_value("")
    await expect(desk.page.locator("#log .msg.ours").last).to_contain_text("第二行")
    await desk.close()


async def test_drafts_of_reply_and_note_are_kept_apart_and_over_a_reload(
    chrome: Browser, shops: Shops
) -> None:
    sun = owned(shops, "孙悦", "有货吗")
    desk = await Desk.open(chrome, shops)
    await desk.choose(sun.conversation)
    await desk.page.fill("#composer-text", "我查一下")
    await desk.page.keyboard.press("Alt+p")
    await expect(desk.page.locator("#tab-note")).to_have_attribute("aria-selected", "true")
    await desk.page.fill("#composer-text", "仓库只剩 2 件")
    await desk.page.reload()
    await desk.connected()
    await expect(desk.page.locator("#composer-text")).to_have_value("我查一下")
    await desk.page.keyboard.press("Alt+p")
    await expect(desk.page.locator("#composer-text")).to_have_value("仓库只剩 2 件")
    await desk.page.keyboard.press("Alt+l")
    await expect(desk.page.locator("#composer-text")).to_have_value("我查一下")
    await desk.close()


async def test_a_note_names_a_colleague_and_can_be_changed(chrome: Browser, shops: Shops) -> None:
    he = owned(shops, "何苗", "发我实物图")
    desk = await Desk.open(chrome, shops)
    await desk.choose(he.conversation)
    await desk.page.click("#tab-note")
    await desk.page.click("#composer-text")
    await desk.page.keyboard.type("请@李")
    await expect(desk.page.locator(".suggest-item")).to_have_count(1)
    await desk.page.keyboard.press("Enter")
    await desk.page.keyboard.type("拍一张")
    await desk.page.keyboard.press("Enter")
    note = desk.page.locator('#log .msg[data-kind="note"]')
    await expect(note.locator(".mention")).to_have_text("@李伟")
    stored = next(
        entry for entry in log(shops, he.conversation) if (entry["event"] or {}).get("name") == "note"
    )
    assert stored["event"]["data"]["mentions"] == [{"id": shops.agents["liwei"], "name": "李伟"}]
    await note.hover()
    await note.get_by_label("编辑备注").click()
    await desk.page.fill("dialog.ask textarea", "请@李伟 拍两张")
    await confirm(desk)
    await expect(note).to_contain_text("拍两张")
    await expect(note.locator(".msg-edited")).to_have_text("已编辑")
    await desk.page.reload()
    await desk.connected()
    await expect(note).to_contain_text("拍两张")
    await desk.close()


async def test_a_quote_goes_along_and_leads_back(chrome: Browser, shops: Shops) -> None:
    tang = owned(shops, "唐宁", "红色有 M 码吗")
    for number in range(25):
        shops.say(tang, f"还有问题 {number}")
    desk = await Desk.open(chrome, shops)
    await desk.choose(tang.conversation)
    asked = desk.message("红色有 M 码吗")
    await asked.scroll_into_view_if_needed()
    await asked.hover()
    await asked.get_by_label("引用").click()
    await expect(desk.page.locator(".composer-quote")).to_contain_text("红色有 M 码吗")
    async with joined(tang, resume={tang.conversation: 27}) as visitor:
        await desk.write("有的")
        heard = (await visitor.expect("message"))["payload"]
    assert heard["reply_to"] == 1
    answer = desk.page.locator("#log .msg.ours").last
    await expect(answer.locator(".quote")).to_contain_text("红色有 M 码吗")
    await answer.locator(".quote-jump").click()
    await expect(asked).to_be_in_viewport()
    await expect(desk.page.locator(".composer-quote")).to_be_hidden()
    await desk.close()


async def test_taken_back_words_can_be_written_anew(chrome: Browser, shops: Shops) -> None:
    wu = owned(shops, "吴迪", "多少钱")
    desk = await Desk.open(chrome, shops)
    await desk.choose(wu.conversation)
    await desk.write("99 元")
    bubble = desk.message("99 元")
    await expect(bubble).to_have_attribute("data-state", "sent")
    await bubble.hover()
    await expect(bubble.locator(".recall .num")).to_have_text(re.compile(r"^1:[3-5]\d$"))
    await bubble.get_by_label("撤回").click()
    await desk.page.locator(".toast-act", has_text="重新编辑").click()
    await expect(desk.page.locator("#composer-text")).to_have_value("99 元")
    await desk.close()


async def test_a_macro_says_what_each_step_did(chrome: Browser, shops: Shops) -> None:
    feng = owned(shops, "冯雪", "换成 M 吧")
    desk = await Desk.open(chrome, shops)
    await desk.choose(feng.conversation)
    await desk.page.locator(".composer-bar").get_by_role("button", name="宏").click()
    await desk.page.get_by_role("menuitem", name="登记换货并结束").click()
    await expect(desk.page.locator(".macro-text").first).to_have_text("已为您登记换货，冯雪，请留意短信。")
    await desk.page.click("dialog.ask button[type=submit]")
    await expect(desk.page.locator('.macro-step[data-state="done"]')).to_have_count(4)
    await confirm(desk)
    await expect(desk.page.locator(".composer-notice")).to_contain_text("会话已结束")
    await desk.close()


async def test_the_knowledge_base_says_that_it_is_empty(chrome: Browser, shops: Shops) -> None:
    he = owned(shops, "郑凯", "运费多少")
    desk = await Desk.open(chrome, shops)
    await desk.choose(he.conversation)
    await desk.page.click("#composer-text")
    await desk.page.keyboard.type("::运费")
    await expect(desk.page.locator(".suggest-nothing")).to_contain_text("知识库还没有内容")
    await desk.page.keyboard.press("Escape")
    await expect(desk.page.locator("#suggest")).to_be_hidden()
    await expect(desk.page.locator("#composer-text")).to_have_value("::运费")
    await desk.close()


async def test_a_link_to_one_message_leads_to_it_however_far_up(chrome: Browser, shops: Shops) -> None:
    yang = owned(shops, "杨帆", "第一句话")
    for number in range(70):
        shops.say(yang, f"第 {number} 条")
    desk = await Desk.open(chrome, shops)
    await desk.page.goto(f"{shops.server.base_url}/console/c/{yang.conversation}/#1")
    await desk.connected()
    await expect(desk.message("第一句话")).to_be_in_viewport()
    await desk.close()
