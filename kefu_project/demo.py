"""A tea shop's team for trying things out: agents, groups, skills, canned replies, labels, hours.

Names and texts are Chinese, as the demo site is. Every step is idempotent: what stands already is left alone.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction

from kefu_project.first_run import DEMO_SITE_KEY

#: (login, display name, role, groups, {skill: level}, languages)
TEAM: Final[tuple[tuple[str, str, str, tuple[str, ...], dict[str, int], tuple[str, ...]], ...]] = (
    ("wangfang", "王芳", "agent", ("售前咨询",), {"茶叶知识": 5, "英语": 2}, ("zh-CN",)),
    ("lina", "李娜", "agent", ("售前咨询", "售后服务"), {"茶叶知识": 3, "物流": 4}, ("zh-CN", "en")),
    ("zhangwei", "张伟", "agent", ("售后服务",), {"退换货": 5, "物流": 3}, ("zh-CN",)),
    ("chenjing", "陈静", "supervisor", (), {}, ("zh-CN", "en")),
)
SKILLS: Final = {
    "茶叶知识": "品种、产地、冲泡与储存",
    "退换货": "退货、换货、退款",
    "物流": "发货、快递与签收",
    "英语": "用英语接待",
}
#: name → (skills wanted, strategy)
GROUPS: Final = {
    "售前咨询": (("茶叶知识",), "weighted"),
    "售后服务": (("退换货", "物流"), "least_busy"),
}
LABELS: Final = (
    ("退款", "red"),
    ("投诉", "orange"),
    ("老顾客", "purple"),
    ("大单", "green"),
    ("待跟进", "blue"),
)
CATEGORIES: Final = {
    "售前": ("产品咨询", "价格优惠", "送礼推荐"),
    "售后": ("退换货", "物流查询", "破损补发"),
    "其他": (),
}
CANNED: Final = (
    ("nh", "问候", "您好，{{visitor.name|朋友}}，我是{{agent.name}}，请问有什么可以帮您？", "问候"),
    ("qsd", "请稍等", "好的，请您稍等，我马上为您查询。", "问候"),
    (
        "th",
        "退货流程",
        "签收后 7 天内、茶叶未拆封可以退货：请在订单页点“申请退货”，寄回后 2 个工作日内退款。",
        "售后",
    ),
    ("wl", "物流时效", "下单后 24 小时内发出，江浙沪 1–2 天，其他地区 2–4 天送达。", "售后"),
    ("ps", "破损补发", "非常抱歉给您带来不便。请拍一张外箱和破损处的照片，我们当天为您补发。", "售后"),
    ("cp", "冲泡方法", "取 3 克茶叶，85℃ 热水冲泡，第一泡 20 秒出汤，之后每泡加 5 秒。", "产品"),
    ("cc", "储存方法", "请密封、避光、防潮存放；绿茶建议放冰箱冷藏，并与有气味的食物分开。", "产品"),
    ("gb", "结束语", "感谢您的咨询，祝您生活愉快！如有需要随时联系我们。", "问候"),
)
MACROS: Final = (
    (
        "退货已受理",
        [
            {"do": "send", "text": "您的退货申请已受理，收到包裹后 2 个工作日内退款。"},
            {"do": "label", "label": "退款"},
            {"do": "note", "text": "已受理退货，等待包裹。"},
        ],
    ),
)


@transaction.atomic
def seed_demo(password: str = "") -> tuple[str, list[str]]:
    """Make the team of the demo site; returns the password of the logins that were made, and their names.

    Raises `Site.DoesNotExist` when there is no demo site (`manage.py seed` makes it).
    """
    from agents.models import Agent, AgentSkill, Group, Skill
    from chat.models import Site

    site = Site.objects.get(public_key=DEMO_SITE_KEY)
    password = password or secrets.token_urlsafe(9)
    skills = {
        name: Skill.objects.get_or_create(name=name, defaults={"description": words})[0]
        for name, words in SKILLS.items()
    }
    groups: dict[str, Group] = {}
    for name, (wanted, strategy) in GROUPS.items():
        group, made = Group.objects.get_or_create(name=name, defaults={"strategy": strategy})
        if made:
            group.sites.add(site)
            group.skills.set(skills[skill] for skill in wanted)
        groups[name] = group
    names: list[str] = []
    for login, display_name, role, of_groups, levels, languages in TEAM:
        if User.objects.filter(username=login).exists():
            continue
        user = User.objects.create_user(login, password=password)
        agent = Agent.objects.create(
            user=user, display_name=display_name, role=role, languages=list(languages)
        )
        agent.sites.add(site)
        agent.groups.set(groups[name] for name in of_groups)
        AgentSkill.objects.bulk_create(
            AgentSkill(agent=agent, skill=skills[skill], level=level) for skill, level in levels.items()
        )
        names.append(login)
    _seed_routing(site, groups)
    _seed_desk(site)
    return password, names


def _seed_routing(site: Any, groups: dict[str, Any]) -> None:
    from agents.models import RoutingRule, SiteRouting

    SiteRouting.objects.get_or_create(site=site, defaults={"default_group": groups["售前咨询"]})
    if not RoutingRule.objects.filter(site=site).exists():
        for position, word in enumerate(("退", "快递", "物流", "破损"), 1):
            RoutingRule.objects.create(
                site=site, position=position, field="text", operator="contains", value=word,
                group=groups["售后服务"],
            )  # fmt: skip


def _seed_desk(site: Any) -> None:
    from agents.models import CannedReply, CloseCategory, Macro
    from chat.models import AttributeDefinition, Label

    for name, color in LABELS:
        Label.objects.get_or_create(site=site, name=name, defaults={"color": color})
    for position, (name, children) in enumerate(CATEGORIES.items()):
        parent, _made = CloseCategory.objects.get_or_create(
            site=site, name=name, parent=None, defaults={"position": position}
        )
        for below, child in enumerate(children):
            CloseCategory.objects.get_or_create(
                site=site, name=child, parent=parent, defaults={"position": below}
            )
    for shortcut, title, text, category in CANNED:
        if not CannedReply.objects.filter(site=site, shortcut=shortcut, owner=None).exists():
            CannedReply.objects.create(
                site=site, shortcut=shortcut, title=title, text=text, category=category
            )
    for name, steps in MACROS:
        Macro.objects.get_or_create(site=site, name=name, owner=None, defaults={"steps": steps})
    AttributeDefinition.objects.get_or_create(
        site=site, target="visitor", key="member_level",
        defaults={"label": "会员等级", "kind": "choice", "choices": ["普通", "银卡", "金卡"]},
    )  # fmt: skip
    AttributeDefinition.objects.get_or_create(
        site=site, target="conversation", key="order_no", defaults={"label": "订单号", "kind": "text"}
    )
