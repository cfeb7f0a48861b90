"""An agent at work: taking conversations, talking both ways, files, notes, taking back."""

import asyncio
import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser, expect

from tests.console.browser import Desk
from tests.console.people import Shops
from tests.support.client import joined, rest
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


def entries(shops: Shops, login: str, conversation: str) -> list[dict[str, Any]]:
    """The log as that agent may read it."""
    with rest(shops.server, shops.token(login)) as http:
        answer = http.get(f"/api/v1/conversations/{conversation}/messages/", params={"limit": 200})
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


async def test_a_first_message_makes_a_row_appear_by_itself(chrome: Browser, shops: Shops) -> None:
    desk = await Desk.open(chrome, shops)
    await desk.view("waiting")
    liu = shops.visit("qinghe", "刘洋")
    await expect(desk.row(liu.conversation)).to_have_count(0)
    shops.say(liu, "退款三天了还没有到账")
    row = desk.row(liu.conversation)
    await expect(row.locator(".row-name")).to_have_text("刘洋")
    await expect(row.locator(".row-text")).to_have_text("退款三天了还没有到账")
    await expect(row.locator(".badge")).to_have_text("1")
    await expect(row.locator(".row-wait")).to_have_text(re.compile(r"^0:0[2-9]$"))
    shops.say(liu, "能帮我看一下吗？")
    await expect(row.locator(".row-text")).to_have_text("能帮我看一下吗？")
    await expect(row.locator(".badge")).to_have_text("2")
    await expect(desk.page).to_have_title(re.compile(r"^\(\d+\) 客服工作台"))
    await desk.close()


async def press(desk: Desk) -> None:
    """Press accept as it was a moment ago, even if the page has just heard that it is too late."""
    await desk.page.locator("#thread-head .button.primary").evaluate("(button) => button.click()")


async def test_two_agents_press_accept_at_once_and_one_has_it(chrome: Browser, shops: Shops) -> None:
    zhao = shops.visit("qinghe", "赵一鸣")
    shops.say(zhao, "我要批量采购 200 件工服，找谁谈？")
    fang, wei = await asyncio.gather(Desk.open(chrome, shops, "wangfang"), Desk.open(chrome, shops, "liwei"))
    for desk in (fang, wei):
        await desk.view("waiting")
        await desk.choose(zhao.conversation)
    await asyncio.gather(press(fang), press(wei))

    owner = eventually(lambda: shops.status("wangfang", zhao.conversation)["agent"])
    winner, loser = (fang, wei) if owner["name"] == "王芳" else (wei, fang)
    await expect(winner.page.locator(".thread-owner")).to_have_text("由我接待")
    await expect(loser.page.locator(".thread-owner")).to_have_text(f"{owner['name']}接待中")
    await expect(winner.page.locator("#composer-text")).to_be_visible()
    await expect(loser.page.locator(".composer-notice")).to_contain_text(f"{owner['name']}正在接待这位访客")
    await expect(loser.page.locator("#thread-head .button:visible")).to_have_count(0)
    log = entries(shops, "wangfang", zhao.conversation)
    assert [entry["event"]["name"] for entry in log if entry["kind"] == "event"] == ["accepted"]
    loser.errors = [text for text in loser.errors if "409" not in text]  # Chromium logs refused calls
    await winner.close()
    await loser.close()


async def test_who_presses_late_is_told_who_has_it(chrome: Browser, shops: Shops) -> None:
    sun = shops.visit("qinghe", "孙悦")
    shops.say(sun, "尺码表里的 M 对应身高多少？")
    desk = await Desk.open(chrome, shops)
    await desk.view("waiting")
    await desk.choose(sun.conversation)
    shops.act("liwei", sun.conversation, "accept")
    await press(desk)
    await expect(desk.page.locator(".toast")).to_contain_text("李伟先一步接入了这个会话")
    await expect(desk.page.locator(".thread-owner")).to_have_text("李伟接待中")
    desk.errors = [text for text in desk.errors if "409" not in text]
    await desk.close()


async def test_words_marks_and_typing_go_both_ways(chrome: Browser, shops: Shops) -> None:
    chen = shops.visit("qinghe", "陈小雨")
    shops.say(chen, "你好")
    desk = await Desk.open(chrome, shops)
    async with joined(chen, resume={chen.conversation: 1}) as visitor:
        await desk.view("waiting")
        await desk.choose(chen.conversation)
        await desk.accept()
        await visitor.expect("message", where=lambda frame: frame["payload"]["kind"] == "event")

        await visitor.send(
            "typing", {"conversation": chen.conversation, "on": True, "preview": "昨天收到的风衣"}
        )
        await expect(desk.page.locator("#typing")).to_have_text("陈小雨正在输入：昨天收到的风衣")
        await visitor.say(chen.conversation, "昨天收到的风衣有点问题")
        await expect(desk.message("昨天收到的风衣有点问题")).to_be_visible()
        await expect(desk.page.locator("#typing")).to_be_empty()
        read = await visitor.expect("receipt", where=lambda frame: bool(frame["payload"].get("read")))
        assert read["payload"]["sender"]["kind"] == "agent"

        await desk.page.type("#composer-text", "您好")
        typing = await visitor.expect("typing")
        assert typing["payload"]["on"] is True
        await desk.write("您好，请说说是什么问题？")
        heard = (await visitor.expect("message"))["payload"]
        assert (heard["text"], heard["sender"]["name"]) == ("您好，请说说是什么问题？", "王芳")
        bubble = desk.message("您好，请说说是什么问题？")
        await expect(bubble).to_have_attribute("data-state", "sent")
        await visitor.send("receipt", {"conversation": chen.conversation, "delivered": heard["seq"]})
        await expect(bubble).to_have_attribute("data-state", "delivered")
        await visitor.send(
            "receipt", {"conversation": chen.conversation, "delivered": heard["seq"], "read": heard["seq"]}
        )
        await expect(bubble).to_have_attribute("data-state", "read")
    await expect(desk.page.locator("#composer-text")).to_have_value("")
    await desk.close()


async def test_looking_into_the_queue_tells_the_visitor_nothing_was_read(
    chrome: Browser, shops: Shops
) -> None:
    gao = shops.visit("qinghe", "高峰")
    shops.say(gao, "优惠券提示不可用")
    desk = await Desk.open(chrome, shops)
    await desk.view("waiting")
    await desk.choose(gao.conversation)
    async with joined(gao, resume={gao.conversation: 1}) as visitor:
        seq = (await visitor.say(gao.conversation, "满 300 那张"))["seq"]
        await expect(desk.message("满 300 那张")).to_be_visible()
        # The mark that says "delivered" went by: a "read" would have gone with it or before it.
        mark = await visitor.expect("receipt", where=lambda frame: frame["payload"]["delivered"] >= seq)
        assert not mark["payload"].get("read")
        await desk.accept()
        read = await visitor.expect("receipt", where=lambda frame: bool(frame["payload"].get("read")))
        assert read["payload"]["read"] >= seq
    await desk.close()


async def test_enter_sends_but_never_while_an_input_method_composes(chrome: Browser, shops: Shops) -> None:
    lin = shops.visit("qinghe", "林静")
    shops.say(lin, "在吗")
    shops.act("wangfang", lin.conversation, "accept")
    desk = await Desk.open(chrome, shops)
    await desk.choose(lin.conversation)
    await desk.page.fill("#composer-text", "ni hao")
    composing = """(init) => document.getElementById("composer-text").dispatchEvent(
        new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...init }))"""
    await desk.page.evaluate(composing, {"isComposing": True})
    await desk.page.evaluate(composing, {"keyCode": 229})  # Safari's way
    await desk.page.press("#composer-text", "Shift+Enter")
    await expect(desk.page.locator("#composer-text")).to_have_value("ni hao\n")
    await desk.page.fill("#composer-text", "你好")
    await desk.page.press("#composer-text", "Enter")
    await expect(desk.message("你好")).to_have_attribute("data-state", "sent")
    said = [
        entry["text"] for entry in entries(shops, "wangfang", lin.conversation) if entry["kind"] == "text"
    ]
    assert said == ["在吗", "你好"]
    await desk.close()


def picture(path: Path, colour: str = "#2f5fd8") -> Path:
    """A PNG of 640 × 480 pixels."""
    Image.new("RGB", (640, 480), colour).save(path)
    return path


async def test_a_picture_goes_out_and_nothing_moves_when_it_arrives(
    chrome: Browser, shops: Shops, tmp_path: Path
) -> None:
    he = shops.visit("qinghe", "何苗")
    shops.say(he, "发我一张实物图")
    shops.act("wangfang", he.conversation, "accept")
    desk = await Desk.open(chrome, shops)
    await desk.choose(he.conversation)
    async with joined(he) as visitor:
        await desk.page.set_input_files(
            '.composer-box input[accept="image/*"]', picture(tmp_path / "coat.png")
        )
        await expect(desk.page.locator(".pending-file")).to_contain_text("coat.png")
        await desk.write("这是实物图")
        sent = await visitor.expect("message", where=lambda frame: frame["payload"]["kind"] == "image")
        await visitor.expect("message", where=lambda frame: frame["payload"]["text"] == "这是实物图")
    attachment = sent["payload"]["attachment"]
    assert (attachment["width"], attachment["height"]) == (640, 480)
    with rest(shops.server) as http:
        assert http.get(attachment["url"]).headers["content-type"].startswith("image/")
    image = desk.page.locator("#log .msg.ours .picture img")
    await expect(image).to_have_attribute("width", "280")
    assert await image.evaluate("(node) => node.decode().then(() => node.naturalWidth > 0)")
    await expect(desk.page.locator(".pending-file")).to_have_count(0)

    shops.show(he, "口袋.png", _png())
    theirs = desk.page.locator("#log .msg.theirs .picture img")
    await expect(theirs).to_be_visible()
    assert await theirs.evaluate("(node) => node.decode().then(() => node.naturalWidth > 0)")
    await theirs.click()
    await expect(desk.page.locator("#viewer[open] img")).to_be_visible()
    await desk.page.keyboard.press("Escape")
    await expect(desk.page.locator("#viewer[open]")).to_have_count(0)
    await desk.close()


def _png() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (400, 300), "#c47848").save(data, "PNG")
    return data.getvalue()


async def test_a_pasted_picture_waits_until_it_is_sent_or_removed(chrome: Browser, shops: Shops) -> None:
    wu = shops.visit("qinghe", "吴迪")
    shops.say(wu, "有图吗")
    shops.act("wangfang", wu.conversation, "accept")
    desk = await Desk.open(chrome, shops)
    await desk.choose(wu.conversation)
    await desk.page.evaluate(
        """async (bytes) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], "截图.png", { type: "image/png" }));
            document.getElementById("composer-text").dispatchEvent(
                new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
        }""",
        list(_png()),
    )
    await expect(desk.page.locator(".pending-file img")).to_be_visible()
    await desk.page.get_by_label("移除 截图.png").click()
    await expect(desk.page.locator(".pending-file")).to_have_count(0)
    assert [entry["kind"] for entry in entries(shops, "wangfang", wu.conversation)] == ["text", "event"]
    await desk.close()


async def test_a_file_the_site_refuses_says_why_and_can_be_discarded(
    chrome: Browser, shops: Shops, tmp_path: Path
) -> None:
    zheng = shops.visit("qinghe", "郑凯")
    shops.say(zheng, "安装包发我")
    shops.act("wangfang", zheng.conversation, "accept")
    desk = await Desk.open(chrome, shops)
    await desk.choose(zheng.conversation)
    program = tmp_path / "setup.exe"
    program.write_bytes(b"MZ" + bytes(4000))
    await desk.page.set_input_files('.composer-box input[accept=""]', program)
    await desk.page.click(".send")
    failed = desk.page.locator('#log .msg[data-state="failed"]')
    await expect(failed).to_contain_text("站点不接受这种文件")
    await failed.get_by_text("放弃").click()
    await expect(failed).to_have_count(0)
    desk.errors = [text for text in desk.errors if "415" not in text]
    await desk.close()


async def test_a_note_stands_on_amber_and_visitors_never_see_it(chrome: Browser, shops: Shops) -> None:
    feng = shops.visit("qinghe", "冯雪")
    shops.say(feng, "发票抬头写错了")
    desk = await Desk.open(chrome, shops)
    await desk.view("waiting")
    await desk.choose(feng.conversation)
    async with joined(feng, resume={feng.conversation: 1}) as visitor:
        await desk.page.click("#tab-note")  # before accepting: notes need no ownership
        await desk.page.fill("#composer-text", "老客户，优先处理")
        await desk.page.press("#composer-text", "Enter")
        note = desk.page.locator('#log .msg[data-kind="note"]')
        await expect(note).to_contain_text("老客户，优先处理")
        await expect(note).to_contain_text("仅客服可见")
        ground = await note.locator(".bubble").evaluate("(node) => getComputedStyle(node).backgroundColor")
        assert ground == "rgb(255, 246, 219)"
        heard = await visitor.expect("message")
        assert set(heard["payload"]) == {"conversation", "id", "seq", "kind"}
        assert heard["payload"]["kind"] == "hidden"
    await desk.close()


async def test_taking_back_ones_own_message(chrome: Browser, shops: Shops) -> None:
    tang = shops.visit("qinghe", "唐宁")
    shops.say(tang, "多少钱")
    shops.act("wangfang", tang.conversation, "accept")
    desk = await Desk.open(chrome, shops)
    await desk.choose(tang.conversation)
    await desk.write("写错了价格：99 元")
    bubble = desk.message("写错了价格：99 元")
    await expect(bubble).to_have_attribute("data-state", "sent")
    await bubble.hover()
    await bubble.get_by_label("撤回").click()
    await expect(bubble).to_have_count(0)
    await expect(desk.page.locator("#log .line-hidden")).to_have_text("此消息已撤回")
    await desk.page.reload()
    await desk.connected()
    await expect(desk.page.locator("#log .line-hidden")).to_have_text("此消息已撤回")
    theirs = desk.message("多少钱")
    await theirs.hover()
    await expect(theirs.get_by_label("撤回")).to_have_count(0)
    await desk.close()


async def test_closing_can_be_undone(chrome: Browser, shops: Shops) -> None:
    han = shops.visit("qinghe", "韩磊")
    shops.say(han, "谢谢，没有问题了")
    shops.act("wangfang", han.conversation, "accept")
    desk = await Desk.open(chrome, shops)
    await desk.choose(han.conversation)
    count = desk.page.locator('.view[data-view="mine"] .view-count')
    load = desk.page.locator("#me-load")
    await expect(count).not_to_be_empty()
    mine = int(await count.inner_text())
    await expect(load).to_have_text(f"{mine}/5")
    await desk.page.keyboard.press("Alt+e")
    await expect(desk.page.locator(".composer-notice")).to_contain_text("会话已结束")
    row = desk.row(han.conversation)
    await expect(row).to_contain_text("现为：已结束")  # under the pointer it keeps its place
    await expect(count).to_have_text(str(mine - 1))
    await expect(load).to_have_text(f"{mine - 1}/5")
    await desk.page.mouse.move(720, 2)
    await expect(row).to_have_count(0)
    assert shops.status("wangfang", han.conversation)["status"] == "closed"
    await desk.page.locator(".toast-act").click()
    await expect(desk.page.locator(".thread-owner")).to_have_text("由我接待")
    await expect(row).to_be_visible()
    await expect(row).not_to_contain_text("现为")
    await expect(load).to_have_text(f"{mine}/5")
    again = shops.status("wangfang", han.conversation)
    assert (again["status"], again["agent"]["name"]) == ("active", "王芳")
    await desk.close()


async def test_an_agent_sees_own_sites_only(chrome: Browser, shops: Shops) -> None:
    tom = shops.visit("northwind", "Tom Becker")
    shops.say(tom, "Can I change the delivery address?")
    eventually(lambda: shops.status("emma", tom.conversation)["head"] == 1)
    emma = await Desk.open(chrome, shops, "emma", locale="en-GB")
    await emma.view("all")
    await expect(emma.row(tom.conversation)).to_be_visible()
    await emma.close()

    fang = await Desk.open(chrome, shops)
    await fang.view("all")
    await fang.page.goto(f"{shops.server.base_url}/console/c/{tom.conversation}/")
    await fang.connected()
    await expect(fang.page.locator("#log .line-error")).to_contain_text("会话不存在，或不属于您负责的站点")
    await expect(fang.row(tom.conversation)).to_have_count(0)
    await expect(fang.page.get_by_text("Tom Becker")).to_have_count(0)
    fang.errors = [text for text in fang.errors if "404" not in text]
    await fang.close()
