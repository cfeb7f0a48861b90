"""Labels, custom attributes and categories: who sees them, who keeps them, what they hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.models import CloseCategory
from chat.attributes import Definition, merged
from chat.errors import KefuError
from chat.models import AttributeDefinition, Conversation, Site
from tests.api.conftest import Caller, Guest

NEW: dict[str, dict[str, Any]] = {
    "labels": {"name": "New"},
    "attribute-definitions": {"name": "x", "target": "visitor", "key": "level", "label": "Level"},
    "close-categories": {"name": "New"},
}


@pytest.mark.parametrize(
    ("what", "role"),
    [("labels", "supervisor"), ("attribute-definitions", "admin"), ("close-categories", "supervisor")],
)
def test_who_sees_and_keeps_them(
    what: str, role: str, agent: Caller, stranger: Caller, administrator: Caller,
    lead: Callable[..., Caller], shop: Site, other_shop: Site, visitor: Guest,
) -> None:  # fmt: skip
    keeper = lead("keeper", shop, role=role)
    body = NEW[what]
    assert agent.post(f"{what}/", body).json()["code"] == "forbidden"
    assert keeper.post(f"{what}/", {**body, "site": str(other_shop.id)}).json()["code"] == "forbidden"
    assert keeper.post(f"{what}/", {**body, "site": None}).json()["code"] == "forbidden"
    made = keeper.post(f"{what}/", body)
    assert (made.status_code, made.json()["site"], made.json()["editable"]) == (201, str(shop.id), True)
    everywhere = administrator.post(f"{what}/", {**body, "key": "other", "name": "Everywhere"}).json()
    assert everywhere["site"] is None
    one = f"{what}/{made.json()['id']}/"

    def seen(caller: Caller, **query: Any) -> set[str]:
        return {row["id"] for row in caller.get(f"{what}/", **query).json()["data"]}

    assert seen(agent) == {made.json()["id"], everywhere["id"]}
    assert seen(stranger) == {everywhere["id"]}
    assert seen(administrator, site=str(other_shop.id)) == {everywhere["id"]}
    assert seen(agent, site=str(other_shop.id)) == set()
    assert agent.get(one).json()["editable"] is False
    assert agent.patch(one, {"position": 1}).json()["code"] == "forbidden"
    assert agent.delete(one).status_code == 403
    assert stranger.get(one).status_code == 404
    assert stranger.patch(one, {}).status_code == 404
    assert keeper.patch(f"{what}/{everywhere['id']}/", {"name": "x", "label": "x"}).status_code == 403
    assert visitor.get(f"{what}/").json()["code"] == "forbidden"
    assert keeper.delete(one).status_code == 204
    assert keeper.get(one).status_code == 404


def test_labels_are_unique_at_a_site(supervisor: Caller, other_shop: Site, administrator: Caller) -> None:
    made = supervisor.post("labels/", {"name": "Refund", "color": "red"}).json()
    assert supervisor.post("labels/", {"name": "Refund"}).json()["code"] == "conflict"
    assert administrator.post("labels/", {"name": "Refund", "site": str(other_shop.id)}).status_code == 201
    other = supervisor.post("labels/", {"name": "Other"}).json()["id"]
    assert supervisor.patch(f"labels/{other}/", {"name": "Refund"}).json()["code"] == "conflict"
    assert supervisor.patch(f"labels/{made['id']}/", {"color": "blue"}).json()["color"] == "blue"
    for bad in ({"name": ""}, {"name": "x" * 41}, {"color": "pink", "name": "x"}, {"name": "x", "site": "x"}):
        assert supervisor.post("labels/", bad).status_code == 400
    unknown = "0190b6a1-0000-7000-8000-000000000001"
    assert administrator.post("labels/", {"name": "x", "site": unknown}).json()["code"] == "invalid"


def test_categories_are_a_tree(supervisor: Caller, agent: Caller) -> None:
    goods = supervisor.post("close-categories/", {"name": "Goods", "position": 2}).json()["id"]
    supervisor.post("close-categories/", {"name": "Spam", "position": 1})
    back = supervisor.post("close-categories/", {"name": "Back", "parent": goods}).json()
    assert back["path"] == "Goods / Back"
    tree = agent.get("close-categories/").json()["data"]
    assert [node["name"] for node in tree] == ["Spam", "Goods"]
    assert [child["path"] for child in tree[1]["children"]] == ["Goods / Back"]
    circle = supervisor.patch(f"close-categories/{goods}/", {"parent": back["id"]})
    assert circle.json()["code"] == "invalid"
    deepest = back["id"]
    for _ in range(3):
        deepest = supervisor.post("close-categories/", {"name": "x", "parent": deepest}).json()["id"]
    assert supervisor.post("close-categories/", {"name": "x", "parent": deepest}).json()["code"] == "invalid"
    assert supervisor.delete(f"close-categories/{goods}/").status_code == 204
    assert CloseCategory.objects.count() == 1


DEFINED = [
    Definition("text", "text"), Definition("number", "number"), Definition("day", "date"),
    Definition("size", "choice", ("S", "M")), Definition("yes", "boolean"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("text", ["a", ""], [1, "x" * 1001, [], True]),
        ("number", [1, -2.5], ["1", True, 1e16, float("inf")]),
        ("day", ["2026-02-28"], ["2026-02-30", "yesterday", 3]), ("size", ["S"], ["XL", 1]),
        ("yes", [True, False], ["true", 1]), ("unknown", [], ["x"]),
    ],
)  # fmt: skip
def test_values_are_what_their_definition_takes(key: str, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        assert merged({"kept": 1}, {key: value}, DEFINED, only_defined=True) == {"kept": 1, key: value}
    for value in bad:
        with pytest.raises(KefuError) as refused:
            merged({}, {key: value}, DEFINED, only_defined=True)
        assert refused.value.details["fields"]["attributes"][key]
    assert merged({key: 1}, {key: None}, DEFINED, only_defined=True) == {}


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.none(), max_size=8))
def test_laying_a_change_over_twice_is_laying_it_over_once(change: dict[str, Any]) -> None:
    once = merged({"a": 1}, change, (), only_defined=False)
    assert merged(once, change, (), only_defined=False) == once
    assert None not in once.values()


def test_a_conversations_attributes(agent: Caller, stranger: Caller, visitor: Guest, shop: Site) -> None:
    AttributeDefinition.objects.create(target="conversation", key="order", label="Order", kind="number")
    AttributeDefinition.objects.create(target="conversation", key="order", label="Order", site=shop)
    path = f"conversations/{visitor.conversation}/attributes/"
    assert agent.patch(path, {"attributes": {"order": "A1"}}).json() == {"attributes": {"order": "A1"}}
    assert agent.patch(path, {"attributes": {"order": 1}}).json()["code"] == "invalid"
    assert agent.patch(path, {"attributes": {"other": "x"}}).json()["code"] == "invalid"
    assert agent.patch(path, {}).json()["code"] == "invalid"
    assert Conversation.objects.get().attributes == {"order": "A1"}
    assert agent.patch(path, {"attributes": {"order": None}}).json() == {"attributes": {}}
    assert stranger.patch(path, {"attributes": {}}).status_code == 404
    assert visitor.patch(path, {"attributes": {}}).json()["code"] == "forbidden"
