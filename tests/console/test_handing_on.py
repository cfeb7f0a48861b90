"""Conversations that change hands: transfer, refusal, taking over, whispers, guests, snoozing, closing."""

import asyncio
import re

import pytest
from playwright.async_api import Browser, expect

from tests.console.browser import Desk
from tests.console.people import PASSWORD, Shops
from tests.support.client import Session, joined, rest
from tests.support.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


#: A supervisor, groups, canned replies, labels (see conftest.shops).
FURNISHED = True


#: Run by `manage.py shell`: somebody who answers in one group only.
_ONE_GROUP = """
from django.contrib.auth import get_user_model
from agents.models import Agent, Group
from chat.models import Site
user = get_user_model().objects.create_user("zhouning", password=%r)
agent = Agent.objects.create(user=user, display_name="周宁")
agent.sites.set([Site.objects.get(public_key="qinghe")])
Group.objects.get(name="售前咨询").agents.add(agent)
"""

#: The same: whether the site asks for a category at every closing.
_ASKS = """
from chat.models import Site
Site.objects.filter(public_key="qinghe").update(require_category=%s)
"""

#: The same: more colleagues than one page of the directory holds, and the end of them.
_CROWD = """
from django.contrib.auth.models import User
from agents.models import Agent
from chat.models import Site
site = Site.objects.get(public_key="qinghe")
users = User.objects.bulk_create(User(username=f"crowd{n}", password="!") for n in range(101))
agents = Agent.objects.bulk_create(Agent(user=user, display_name=f"同事 {n}") for n, user in enumerate(users))
site.agents.add(*agents)
"""
_CROWD_GONE = """
from django.contrib.auth.models import User
from agents.models import Agent
Agent.objects.filter(user__username__startswith="crowd").delete()
User.objects.filter(username__startswith="crowd").delete()
"""


def owned(shops: Shops, name: str, said: str, login: str = "wangfang") -> Session:
    """A visitor whose conversation the agent has accepted."""
    visitor = shops.visit("qinghe", name)
    shops.say(visitor, said)
    shops.act(login, visitor.conversation, "accept")
    return visitor


def events(shops: Shops, conversation: str) -> list[str]:
    """The acts of the log, as the supervisor reads them."""
    with rest(shops.server, shops.token("chenjing")) as http:
        answer = http.get(f"/api/v1/conversations/{conversation}/messages/", params={"limit": 200})
    return [entry["event"]["name"] for entry in answer.json()["data"] if entry["kind"] == "event"]


async def sheet(desk: Desk, act: str) -> None:
    """Open an act's dialog from the head."""
    await desk.page.click(f'#thread-head [data-act="{act}"]')
    await expect(desk.page.locator("dialog.ask[open]")).to_be_visible()


async def confirm(desk: Desk) -> None:
    """Press the dialog's button and see it go."""
    await desk.page.click("dialog.ask button[type=submit]")
    await expect(desk.page.locator("dialog.ask")).to_have_count(0)


async def test_a_transfer_is_offered_with_its_note_and_a_refusal_brings_it_back(
    chrome: Browser, shops: Shops
) -> None:
    chen = owned(shops, "陈小雨", "风衣口袋开线了")
    fang, wei = await asyncio.gather(Desk.open(chrome, shops, "wangfang"), Desk.open(chrome, shops, "liwei"))
    await fang.choose(chen.conversation)
    await sheet(fang, "transfer")
    await expect(fang.page.locator("dialog.ask .choice-heading")).to_have_text(["同事", "技能组"])
    wei_in_list = fang.page.locator(".choice", has_text="李伟")
    await expect(wei_in_list).to_have_attribute("data-status", "online")
    await expect(fang.page.locator("dialog.ask button[type=submit]")).to_be_disabled()
    await wei_in_list.click()
    await fang.page.fill("dialog.ask textarea", "已答应换新，请跟进快递")
    await confirm(fang)
    await expect(fang.page.locator("#thread-banner")).to_contain_text("我将会话转接给李伟")
    await expect(fang.page.locator(".composer-notice")).to_contain_text("李伟正在接待这位访客")

    await wei.choose(chen.conversation)
    banner = wei.page.locator("#thread-banner")
    await expect(banner).to_contain_text("王芳把这个会话转接给您")
    await expect(banner.locator(".banner-note")).to_have_text("已答应换新，请跟进快递")
    await banner.locator('[data-act="refuse"]').click()
    await wei.page.locator("dialog.ask .chip").first.click()
    await confirm(wei)
    await expect(wei.page.locator(".composer-notice")).to_be_visible()

    await expect(fang.page.locator("#thread-banner")).to_contain_text("李伟退回了这个会话")
    await expect(fang.page.locator(".banner-note")).to_have_text("手头会话太多")
    await fang.write("您好，换新单已经建好")
    await expect(fang.page.locator("#thread-banner")).to_be_hidden()
    assert shops.status("wangfang", chen.conversation)["agent"]["name"] == "王芳"
    await fang.close()
    await wei.close()


async def test_a_transfer_to_a_group_puts_it_into_its_queue(chrome: Browser, shops: Shops) -> None:
    liu = owned(shops, "刘洋", "退款三天了还没有到账")
    desk = await Desk.open(chrome, shops)
    await desk.choose(liu.conversation)
    await sheet(desk, "transfer")
    await desk.page.fill("dialog.ask input[type=search]", "售后")
    await desk.page.keyboard.press("ArrowDown")
    await expect(desk.page.locator(".choice[aria-selected=true]")).to_contain_text("售后")
    await confirm(desk)
    await expect(desk.page.locator("#log")).to_contain_text("我将会话转接到售后")
    standing = eventually(lambda: shops.status("chenjing", liu.conversation))
    assert (standing["status"], standing["agent"]) == ("queued", None)
    await desk.close()


async def test_what_goes_to_another_group_is_forgotten_quietly(chrome: Browser, shops: Shops) -> None:
    shops.server.manage("shell", "-c", _ONE_GROUP % PASSWORD)
    qian = owned(shops, "钱进", "尺码怎么选", "chenjing")
    shops.act("chenjing", qian.conversation, "transfer", group=shops.agents["group 售前咨询"])
    desk = await Desk.open(chrome, shops, "zhouning")
    await desk.view("waiting")
    await desk.choose(qian.conversation)
    shops.act("chenjing", qian.conversation, "transfer", group=shops.agents["group 售后"])
    row = desk.row(qian.conversation)
    await expect(row).to_contain_text("现由其他技能组负责")  # under the pointer it keeps its place
    await expect(desk.page.locator(".toast")).to_have_count(0)
    await expect(desk.page.locator(".composer-notice")).to_contain_text("不属于您负责的站点或技能组")
    await desk.page.mouse.move(720, 2)
    await expect(row).to_have_count(0)
    await desk.page.wait_for_load_state("networkidle")
    desk.errors = [text for text in desk.errors if "404" not in text]  # of reads that were under way
    await desk.close()


async def test_a_supervisor_whispers_and_takes_over_and_the_other_tab_is_told(
    chrome: Browser, shops: Shops
) -> None:
    zhao = owned(shops, "赵一鸣", "我要投诉")
    fang, jing = await asyncio.gather(
        Desk.open(chrome, shops, "wangfang"), Desk.open(chrome, shops, "chenjing")
    )
    await fang.choose(zhao.conversation)
    await jing.view("all")
    await jing.choose(zhao.conversation)
    await expect(fang.page.locator(".viewers")).to_contain_text("陈静")
    async with joined(zhao, resume={zhao.conversation: 2}) as visitor:
        await jing.page.click("#tab-whisper")
        await jing.page.fill("#composer-text", "先道歉，再给补偿券")
        await jing.page.press("#composer-text", "Enter")
        whisper = fang.page.locator('#log .msg[data-kind="whisper"]')
        await expect(whisper).to_contain_text("先道歉，再给补偿券")
        await expect(whisper.locator(".msg-who")).to_contain_text("陈静对我悄悄说")
        heard = (await visitor.expect("message"))["payload"]
        assert (heard["kind"], heard.get("text")) == ("hidden", None)
    await jing.page.click('#thread-head [data-act="take_over"]')
    await expect(jing.page.locator(".thread-owner")).to_have_text("由我接待")
    await expect(fang.page.locator("#thread-banner")).to_contain_text("陈静接管了会话")
    await expect(fang.page.locator(".composer-notice")).to_contain_text("陈静正在接待这位访客")
    await expect(fang.page.locator('#thread-head [data-act="take_over"]')).to_be_hidden()
    await fang.close()
    await jing.close()


async def test_an_invited_colleague_answers_beside_the_owner_and_leaves(
    chrome: Browser, shops: Shops
) -> None:
    sun = owned(shops, "孙悦", "这件能改短吗")
    fang, wei = await asyncio.gather(Desk.open(chrome, shops, "wangfang"), Desk.open(chrome, shops, "liwei"))
    await fang.choose(sun.conversation)
    await sheet(fang, "invite")
    await fang.page.locator(".choice", has_text="李伟").click()
    await confirm(fang)
    await wei.page.goto(f"{shops.server.base_url}/console/c/{sun.conversation}/")
    await wei.connected()
    await expect(wei.page.locator("#thread-banner")).to_contain_text("王芳邀请您协助")
    await wei.page.type("#composer-text", "可以")
    await expect(fang.page.locator("#typing")).to_have_text("李伟也在这里输入")
    await wei.write("可以改短 3 厘米")
    await expect(fang.message("可以改短 3 厘米")).to_be_visible()
    await wei.page.click('#thread-banner [data-act="leave"]')
    await expect(wei.page.locator(".composer-notice")).to_be_visible()
    await expect(fang.page.locator("#log")).to_contain_text("李伟退出了协助")
    await fang.close()
    await wei.close()


async def test_snoozing_can_be_taken_back_and_ends_by_the_visitors_word(
    chrome: Browser, shops: Shops
) -> None:
    gao = owned(shops, "高峰", "优惠券提示不可用")
    desk = await Desk.open(chrome, shops)
    await desk.choose(gao.conversation)
    await sheet(desk, "snooze")
    await desk.page.locator(".preset").first.click()
    await confirm(desk)
    await expect(desk.page.locator("#thread-banner")).to_contain_text("已设为稍后处理")
    await desk.page.locator(".toast-act").click()
    await expect(desk.page.locator("#thread-banner")).to_be_hidden()
    await sheet(desk, "snooze")
    await desk.page.locator(".preset").nth(1).click()
    await confirm(desk)
    await expect(desk.page.locator("#thread-banner")).to_be_visible()
    shops.say(gao, "还在吗")
    await expect(desk.page.locator("#thread-banner")).to_be_hidden()
    assert events(shops, gao.conversation) == ["accepted", "snoozed", "woken", "snoozed", "woken"]
    await desk.close()


async def test_closing_with_a_summary_keeps_it_among_colleagues(chrome: Browser, shops: Shops) -> None:
    han = owned(shops, "韩磊", "换货已经寄出")
    desk = await Desk.open(chrome, shops)
    await desk.choose(han.conversation)
    await desk.page.get_by_role("button", name="更多操作").click()
    await desk.page.locator(".menu-item", has_text="填写小结并结束").click()
    await desk.page.select_option("dialog.ask select", label="售后 / 换货")
    await desk.page.fill("dialog.ask textarea", "尺码不合，已换 M")
    await confirm(desk)
    await expect(desk.page.locator(".composer-notice")).to_contain_text("会话已结束")
    await expect(desk.page.locator("#log .line-words")).to_have_text("尺码不合，已换 M")
    await expect(desk.page.locator("#log")).to_contain_text("我归类为售后 / 换货")
    standing = eventually(lambda: shops.status("wangfang", han.conversation))
    assert (standing["status"], standing["category"], standing["summary"]) == (
        "closed",
        "售后 / 换货",
        "尺码不合，已换 M",
    )
    await desk.close()


async def test_a_site_that_asks_for_a_category_gets_one_at_every_closing(
    chrome: Browser, shops: Shops
) -> None:
    mine = [owned(shops, name, "换货已经寄出") for name in ("郭靖", "黄蓉", "欧阳克")]
    desk = await Desk.open(chrome, shops)
    probe = owned(shops, "穆念慈", "在吗")

    def asks() -> bool:
        """A process may go on for 4 s with what it read of a site."""
        code = shops.refusal("wangfang", probe.conversation, "close")
        if code is None:
            shops.act("wangfang", probe.conversation, "reopen")
        return code == "category_required"

    shops.server.manage("shell", "-c", _ASKS % True)
    try:
        eventually(asks, what="the server knows that the site asks")
        # The page was there before: it learns by the refusal.
        await desk.choose(mine[0].conversation)
        await desk.page.keyboard.press("Alt+e")
        await expect(desk.page.locator("dialog.ask")).to_contain_text("此站点结束会话时必须填写。")
        await expect(desk.page.locator("dialog.ask button[type=submit]")).to_be_disabled()
        await desk.page.select_option("dialog.ask select", label="售后 / 换货")
        await confirm(desk)
        eventually(lambda: shops.status("wangfang", mine[0].conversation)["category"] == "售后 / 换货")

        await desk.page.reload()
        await desk.connected()
        for one in mine[1:]:
            await desk.row(one.conversation).hover()
            await desk.row(one.conversation).locator(".row-pick").click()
        await desk.page.get_by_role("toolbar").get_by_role("button", name="结束会话").click()
        await expect(desk.page.locator("dialog.ask")).to_contain_text("结束 2 个会话")
        await desk.page.keyboard.press("Escape")
        await expect(desk.page.locator("#bulk")).to_contain_text("已选 2 个")
        await desk.page.get_by_role("toolbar").get_by_role("button", name="结束会话").click()
        await desk.page.select_option("dialog.ask select", label="售前 / 尺码")
        await confirm(desk)
        picked = [one.conversation for one in mine[1:]]
        eventually(lambda: {shops.status("wangfang", one)["category"] for one in picked} == {"售前 / 尺码"})
    finally:
        shops.server.manage("shell", "-c", _ASKS % False)
    desk.errors = [text for text in desk.errors if "409" not in text]  # the refusal it learned by
    await desk.close()


async def test_what_was_closed_elsewhere_says_so_and_what_to_do_next(chrome: Browser, shops: Shops) -> None:
    wu = owned(shops, "吴迪", "没有问题了")
    desk = await Desk.open(chrome, shops)
    await desk.choose(wu.conversation)
    shops.act("chenjing", wu.conversation, "close")
    await expect(desk.page.locator("#thread-banner")).to_contain_text(re.compile("陈静结束了会话"))
    notice = desk.page.locator(".composer-notice")
    await expect(notice).to_contain_text("会话已结束")
    await notice.get_by_role("button", name="重新打开").click()
    await expect(desk.page.locator(".thread-owner")).to_have_text("由我接待")
    await expect(desk.page.locator("#thread-banner")).to_be_hidden()
    await desk.close()


async def test_a_colleague_beyond_the_first_hundred_is_found_by_name(chrome: Browser, shops: Shops) -> None:
    many = owned(shops, "何谨", "麻烦转给李伟")
    shops.server.manage("shell", "-c", _CROWD)
    try:
        desk = await Desk.open(chrome, shops)
        await desk.choose(many.conversation)
        await sheet(desk, "transfer")
        choices = desk.page.locator("dialog.ask .choice[data-status]")
        await expect(choices.filter(has_text="同事 100")).to_have_count(1)
        await expect(choices.filter(has_text="李伟")).to_have_count(0)  # the newest hundred came first
        await desk.page.fill("dialog.ask input[type=search]", "李伟")
        await choices.filter(has_text="李伟").click()
        await confirm(desk)
        eventually(lambda: shops.status("liwei", many.conversation)["agent"]["name"] == "李伟")
        await desk.close()
    finally:
        shops.server.manage("shell", "-c", _CROWD_GONE)


async def test_a_session_that_ended_asks_to_sign_in_again(chrome: Browser, shops: Shops) -> None:
    tang = owned(shops, "唐宁", "多少钱")
    desk = await Desk.open(chrome, shops)
    await desk.choose(tang.conversation)
    await desk.context.clear_cookies()
    await sheet(desk, "transfer")
    await desk.page.locator(".choice", has_text="李伟").click()
    await desk.page.click("dialog.ask button[type=submit]")
    await expect(desk.page.locator(".dialog-error")).to_have_text("请重新登录。")
    desk.errors = [text for text in desk.errors if "401" not in text and "403" not in text]
    await desk.close()
