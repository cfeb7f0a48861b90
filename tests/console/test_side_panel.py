"""The panel beside the thread: a visitor's data put right, labels, twins, and why this agent."""

import json
import re

import pytest
from playwright.async_api import Browser, expect

from tests.console.browser import Desk
from tests.console.people import Shops
from tests.console.test_handing_on import confirm, owned
from tests.support.client import rest

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


#: A supervisor, groups, canned replies, labels (see conftest.shops).
FURNISHED = True


async def test_contact_data_and_own_fields_are_put_right_in_place(chrome: Browser, shops: Shops) -> None:
    chen = owned(shops, "陈小雨", "换个地址")
    desk = await Desk.open(chrome, shops)
    await desk.choose(chen.conversation)
    page = desk.page
    await page.click('#context [data-key="phone"]')
    await page.keyboard.type("139 1020 3344")
    await page.keyboard.press("Escape")
    await expect(page.locator('#context [data-key="phone"]')).to_have_text("添加电话")
    await page.keyboard.press("Enter")
    await page.keyboard.type("139 1020 3344")
    await page.keyboard.press("Enter")
    await expect(page.locator('#context [data-key="phone"]')).to_have_text("139 1020 3344")
    await page.click('#context [data-key="c-reason"]')
    await page.select_option("#context select", label="尺码")
    await expect(page.locator('#context [data-key="c-reason"]')).to_have_text("尺码")
    await page.click('#context [data-key="v-member"]')
    await page.select_option("#context select", label="是")
    await expect(page.locator('#context [data-key="v-member"]')).to_have_text("是")
    await page.reload()
    await desk.connected()
    await expect(page.locator('#context [data-key="phone"]')).to_have_text("139 1020 3344")
    await expect(page.locator('#context [data-key="c-reason"]')).to_have_text("尺码")
    await expect(page.locator('#context [data-key="v-member"]')).to_have_text("是")
    await desk.close()


async def test_labels_are_kept_as_they_are_picked(chrome: Browser, shops: Shops) -> None:
    liu = owned(shops, "刘洋", "退款")
    desk = await Desk.open(chrome, shops)
    await desk.choose(liu.conversation)
    page = desk.page
    await page.click('#context [data-key="add"]')
    await page.keyboard.type("退")
    await page.locator(".label-choice", has_text="退款").locator("input").check()
    await page.keyboard.press("Escape")
    await expect(page.locator("#context .label-held")).to_have_text(["退款"])
    await expect(page.locator("#log")).to_contain_text("我设置了标签：退款")
    await page.get_by_role("button", name="移除标签 退款").click()
    await expect(page.locator("#context .label-held")).to_have_count(0)
    await expect(page.locator("#log")).to_contain_text("我移除了全部标签")
    await desk.close()


async def test_twins_are_compared_merged_and_parted_again(chrome: Browser, shops: Shops) -> None:
    one = owned(shops, "高峰", "你好")
    visitor = shops.status("wangfang", one.conversation)["visitor"]["id"]
    other = shops.visit("qinghe", "高先生")
    shops.say(other, "我之前问过")
    twin = shops.status("wangfang", other.conversation)["visitor"]["id"]
    with rest(shops.server, shops.token("wangfang")) as http:
        for each in (visitor, twin):
            assert http.patch(f"/api/v1/visitors/{each}/", json={"phone": "13800138000"}).status_code == 200
    desk = await Desk.open(chrome, shops)
    await desk.choose(one.conversation)
    page = desk.page
    await expect(page.locator("#context .twin")).to_contain_text("电话相同")
    await page.click("#context .twin .button")
    await expect(page.locator(".compare thead th")).to_contain_text(["高峰", "高先生"])
    await expect(page.locator('.compare [data-same="true"]')).to_have_count(2)
    await confirm(desk)
    await expect(page.locator("#context .history-row")).to_contain_text("我之前问过")
    await page.locator(".toast-act").click()
    await expect(page.locator("#context .twin .button")).to_have_text("对比")
    await desk.close()


async def test_why_this_agent_shows_candidates_and_parts(chrome: Browser, shops: Shops) -> None:
    sun = owned(shops, "孙悦", "尺码怎么选")
    decided = [
        {"agent": shops.agents["wangfang"], "name": "王芳", "score": 0.82, "used": 1, "capacity": 5,
         "parts": {"skill": 1.0, "capacity": 0.8, "quality": 0.67}, "chosen": True},
        {"agent": shops.agents["liwei"], "name": "李伟", "score": 0.55, "used": 4, "capacity": 5,
         "parts": {"skill": 0.6, "capacity": 0.2, "quality": 0.9}, "chosen": False},
    ]  # fmt: skip
    shops.server.manage(
        "shell",
        "-c",
        "import json\nfrom agents.models import Agent, Decision\nfrom chat.models import Conversation\n"
        f"row = Conversation.objects.get(pk={sun.conversation!r})\n"
        "Decision.objects.create(conversation=row.pk, site_id=row.site_id, at_ms=1763680000000,"
        " strategy='weighted', weights={'skill': 30, 'capacity': 40, 'quality': 30}, reason='best',"
        f" agent=Agent.objects.get(pk={shops.agents['wangfang']!r}), waited_ms=42000,"
        f" candidates=json.loads({json.dumps(decided)!r}), excluded={{'offline': 3}})",
    )
    desk = await Desk.open(chrome, shops)
    await desk.choose(sun.conversation)
    page = desk.page
    await page.click('#context [data-panel="routing"] summary')
    panel = page.locator('#context [data-panel="routing"]')
    await expect(panel.locator(".decision-words")).to_have_text("在 2 位可接待客服中，我得分最高。")
    await expect(panel.locator(".candidate.chosen")).to_contain_text("王芳")
    await expect(panel.locator(".candidate-score")).to_have_text(["82%", "55%"])
    await expect(panel).to_contain_text("未参与：离线 3")
    await expect(panel.locator(".bar").first).to_have_attribute(
        "aria-label", "技能匹配 100%、空闲名额 80%、服务质量 67%"
    )
    await panel.scroll_into_view_if_needed()
    await desk.shot("zh-light-why")
    assert await desk.serious() == []
    await desk.close()


async def test_blocking_a_visitor_can_be_undone(chrome: Browser, shops: Shops) -> None:
    wu = owned(shops, "吴迪", "广告广告")
    desk = await Desk.open(chrome, shops)
    await desk.choose(wu.conversation)
    page = desk.page
    await page.get_by_role("button", name="访客操作").click()
    await page.get_by_role("menuitem", name="拉黑访客").click()
    await expect(page.locator("#context .mark.blocked")).to_have_text("已拉黑")
    await page.locator(".toast-act").click()
    await expect(page.locator("#context .mark.blocked")).to_have_count(0)
    await expect(page.locator(".toast").last).to_have_text(re.compile("已取消拉黑吴迪"))
    await desk.close()
