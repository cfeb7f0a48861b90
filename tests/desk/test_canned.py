"""Canned replies: found by what one types, seen by whom they are for, filled in for a conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.desk.spelling import MAX_INITIALS, MAX_PINYIN, compact, spellings
from agents.desk.variables import MAX_OUT, render
from agents.models import CannedReply, Group
from chat.models import Site, Visitor
from tests.api.conftest import Caller, Guest
from tests.desk.conftest import project


@pytest.mark.parametrize(
    ("text", "full", "short"),
    [
        ("退货", "tuihuo", "th"), ("VIP退货", "viptuihuo", "vipth"), ("重庆", "chongqing", "cq"),
        ("重庆", "zhongqing", "zq"), ("银行", "yinhang", "yh"), ("绿色", "lvse", "ls"),
        ("7天退款", "7tiantuikuan", "7ttk"),
    ],
)  # fmt: skip
def test_a_text_is_found_by_every_reading(text: str, full: str, short: str) -> None:
    spelled, initials = spellings(text)
    assert full in spelled.split()
    assert short in initials.split()


def test_a_text_without_chinese_has_no_spelling() -> None:
    assert spellings("hello", "refund!") == ("", "")


@given(st.text(max_size=100), st.text(max_size=40))
def test_spellings_always_fit_their_columns(one: str, other: str) -> None:
    full, short = spellings(one, other)
    assert len(full) <= MAX_PINYIN
    assert len(short) <= MAX_INITIALS


def test_polyphones_do_not_explode() -> None:
    full, short = spellings("长" * 100)
    assert full.startswith("chang" * 20)
    assert len(full) <= MAX_PINYIN and len(short) <= MAX_INITIALS


@pytest.mark.parametrize(
    ("query", "typed"), [("TuiHuo", "tuihuo"), ("xi'an", "xian"), ("lü", "lv"), ("退th", "")]
)
def test_queries_are_compared_in_one_form(query: str, typed: str) -> None:
    assert compact(query) == typed


def test_variables_are_filled_in_once() -> None:
    values = {
        "visitor.name": "{{site.name}}",
        "site.name": "Shop",
        "visitor.attributes.n": 3,
        "agent.name": "",
    }
    text = "{{visitor.name}} {{ site.name }} {{visitor.attributes.n}} {{agent.name|us}}"
    text += " {{agent.name}} {{os.x|}}!"
    assert render(text, values) == ("{{site.name}} Shop 3 us {{agent.name}} !", ["agent.name"])


@given(st.text(max_size=300), st.dictionaries(st.text(max_size=10), st.text(max_size=50)))
def test_rendering_never_fails(text: str, values: dict[str, Any]) -> None:
    filled, _ = render(text, values)
    assert len(filled) <= max(len(text), MAX_OUT)
    if "{{" not in text:
        assert filled == text


def make(caller: Caller, shortcut: str, title: str, text: str = "Hello", **more: Any) -> Any:
    return caller.post("canned-replies/", {"shortcut": shortcut, "title": title, "text": text, **more})


def find(caller: Caller, q: str = "", **query: Any) -> list[str]:
    return [row["shortcut"] for row in caller.get("canned-replies/", q=q, **query).json()["data"]]


def test_one_finds_by_shortcut_title_text_pinyin_and_initials(agent: Caller) -> None:
    assert make(agent, "back", "退货说明", "您好，七天内可以退").status_code == 201
    make(agent, "bye", "再见", "Goodbye")
    for query in ("bac", "退货", "货说", "七天", "tuihuo", "TUIHUO", "thsm", "sm", "back tui", "说 th"):
        assert find(agent, query) == ["back"], query
    assert find(agent, "zaijian") == ["bye"]
    assert find(agent, "goodb") == ["bye"]
    assert find(agent, "nothing") == []
    assert sorted(find(agent)) == ["back", "bye"]


def test_own_ones_come_first_then_the_better_match_then_the_more_used(
    agent: Caller, supervisor: Caller, visitor: Guest
) -> None:
    make(supervisor, "refund", "Refund", shared=True)
    make(supervisor, "re", "Reply", shared=True)
    used = make(supervisor, "reopen", "Reopen", shared=True).json()["id"]
    make(agent, "myre", "Mine about re")
    agent.post(f"canned-replies/{used}/use/", {"conversation": visitor.conversation})
    assert find(agent, "re") == ["myre", "re", "reopen", "refund"]


def test_whom_they_are_for(
    agent: Caller, supervisor: Caller, stranger: Caller, hire: Callable[..., Caller], shop: Site,
    grouped: Callable[..., Group], administrator: Caller,
) -> None:  # fmt: skip
    colleague = hire("jim", shop)
    sales = grouped("Sales", colleague)
    make(agent, "own", "Own")
    make(supervisor, "shared", "Shared", shared=True)
    make(supervisor, "sales", "Sales", shared=True, group=str(sales.pk))
    make(administrator, "all", "Everywhere", shared=True, site=None)
    assert sorted(find(agent)) == ["all", "own", "shared"]
    assert sorted(find(colleague)) == ["all", "sales", "shared"]
    assert sorted(find(supervisor)) == ["all", "sales", "shared"]
    assert find(stranger) == ["all"]
    assert find(stranger, site=str(shop.id)) == []


def test_who_may_change_them(agent: Caller, supervisor: Caller, stranger: Caller, visitor: Guest) -> None:
    own = make(agent, "own", "Own").json()
    shared = make(supervisor, "shared", "Shared", shared=True).json()
    assert own["editable"] and own["owner"]["id"] == agent.id and not own["shared"]
    assert make(agent, "mine", "Mine", shared=True).json()["code"] == "forbidden"
    assert agent.patch(f"canned-replies/{own['id']}/", {"title": "New"}).json()["title"] == "New"
    assert agent.patch(f"canned-replies/{own['id']}/", {"shared": True}).json()["code"] == "forbidden"
    assert CannedReply.objects.get(pk=own["id"]).owner_id is not None
    seen = agent.get(f"canned-replies/{shared['id']}/").json()
    assert (seen["title"], seen["editable"]) == ("Shared", False)
    assert agent.patch(f"canned-replies/{shared['id']}/", {"title": "x"}).json()["code"] == "forbidden"
    assert agent.delete(f"canned-replies/{shared['id']}/").status_code == 403
    for other in (supervisor, stranger):
        assert other.get(f"canned-replies/{own['id']}/").status_code == 404
        assert other.delete(f"canned-replies/{own['id']}/").status_code == 404
    assert supervisor.delete(f"canned-replies/{shared['id']}/").status_code == 204
    assert agent.delete(f"canned-replies/{own['id']}/").status_code == 204
    assert visitor.get("canned-replies/").json()["code"] == "forbidden"


@pytest.mark.parametrize(
    "body",
    [
        {"shortcut": "a b"},
        {"shortcut": ""},
        {"title": "x" * 101},
        {"text": "x" * 4001},
        {"text": ""},
        {"site": "x"},
    ],
)
def test_bad_ones_are_400(agent: Caller, body: dict[str, Any]) -> None:
    given = {"shortcut": "a", "title": "A", "text": "a", **body}
    assert agent.post("canned-replies/", given).json()["code"] == "invalid"


def test_a_renamed_reply_is_found_by_its_new_name(agent: Caller) -> None:
    reply = make(agent, "x", "退货").json()["id"]
    agent.patch(f"canned-replies/{reply}/", {"title": "发票"})
    assert find(agent, "fapiao") == ["x"]
    assert find(agent, "tuihuo") == []


def test_using_one_fills_it_in_and_counts(agent: Caller, stranger: Caller, visitor: Guest) -> None:
    Visitor.objects.filter(pk=visitor.id).update(attributes={"level": "gold"})
    text = "{{visitor.name}}, {{agent.name}} of {{site.name}}: {{visitor.attributes.level}}"
    text += " {{visitor.phone|-}} {{x.y}}"
    reply = make(agent, "x", "X", text).json()["id"]
    answer = agent.post(f"canned-replies/{reply}/use/", {"conversation": visitor.conversation})
    assert answer.json() == {
        "id": reply, "text": "Han Meimei, Lilei of Shop: gold - {{x.y}}", "missing": ["x.y"]
    }  # fmt: skip
    assert agent.get(f"canned-replies/{reply}/").json()["used_count"] == 1
    shared = CannedReply.objects.create(shortcut="all", title="All", text="{{visitor.name}}")
    refused = stranger.post(f"canned-replies/{shared.pk}/use/", {"conversation": visitor.conversation})
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


def test_a_conversation_narrows_to_its_group(
    supervisor: Caller, visitor: Guest, grouped: Callable[..., Group]
) -> None:
    sales, support = grouped("Sales"), grouped("Support")
    make(supervisor, "sales", "Sales", shared=True, group=str(sales.pk))
    make(supervisor, "support", "Support", shared=True, group=str(support.pk))
    assert sorted(find(supervisor, conversation=visitor.conversation)) == ["sales", "support"]
    project(visitor.conversation, group_id=sales.pk, group_name="Sales")
    assert find(supervisor, conversation=visitor.conversation) == ["sales"]
