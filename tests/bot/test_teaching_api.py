"""Intents, rules and models by REST: within the caller's sites, checked before they are kept, told to every
process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agents.models import Agent, Role
from bot import config
from bot.demo import __file__ as demo
from bot.learning import progress
from bot.models import Endpoint, Intent, Rule, TrainedModel
from chat.models import Site
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db
RULE: dict[str, Any] = {"name": "Hours", "kind": "keyword", "expressions": ["几点"], "answer": "九点到九点"}
INTENT: dict[str, Any] = {
    "name": "order_status",
    "title": "查订单",
    "examples": ["我的订单到哪了", "查一下快递", "查一下快递"],
    "cues": ["订单到哪"],
    "slots": [
        {"name": "order_id", "instead": ["phone"], "prompt": "请给订单号"},
        {"name": "reason", "free": True},
    ],
}


@pytest.fixture
def chief(hire: Callable[..., Caller], shop: Site) -> Caller:
    """A supervisor of the shop."""
    found = hire("chief", shop)
    Agent.objects.filter(pk=found.id).update(role=Role.SUPERVISOR)
    return found


def test_a_rule_from_making_to_deleting(chief: Caller, shop: Site) -> None:
    before = config.version()
    made = chief.post("rules/", RULE)
    assert made.status_code == 201
    row = Rule.objects.get()
    assert (row.site_id, made.json()["site"]) == (shop.pk, str(shop.pk))
    assert config.version() == before + 1
    path = f"rules/{row.pk}/"
    assert chief.patch(path, {"expressions": ["几点", "营业"], "enabled": False}).json()["enabled"] is False
    assert chief.get(path).json()["expressions"] == ["几点", "营业"]
    assert [one["id"] for one in chief.get("rules/", site=str(shop.pk)).json()["data"]] == [str(row.pk)]
    assert chief.delete(path).status_code == 204
    assert config.version() == before + 3
    assert chief.get(path).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "pattern", "expressions": ["(?<=a)b"]}, "expressions"),
        ({"kind": "pattern", "expressions": [".*"]}, "expressions"),
        ({"expressions": []}, "expressions"),
        ({"expressions": ["-x"]}, "expressions"),
        ({"answer": ""}, "answer"),
        ({"conditions": {"moon": "full"}}, "conditions"),
        ({"group_id": "0190b6a1-7c1e-7000-8000-0000000000aa"}, "group_id"),
    ],
)
def test_a_rule_that_cannot_be_compared_is_refused(wrong: dict[str, Any], field: str, chief: Caller) -> None:
    answer = chief.post("rules/", {**RULE, **wrong})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert field in answer.json()["details"]["fields"]
    assert not Rule.objects.exists()


def test_an_intent_with_its_lists(chief: Caller, shop: Site) -> None:
    Endpoint.objects.create(name="orders", url="https://shop.example.com/orders")
    made = chief.post("intents/", {**INTENT, "endpoint": "orders"})
    assert made.status_code == 201, made.content
    body = made.json()
    assert body["examples"] == ["我的订单到哪了", "查一下快递"]
    assert [slot["name"] for slot in body["slots"]] == ["order_id", "reason"]
    assert (body["endpoint"], body["site"]) == ("orders", str(shop.pk))
    path = f"intents/{body['id']}/"
    changed = chief.patch(path, {"title": "订单", "examples": ["物流呢", "查一下快递"]}).json()
    assert set(changed["examples"]) == {"物流呢", "查一下快递"} and len(changed["slots"]) == 2
    assert chief.patch(path, {"slots": []}).json()["slots"] == []
    assert chief.post("intents/", INTENT).status_code == 409
    assert chief.post("intents/", {**INTENT, "name": "x", "cues": ["(?=a)"]}).status_code == 400
    assert chief.post("intents/", {**INTENT, "name": "x", "slots": [{"name": "a"}] * 2}).status_code == 400
    assert chief.delete(path).status_code == 204 and not Intent.objects.exists()


@pytest.mark.parametrize(("path", "body", "model"), [("rules/", RULE, Rule), ("intents/", INTENT, Intent)])
def test_only_leaders_of_the_site_teach(
    path: str, body: dict[str, Any], model: Any, agent: Caller, chief: Caller, administrator: Caller,
    nobody: Caller, shop: Site, other_shop: Site,
) -> None:  # fmt: skip
    assert agent.post(path, body).status_code == 403
    assert agent.get(path).status_code == 403
    assert nobody.get(path).status_code == 401
    assert chief.post(path, {**body, "site": str(other_shop.pk)}).status_code == 403
    assert chief.post(path, {**body, "site": None}).status_code == 403
    theirs = administrator.post(path, {**body, "site": str(other_shop.pk)}).json()["id"]
    common = administrator.post(path, {**body, "site": None}).json()["id"]
    assert chief.get(f"{path}{theirs}/").status_code == 404
    assert chief.delete(f"{path}{theirs}/").status_code == 404
    assert chief.patch(f"{path}{common}/", {"name": "mine"}).status_code == 403
    assert chief.delete(f"{path}{common}/").status_code == 403
    assert [row["id"] for row in chief.get(path).json()["data"]] == [common]
    own = chief.post(path, body).json()["id"]
    assert chief.patch(f"{path}{own}/", {"site": str(other_shop.pk)}).status_code == 403
    assert model.objects.get(pk=own).site_id == shop.pk


def test_models_are_learnt_and_chosen(
    administrator: Caller, agent: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[Any, ...]] = []
    monkeypatch.setattr("bot.tasks.train.delay", lambda *args: begun.append(args))
    assert administrator.get("bot/models/learning/").json()["state"] in ("none", "failed", "done")
    progress.carry_out("x", "", 0)
    answer = administrator.post("bot/models/learning/", {"note": "n", "canary_percent": 5})
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    assert begun == [("Boss", "n", 5)]
    progress.carry_out("Boss", "n", 5)
    failed = administrator.get("bot/models/learning/").json()
    assert failed["state"] == "failed" and failed["error"]
    one = TrainedModel.objects.create(number=1, data=b"x", active=True)
    two = TrainedModel.objects.create(number=2, data=b"y")
    assert [row["version"] for row in administrator.get("bot/models/").json()["data"]] == ["v2", "v1"]
    assert administrator.patch(f"bot/models/{two.pk}/", {"canary_percent": 10}).json()["canary_percent"] == 10
    assert administrator.patch(f"bot/models/{one.pk}/", {"canary_percent": 10}).status_code == 409
    before = config.version()
    active = administrator.post(f"bot/models/{two.pk}/activate/").json()
    assert (active["active"], active["canary_percent"]) == (True, 0)
    assert config.version() > before
    assert not TrainedModel.objects.get(pk=one.pk).active
    for call in (
        agent.get("bot/models/"),
        agent.post("bot/models/learning/"),
        agent.post(f"bot/models/{one.pk}/activate/"),
    ):
        assert call.status_code == 403


def test_the_demos_patterns_could_be_typed_by_an_operator() -> None:
    import tomllib
    from pathlib import Path

    from bot.learning.checks import check_cues

    flows = tomllib.loads((Path(demo).parent / "intents.toml").read_text(encoding="utf-8"))
    for flow in flows.values():
        assert check_cues(flow.get("cues", [])) == flow.get("cues", [])
        assert check_cues(flow.get("not_cues", [])) == flow.get("not_cues", [])
