"""Writing what the bot is taught in the back office: forms say what is wrong, every change is told to every
process, files go both ways.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import tablib
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agents.models import Group
from bot import config
from bot.models import EntityList, EntityPattern, Example, Intent, Rule, SensitiveWord
from chat.models import Site

pytestmark = pytest.mark.django_db
RULE: dict[str, Any] = {
    "name": "Hours", "kind": "keyword", "expressions": "几点\n营业+时间", "answer": "九点到九点",
    "priority": 0,
    "enabled": "on",
}  # fmt: skip
INTENT: dict[str, Any] = {
    "name": "refund_apply", "title": "申请退款", "position": 0, "enabled": "on", "words": "退款，退钱",
    "examples": "我要退款\n把钱退给我\n我要退款\n", "cues": "退(款|钱)", "not_cues": "",
    "slots-TOTAL_FORMS": 1, "slots-INITIAL_FORMS": 0, "slots-0-name": "order_id", "slots-0-kinds": "",
    "slots-0-instead": "phone, tracking_no", "slots-0-prompt": "订单号？\n请给订单号",
    "slots-0-required": "on",
    "slots-0-position": 0,
}  # fmt: skip


def test_a_rule_is_written_and_its_conditions_with_it(admin_client: Client, shop: Site) -> None:
    more = {
        "page": "/cart", "hours_from": "09:00", "hours_until": "18:00", "weekdays": ["0", "4"],
        "languages": ["zh"],
        "attributes": "level = gold", "min_priority": 3, "site": str(shop.pk),
    }  # fmt: skip
    before = config.version()
    assert admin_client.post("/admin/bot/rule/add/", {**RULE, **more}).status_code == 302
    row = Rule.objects.get()
    assert row.expressions == ["几点", "营业+时间"]
    assert row.conditions == {
        "page": "/cart", "hours": ["09:00", "18:00"], "weekdays": [0, 4], "languages": ["zh"],
        "attributes": {"level": "gold"}, "min_priority": 3,
    }  # fmt: skip
    assert config.version() > before
    page = admin_client.get(f"/admin/bot/rule/{row.pk}/change/").content.decode()
    assert "level = gold" in page and 'value="09:00"' in page
    assert admin_client.get("/admin/bot/rule/?q=营业").content.decode().count("Hours") >= 1
    told = config.version()
    assert admin_client.post(f"/admin/bot/rule/{row.pk}/delete/", {"post": "yes"}).status_code == 302
    assert config.version() > told and not Rule.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "pattern", "expressions": r"(?=look)x"},
        {"kind": "pattern", "expressions": r"(a)\1"},
        {"kind": "pattern", "expressions": ".*"},
        {"kind": "keyword", "expressions": "-没有"},
        {"expressions": ""},
        {"answer": ""},
        {"hours_from": "9", "hours_until": "18:00"},
        {"attributes": "level"},
        {"group_id": str(uuid4())},
    ],
)
def test_a_rule_that_cannot_be_compared_is_refused(wrong: dict[str, str], admin_client: Client) -> None:
    answer = admin_client.post("/admin/bot/rule/add/", {**RULE, **wrong})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not Rule.objects.exists()


def test_an_intent_comes_with_slots_and_examples(admin_client: Client, shop: Site) -> None:
    before = config.version()
    assert admin_client.post("/admin/bot/intent/add/", {**INTENT, "site": str(shop.pk)}).status_code == 302
    row = Intent.objects.get()
    assert list(row.examples.values_list("text", "language")) == [("我要退款", "zh"), ("把钱退给我", "zh")]
    assert (row.words, row.cues) == (["退款", "退钱"], ["退(款|钱)"])
    slot = row.slots.get()
    assert (slot.name, slot.instead, slot.required) == ("order_id", ["phone", "tracking_no"], True)
    assert config.version() > before
    page = admin_client.get(f"/admin/bot/intent/{row.pk}/change/").content.decode()
    assert "把钱退给我" in page
    changed = {
        **INTENT, "site": str(shop.pk), "examples": "把钱退给我\nrefund please", "slots-INITIAL_FORMS": 1,
        "slots-0-id": slot.pk, "slots-0-intent": str(row.pk),
    }  # fmt: skip
    assert admin_client.post(f"/admin/bot/intent/{row.pk}/change/", changed).status_code == 302
    assert set(row.examples.values_list("text", "language")) == {
        ("把钱退给我", "zh"),
        ("refund please", "en"),
    }


@pytest.mark.parametrize(
    "wrong", [{"cues": "(?<!x)y"}, {"cues": "a*"}, {"examples": "长" * 501}, {"name": "a b"}]
)
def test_an_intent_that_cannot_be_recognised_is_refused(wrong: dict[str, str], admin_client: Client) -> None:
    assert admin_client.post("/admin/bot/intent/add/", {**INTENT, **wrong}).status_code == 200
    assert not Intent.objects.exists()


def test_entities_of_the_operators_own(admin_client: Client) -> None:
    given = {"name": "product", "values": "紫砂壶：茶壶，壶\n龙井: 西湖龙井, 绿茶\n龙井: 明前", "fuzzy": "on"}
    assert admin_client.post("/admin/bot/entitylist/add/", given).status_code == 302
    row = EntityList.objects.get()
    assert row.values == {"紫砂壶": ["茶壶", "壶"], "龙井": ["西湖龙井", "绿茶", "明前"]}
    assert "紫砂壶: 茶壶, 壶" in admin_client.get(f"/admin/bot/entitylist/{row.pk}/change/").content.decode()
    assert admin_client.post("/admin/bot/entitylist/add/", {"name": "x", "values": ": a"}).status_code == 200
    bad = {"name": "member", "pattern": r"(?P<value>M\d{6}"}
    assert admin_client.post("/admin/bot/entitypattern/add/", bad).status_code == 200
    good = {"name": "member", "pattern": r"(?P<value>M\d{6})"}
    assert admin_client.post("/admin/bot/entitypattern/add/", good).status_code == 302
    assert EntityPattern.objects.get().pattern == good["pattern"]


def _import(client: Client, page: str, rows: list[list[str]], headers: list[str]) -> Any:
    content = tablib.Dataset(*rows, headers=headers).export("csv")
    file = SimpleUploadedFile("rows.csv", content.encode(), "text/csv")
    shown = client.post(f"{page}import/", {"import_file": file, "format": "0"})
    if "confirm_form" not in shown.context:
        return shown
    return client.post(f"{page}process_import/", shown.context["confirm_form"].initial)


def test_files_of_risk_words_and_examples(admin_client: Client, keeper: Client, shop: Site) -> None:
    page = "/admin/bot/sensitiveword/"
    before = config.version()
    rows = [["刷单", "fraud", "1", "shop"], ["加微信", "contact", "0", ""]]
    _import(admin_client, page, rows, ["word", "category", "to_people", "site"])
    assert set(SensitiveWord.objects.values_list("word", "site__public_key")) == {
        ("刷单", "shop"),
        ("加微信", None),
    }
    assert config.version() > before
    _import(admin_client, page, rows, ["word", "category", "to_people", "site"])
    assert SensitiveWord.objects.count() == 2
    Intent.objects.create(site=shop, name="invoice", title="开票")
    _import(
        admin_client, "/admin/bot/example/", [["invoice", "shop", "我要发票"]], ["intent", "site", "text"]
    )
    _import(
        admin_client, "/admin/bot/example/", [["invoice", "shop", "我要发票"]], ["intent", "site", "text"]
    )
    assert list(Example.objects.values_list("intent__name", "text", "language")) == [
        ("invoice", "我要发票", "zh")
    ]
    _import(admin_client, "/admin/bot/example/", [["nobody", "shop", "x"]], ["intent", "site", "text"])
    assert Example.objects.count() == 1
    chosen = {"format": "0", "resource": "0", "sensitivewordresource_word": "on"}
    sheet = admin_client.post(f"{page}export/", chosen).content.decode()
    assert "刷单" in sheet
    assert keeper.get(f"{page}import/").status_code == 403


def test_groups_are_chosen_by_name_and_nobody_else_s(
    admin_client: Client, keeper: Client, shop: Site, other_shop: Site
) -> None:
    ours, theirs, everywhere, shut = (
        Group.objects.create(name=name, is_enabled=name != "Shut")
        for name in ("Ours", "Theirs", "Everywhere", "Shut")
    )
    ours.sites.add(shop)
    theirs.sites.add(other_shop)
    for page, given in (("rule", RULE), ("intent", INTENT)):
        form = keeper.get(f"/admin/bot/{page}/add/").content.decode()
        assert f'<option value="{ours.pk}">Ours</option>' in form and "Everywhere" in form
        assert "Theirs" not in form and "Shut" not in form
        assert "Theirs" in admin_client.get(f"/admin/bot/{page}/add/").content.decode()
        wanted = {**given, "site": str(shop.pk), "to_people": "on"}
        for wrong in (theirs, shut):
            assert (
                keeper.post(f"/admin/bot/{page}/add/", {**wanted, "group_id": str(wrong.pk)}).status_code
                == 200
            )
        assert (
            keeper.post(f"/admin/bot/{page}/add/", {**wanted, "group_id": str(everywhere.pk)}).status_code
            == 302
        )
    row = Rule.objects.get()
    assert row.group_id == everywhere.pk
    everywhere.delete()
    form = keeper.get(f"/admin/bot/rule/{row.pk}/change/").content.decode()
    assert f'<option value="{row.group_id}" selected>' in form
    kept = {**RULE, "site": str(shop.pk), "group_id": str(row.group_id)}
    assert keeper.post(f"/admin/bot/rule/{row.pk}/change/", kept).status_code == 200
    assert keeper.post(f"/admin/bot/rule/{row.pk}/change/", {**kept, "group_id": ""}).status_code == 302
    row.refresh_from_db()
    assert row.group_id is None
