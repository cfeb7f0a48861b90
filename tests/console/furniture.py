"""What a shop keeps at hand: a supervisor, groups, canned replies, labels, macros, categories, fields."""

from __future__ import annotations

import json

from tests.console.people import PASSWORD, Shops

#: Run by `manage.py shell`; prints the ids the tests need.
_MADE = """
import json
from django.contrib.auth import get_user_model
from agents.models import Agent, CannedReply, CloseCategory, Group, Macro
from chat.models import AttributeDefinition, Label, Site
sites = {site.public_key: site for site in Site.objects.all()}
made = {}
for login, name, key in (("chenjing", "陈静", "qinghe"), ("grace", "Grace Hill", "northwind")):
    user = get_user_model().objects.create_user(login, password=%r)
    agent = Agent.objects.create(user=user, display_name=name, role="supervisor")
    agent.sites.set([sites[key]])
    made[login] = str(agent.pk)
WORDS = {
    "qinghe": {
        "groups": ["售后", "售前咨询"],
        "canned": [
            ("tuihuo", "退货流程",
                "您好 {{visitor.name|朋友}}，退货请在“我的订单”里提交申请，快递会上门取件。", "售后"),
            ("tuikuan", "退款时间",
                "退款会在 3 个工作日内原路退回，订单号 {{visitor.attributes.order}}。", "售后"),
            ("fapiao", "发票重开", "发票可以重开，请告诉我新的抬头和税号。", "财务"),
            ("kaichang", "开场白", "您好，我是{{agent.name}}，很高兴为您服务。", "通用"),
        ],
        "labels": [("退款", "red"), ("换货", "orange"), ("物流", "blue"),
            ("表扬", "green"), ("大客户", "purple")],
        "categories": [("售后", ["退款", "换货"]), ("售前", ["尺码", "优惠"])],
        "macro": "登记换货并结束", "said": "已为您登记换货，{{visitor.name|朋友}}，请留意短信。",
        "noted": "换货已登记。", "summary": "换货登记",
        "fields": [
            ("conversation", "order_no", "订单号", "text", []), ("conversation", "reason", "原因",
                "choice", ["质量", "尺码", "其他"]),
            ("visitor", "size", "常穿尺码", "text", []), ("visitor", "member", "会员", "boolean", []),
        ],
    },
    "northwind": {
        "groups": ["Returns", "Sales"],
        "canned": [
            ("returns", "How to return",
                "Hi {{visitor.name|there}}, you can return it within 60 days, free of charge.", "Returns"),
            ("delivery", "Delivery times",
                "We deliver in three to five days, order {{visitor.attributes.order}}.", "Delivery"),
            ("hello", "Greeting", "Hello, this is {{agent.name}} of {{site.name}}. How can I help?",
                "General"),
        ],
        "labels": [("Refund", "red"), ("Exchange", "orange"), ("Delivery", "blue"),
            ("Praise", "green"), ("Wholesale", "purple")],
        "categories": [("Returns", ["Refund", "Exchange"]), ("Sales", ["Sizes", "Offers"])],
        "macro": "Note the exchange and close",
        "said": "Your exchange is on its way, {{visitor.name|there}}.",
        "noted": "Exchange entered.", "summary": "Exchange",
        "fields": [
            ("conversation", "order_no", "Order", "text", []), ("conversation", "reason", "Reason",
                "choice", ["Fault", "Size", "Other"]),
            ("visitor", "size", "Usual size", "text", []), ("visitor", "member", "Member", "boolean", []),
        ],
    },
}
for key, words in WORDS.items():
    site = sites[key]
    for name in words["groups"]:
        group = Group.objects.create(name=name)
        group.sites.set([site])
        made[f"group {name}"] = str(group.pk)
    for shortcut, title, text, category in words["canned"]:
        CannedReply.objects.create(site=site, shortcut=shortcut, title=title, text=text, category=category)
    for name, color in words["labels"]:
        made[f"label {name}"] = str(Label.objects.create(site=site, name=name, color=color).pk)
    for at, (name, children) in enumerate(words["categories"]):
        top = CloseCategory.objects.create(site=site, name=name, position=at)
        for child in children:
            CloseCategory.objects.create(site=site, name=child, parent=top)
    for at, (target, field, label, kind, choices) in enumerate(words["fields"]):
        AttributeDefinition.objects.create(
            site=site, target=target, key=field, label=label, kind=kind, choices=choices, position=at)
    Macro.objects.create(site=site, name=words["macro"], steps=[
        {"do": "send", "text": words["said"]}, {"do": "note", "text": words["noted"]},
        {"do": "label", "add": [made["label " + words["labels"][1][0]]]},
        {"do": "close", "summary": words["summary"]},
    ])
print("MADE" + json.dumps(made))
"""


def furnish(shops: Shops) -> dict[str, str]:
    """Put it all into both shops. Ids by login of the supervisors, "group <name>" and "label <name>"."""
    done = shops.server.manage("shell", "-c", _MADE % PASSWORD)
    line = next(line for line in done.stdout.splitlines() if line.startswith("MADE"))
    made: dict[str, str] = json.loads(line.removeprefix("MADE"))
    return made
