"""Who may call what: every endpoint against every kind of caller.

Strangers see 404, not 403: it does not exist.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core import signing
from django.test import Client

from agents.models import Agent
from chat import visitors
from chat.models import Site, Visitor
from chat.realtime import tokens
from tests.api.conftest import Caller, Guest

ENDPOINTS: list[tuple[str, str, Any]] = [
    ("GET", "conversations/", None),
    ("GET", "conversations/{conversation}/", None),
    ("GET", "conversations/{conversation}/messages/", None),
    ("POST", "conversations/{conversation}/messages/", {"client_msg_id": "x", "kind": "text", "text": "x"}),
    ("POST", "conversations/{conversation}/accept/", None),
    ("POST", "conversations/{conversation}/close/", {}),
    ("POST", "conversations/{conversation}/reopen/", None),
    ("POST", "conversations/{conversation}/rate/", {"rating": 5}),
    ("POST", "conversations/{conversation}/notes/", {"text": "x"}),
    ("POST", "conversations/{conversation}/recall/", {"seq": 1}),
    ("GET", "visitors/", None),
    ("GET", "visitors/{visitor}/", None),
    ("PATCH", "visitors/{visitor}/", {"name": "x"}),
    ("POST", "visitors/{visitor}/block/", None),
    ("POST", "visitors/{visitor}/unblock/", None),
    ("GET", "visitors/{visitor}/timeline/", None),
    ("GET", "visitors/{visitor}/pages/", None),
    ("GET", "visitors/{visitor}/duplicates/", None),
    ("POST", "visitors/{visitor}/merge/", {"into": "0190b6a1-0000-7000-8000-000000000001"}),
    ("DELETE", "visitors/{visitor}/merge/", None),
    ("POST", "visitor/pages/", {"url": "https://shop.example.com/"}),
    ("PATCH", "conversations/{conversation}/attributes/", {"attributes": {}}),
    ("POST", "conversations/bulk/", {"conversations": [], "act": "close"}),
    ("GET", "labels/", None),
    ("GET", "attribute-definitions/", None),
    ("GET", "close-categories/", None),
    ("GET", "canned-replies/", None),
    ("GET", "macros/", None),
    ("GET", "views/", None),
    ("GET", "views/counts/", None),
    ("GET", "blocks/", None),
    ("GET", "agents/me/preferences/", None),
    ("GET", "sites/", None),
    ("POST", "sites/", {"name": "x"}),
    ("GET", "sites/{site}/", None),
    ("PATCH", "sites/{site}/", {"name": "x"}),
    ("DELETE", "sites/{site}/", None),
    ("POST", "sites/{site}/rotate-secret/", None),
    ("POST", "uploads/", None),
]
NAMED = [row for row in ENDPOINTS if "{" in row[1]]


def call(caller: Caller, endpoint: tuple[str, str, Any], guest: Guest, site: Site) -> Any:
    method, path, body = endpoint
    path = path.format(conversation=guest.conversation, visitor=guest.id, site=site.id)
    return caller.get(path) if method == "GET" else caller.send(method, path, body)


def refusal(answer: Any) -> tuple[int, str]:
    assert set(answer.json()) == {"code", "message", "details"}
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda row: f"{row[0]} {row[1]}")
def test_without_a_token_401(nobody: Caller, visitor: Guest, shop: Site, endpoint: Any) -> None:
    answer = call(nobody, endpoint, visitor, shop)
    assert refusal(answer) == (401, "unauthorized")
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda row: f"{row[0]} {row[1]}")
def test_with_a_forged_token_401(visitor: Guest, shop: Site, endpoint: Any) -> None:
    assert visitor.token is not None
    for token in (visitor.token[:-2] + "xx", "nonsense", "eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoxfQ."):
        assert refusal(call(Caller(token), endpoint, visitor, shop)) == (401, "unauthorized")


@pytest.mark.parametrize("endpoint", NAMED, ids=lambda row: f"{row[0]} {row[1]}")
def test_another_sites_agent_finds_nothing(
    stranger: Caller, visitor: Guest, shop: Site, endpoint: Any
) -> None:
    answer = call(stranger, endpoint, visitor, shop)
    if endpoint[1].startswith("sites/") and endpoint[0] != "GET":
        assert refusal(answer) == (403, "forbidden")
    else:
        assert refusal(answer) == (404, "not_found")


@pytest.mark.parametrize("endpoint", NAMED, ids=lambda row: f"{row[0]} {row[1]}")
def test_another_visitor_finds_nothing(
    come: Callable[..., Guest], visitor: Guest, shop: Site, endpoint: Any
) -> None:
    answer = call(come(shop), endpoint, visitor, shop)
    if endpoint[1].startswith("conversations/") and not endpoint[1].endswith("attributes/"):
        assert refusal(answer) == (404, "not_found")
    else:
        assert refusal(answer) == (403, "forbidden")


@pytest.mark.parametrize("act", ["accept", "close", "reopen", "notes"])
def test_visitors_do_not_do_what_agents_do(visitor: Guest, act: str) -> None:
    body = {"text": "x"} if act == "notes" else {}
    answer = visitor.post(f"conversations/{visitor.conversation}/{act}/", body)
    assert refusal(answer) == (403, "forbidden")


def test_agents_do_not_rate(agent: Caller, visitor: Guest) -> None:
    answer = agent.post(f"conversations/{visitor.conversation}/rate/", {"rating": 5})
    assert refusal(answer) == (403, "forbidden")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "sites/"), ("PATCH", "sites/{site}/"), ("DELETE", "sites/{site}/"),
        ("POST", "sites/{site}/rotate-secret/"),
    ],
)  # fmt: skip
def test_agents_do_not_change_sites(agent: Caller, shop: Site, method: str, path: str) -> None:
    answer = agent.send(method, path.format(site=shop.id), {"name": "mine"})
    assert refusal(answer) == (403, "forbidden")
    shop.refresh_from_db()
    assert shop.name == "Shop"


def test_an_expired_token_says_so(visitor: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    claims = {"k": "visitor", "i": visitor.id, "n": None, "s": None, "c": None, "e": 1_000}
    old = signing.dumps(claims, salt="kefu.session")
    assert refusal(Caller(old).get("conversations/")) == (401, "token_expired")


def test_a_disabled_agent_is_out_at_once(agent: Caller) -> None:
    assert agent.get("conversations/").status_code == 200
    Agent.objects.filter(pk=agent.id).update(is_enabled=False)
    assert refusal(agent.get("conversations/")) == (401, "unauthorized")


def test_an_agent_taken_off_a_site_no_longer_sees_it(agent: Caller, visitor: Guest) -> None:
    path = f"conversations/{visitor.conversation}/"
    assert agent.get(path).status_code == 200
    Agent.objects.get(pk=agent.id).sites.clear()
    assert refusal(agent.get(path)) == (404, "not_found")


def test_a_blocked_visitor_is_out_at_once(visitor: Guest) -> None:
    assert visitor.get("conversations/").status_code == 200
    visitors.block(visitor.id)
    assert refusal(visitor.get("conversations/")) == (403, "blocked")
    assert refusal(visitor.say(visitor.conversation)) == (403, "blocked")


def test_an_erased_visitor_is_nobody(shop: Site) -> None:
    visitor = Visitor.objects.create(site=shop, token_hash="h")
    who = visitors.participant_of(visitor)
    visitor.delete()
    assert refusal(Caller(tokens.issue(who, str(shop.id))[0]).get("conversations/")) == (401, "unauthorized")


def test_unknown_ids_are_404_for_everybody(administrator: Caller, agent: Caller) -> None:
    unknown = uuid.uuid4()
    for caller in (administrator, agent):
        for path in (
            f"conversations/{unknown}/",
            f"conversations/{unknown}/messages/",
            f"visitors/{unknown}/",
        ):
            assert refusal(caller.get(path)) == (404, "not_found")
    for path in ("conversations/not-an-id/", "conversations/1/messages/", "sites/x/"):
        assert refusal(administrator.get(path)) == (404, "not_found")


def test_a_login_without_a_role_is_403(db: None) -> None:
    from django.contrib.auth.models import User

    User.objects.create_user("plain", password="correct-horse-42")
    client = Client()
    pair = client.post(
        "/api/v1/auth/token/",
        {"username": "plain", "password": "correct-horse-42"},
        content_type="application/json",
    ).json()
    assert refusal(Caller(pair["access"]).get("conversations/")) == (403, "forbidden")


def test_the_console_cookie_needs_the_csrf_token(agent: Caller, visitor: Guest) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.login(username="lilei", password="correct-horse-42")
    path = f"/api/v1/conversations/{visitor.conversation}/accept/"
    assert client.get("/api/v1/conversations/").status_code == 200
    assert refusal(client.post(path)) == (403, "forbidden")
    client.get("/console/")
    token = client.cookies["kefu_csrf"].value
    answer = client.post(path, {}, content_type="application/json", headers={"X-CSRFToken": token})
    assert answer.status_code == 200
    assert answer.json()["conversation"]["agent"]["id"] == agent.id
