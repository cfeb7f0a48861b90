"""The REST interface: agents read what is at their sites, supervisors write it, releases go out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from agents.models import Agent
from chat.models import Site
from knowledge.learning import unanswered
from knowledge.models import GoldenQuestion, Question, Status
from tests.knowledge.conftest import ask


class Caller(Client):
    """A signed-in login of the console."""

    def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.generic(
            method, f"/api/v1/{path}", b"" if body is None else json.dumps(body).encode(),
            content_type="application/json",
        )  # fmt: skip
        assert answer.status_code == status, answer.content
        return answer.json() if answer.content else None


def signed_in(name: str, role: str, *sites: Site) -> Caller:
    user = User.objects.create_user(name, password="x")
    agent = Agent.objects.create(user=user, display_name=name, role=role)
    agent.sites.set(sites)
    client = Caller()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def supervisor(shop: Site) -> Caller:
    return signed_in("wangfang", "supervisor", shop)


@pytest.fixture
def agent(shop: Site) -> Caller:
    return signed_in("lina", "agent", shop)


def test_from_a_draft_to_a_hit(
    supervisor: Caller, agent: Caller, shop: Site, django_capture_on_commit_callbacks: Any
) -> None:
    body = {
        "question": "怎么退货", "similar": ["我要退货", "怎么退货？"], "answer": "7 天内", "category": "售后",
        "links": [{"title": "订单", "url": "/orders"}],
    }  # fmt: skip
    made = supervisor.call("POST", "questions/", body, 201)
    assert made["site"] == str(shop.pk) and made["similar"] == ["我要退货"] and made["status"] == "draft"
    key = made["id"]
    assert supervisor.call("POST", f"questions/{key}/status/", {"status": "review"})["status"] == "review"
    with django_capture_on_commit_callbacks(execute=True):
        release = supervisor.call("POST", "knowledge/releases/", {"notes": "one"}, 201)
    assert release["number"] == 1
    found = agent.call("GET", f"knowledge/search/?q=我要退货&site={shop.pk}")
    assert found["results"][0]["id"] == key and found["results"][0]["url"].startswith("q/zen-me-tui-huo")
    changed = supervisor.call("PATCH", f"questions/{key}/", {"answer": "15 天内", "category": None})
    assert changed["status"] == "draft" and changed["live"] and changed["category"] is None
    picture, card = {"alt": "盒", "url": "/files/b.png"}, {"title": "礼盒", "url": "https://e.example/b"}
    shown = supervisor.call("PATCH", f"questions/{key}/", {"images": [picture], "card": card})
    assert shown["images"] == [picture] and shown["card"] == card and shown["links"] == body["links"]
    supervisor.call("PATCH", f"questions/{key}/", {"card": {"title": "x", "url": "javascript:1"}}, 400)
    assert supervisor.call("PATCH", f"questions/{key}/", {"card": None})["card"] is None
    (version,) = agent.call("GET", f"questions/{key}/versions/")
    assert version["content"]["answer"] == "7 天内"
    back = supervisor.call("POST", f"questions/{key}/versions/", {"version": 1})
    assert back["answer"] == "7 天内"
    supervisor.call("POST", f"questions/{key}/versions/", {"version": 9}, 404)
    supervisor.call("DELETE", f"questions/{key}/", status=403)  # live: archived first
    assert agent.call("GET", "knowledge/releases/")["data"][0]["published_by"] == "wangfang"


def test_agents_read_and_nobody_reaches_beyond_their_sites(
    supervisor: Caller, agent: Caller, shop: Site, branch: Site
) -> None:
    foreign = ask("别店的", site_id=branch.pk)
    everywhere = ask("都有的")
    assert [row["question"] for row in agent.call("GET", "questions/")["data"]] == ["都有的"]
    agent.call("GET", f"questions/{foreign.pk}/", status=404)
    agent.call("POST", "questions/", {"question": "a", "answer": "b"}, 403)
    for path in (f"questions/{everywhere.pk}/", f"questions/{foreign.pk}/"):
        supervisor.call("PATCH", path, {"answer": "x"}, 404 if str(foreign.pk) in path else 403)
    own = supervisor.call("POST", "questions/", {"question": "a", "answer": "b"}, 201)["id"]
    supervisor.call("PATCH", f"questions/{own}/", {"site": str(branch.pk)}, 403)
    supervisor.call("PATCH", f"questions/{own}/", {"site": None}, 403)
    agent.call("GET", f"knowledge/search/?q=x&site={branch.pk}", status=403)
    assert Client().get("/api/v1/questions/").status_code == 401


def test_bad_bodies_name_their_fields(supervisor: Caller) -> None:
    for body, field in (
        ({"question": "a"}, "answer"),
        ({"question": "a", "answer": "b", "language": "fr"}, "language"),
        ({"question": "a", "answer": "b", "valid_from": 5, "valid_until": 5}, "valid_until"),
        ({"question": "a", "answer": "b", "links": [{"title": "x", "url": "javascript:x"}]}, "links"),
        ({"question": "a", "answer": "b", "similar": ["x"] * 101}, "similar"),
    ):
        answer = supervisor.call("POST", "questions/", body, 400)
        assert field in answer["details"]["fields"], answer
    supervisor.call("POST", "questions/", {"question": "a", "answer": "b", "key": "k"}, 201)
    supervisor.call("POST", "questions/", {"question": "c", "answer": "d", "key": "k"}, 409)
    supervisor.call("POST", "knowledge/releases/", {}, 400)  # nothing is in review


def test_golden_questions_that_got_worse_are_named(supervisor: Caller, shop: Site) -> None:
    row = ask("怎么退货", site_id=shop.pk)
    other = ask("怎么开票", site_id=shop.pk)
    GoldenQuestion.objects.create(query="怎么退货", expected=other, site_id=shop.pk)
    refusal = supervisor.call("POST", "knowledge/releases/", {"drafts": True}, 409)
    assert refusal["code"] == "conflict" and refusal["details"]["golden"][0]["got"] == str(row.pk)
    supervisor.call("POST", "knowledge/releases/", {"drafts": True, "override_reason": "why not"}, 201)


def test_golden_questions_are_kept_by_rest(supervisor: Caller, agent: Caller, shop: Site) -> None:
    other_shop = Site.objects.create(public_key="other", name="Other")
    row = ask("怎么退货", site_id=shop.pk)
    body = {"query": "东西不要了", "expected": str(row.pk)}
    made = supervisor.call("POST", "knowledge/golden/", body, 201)
    assert (made["site"], made["expected"], made["language"]) == (str(shop.pk), str(row.pk), "zh")
    path = f"knowledge/golden/{made['id']}/"
    supervisor.call("POST", "knowledge/golden/", body, 409)
    supervisor.call("PATCH", path, {"to_people": True}, 400)  # an answer and people are two things
    changed = supervisor.call("PATCH", path, {"to_people": True, "expected": None})
    assert changed["to_people"] and changed["expected"] is None
    assert agent.call("GET", path) == changed
    assert [one["id"] for one in agent.call("GET", "knowledge/golden/")["data"]] == [made["id"]]
    agent.call("DELETE", path, status=403)
    theirs = ask("别家的", site_id=other_shop.pk)
    supervisor.call("POST", "knowledge/golden/", {"query": "x", "expected": str(theirs.pk)}, 400)
    supervisor.call("POST", "knowledge/golden/", {"query": "x", "site": str(other_shop.pk)}, 403)
    supervisor.call("PATCH", path, {"site": None}, 403)
    hidden = GoldenQuestion.objects.create(query="y", site_id=other_shop.pk)
    supervisor.call("GET", f"knowledge/golden/{hidden.pk}/", status=404)
    supervisor.call("DELETE", path, status=204)
    assert list(GoldenQuestion.objects.all()) == [hidden]


def test_articles(supervisor: Caller, agent: Caller) -> None:
    body = {"title": "冲泡", "sections": [{"heading": "水", "text": "85 度"}]}
    made = supervisor.call("POST", "articles/", body, 201)
    sections = [{"heading": "", "text": "a"}, {"heading": "b", "text": "c"}]
    changed = supervisor.call("PATCH", f"articles/{made['id']}/", {"sections": sections})
    assert changed["sections"] == sections
    assert agent.call("GET", "articles/?q=冲泡")["data"][0]["title"] == "冲泡"
    assert (
        supervisor.call("POST", f"articles/{made['id']}/status/", {"status": "archived"})["status"]
        == "archived"
    )
    supervisor.call("DELETE", f"articles/{made['id']}/", status=204)


def test_unanswered_questions_become_a_draft(
    supervisor: Caller, agent: Caller, shop: Site, branch: Site
) -> None:
    for query in ("能刻字吗", "能刻字吗？", "可以刻字吗", "???"):
        unanswered.note([(query, str(shop.pk), "zh")])
    unanswered.note([("能刻字吗", str(branch.pk), "zh")])
    assert unanswered.recluster() >= 2
    rows = agent.call("GET", "knowledge/unanswered/")["data"]
    assert {row["query"]: row["count"] for row in rows} == {"能刻字吗": 1, "能刻字吗？": 1, "可以刻字吗": 1}
    made = supervisor.call("POST", "knowledge/unanswered/", {"ids": [row["id"] for row in rows]}, 201)
    assert made["answer"] == "" and Question.objects.get().status == Status.DRAFT
    assert agent.call("GET", "knowledge/unanswered/")["data"] == []
    agent.call("POST", "knowledge/unanswered/", {"ids": [rows[0]["id"]]}, 403)
