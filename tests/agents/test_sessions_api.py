"""`POST /api/v1/agent/sessions/`: by JWT or by the console's cookie, for enabled agents only."""

import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from agents.models import Agent
from chat.conversation import Participant
from chat.models import Site, Visitor
from chat.realtime import tokens

pytestmark = pytest.mark.django_db
URL = "/api/v1/agent/sessions/"


@pytest.fixture
def fang() -> Agent:
    agent = Agent.objects.create(
        user=User.objects.create_user("wangfang", password="pw"), display_name="王芳"
    )
    agent.sites.add(Site.objects.create(name="青禾商城", public_key="qinghe"))
    return agent


def jwt(username: str) -> str:
    answer = Client().post(
        "/api/v1/auth/token/", {"username": username, "password": "pw"}, content_type="application/json"
    )
    assert answer.status_code == 200, answer.content
    return str(answer.json()["access"])


def post(token: str | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Client().post(URL, headers=headers)


def test_a_jwt_opens_a_session_that_names_the_agent(fang: Agent) -> None:
    answer = post(jwt("wangfang"))
    body = answer.json()
    assert answer.status_code == 201
    assert body["agent"] == {"id": str(fang.pk), "name": "王芳"}
    assert (body["socket"], body["poll"]) == ("/ws/v1/", "/api/v1/poll/")
    assert 590 < body["expires_at"] / 1000 - time.time() <= 600
    assert "no-store" in answer.headers["Cache-Control"]
    holder = tokens.verify(body["token"])
    assert (holder.kind, holder.id) == ("agent", str(fang.pk))


def test_the_console_cookie_needs_its_csrf_token(fang: Agent) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(fang.user)
    client.get("/console/")
    without = client.post(URL, content_type="application/json")
    given = client.post(
        URL, content_type="application/json", headers={"X-CSRFToken": client.cookies["kefu_csrf"].value}
    )
    assert (without.status_code, without.json()["code"]) == (403, "forbidden")
    assert given.status_code == 201


def test_nobody_gets_401_in_the_one_error_shape() -> None:
    answer = post()
    assert answer.status_code == 401
    assert set(answer.json()) == {"code", "message", "details"}


def test_a_login_that_is_no_agent_gets_403() -> None:
    User.objects.create_user("zhang", password="pw", is_staff=True)
    answer = post(jwt("zhang"))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_disabled_agent_gets_403_with_a_jwt_from_before(fang: Agent) -> None:
    token = jwt("wangfang")
    Agent.objects.filter(pk=fang.pk).update(is_enabled=False)
    assert post(token).status_code == 403


def test_a_superuser_gets_a_row_on_the_first_session() -> None:
    User.objects.create_superuser("root", password="pw")
    first, second = post(jwt("root")), post(jwt("root"))
    assert first.status_code == second.status_code == 201
    assert first.json()["agent"] == second.json()["agent"]
    assert str(Agent.objects.get().pk) == first.json()["agent"]["id"]


def test_a_visitors_token_opens_no_agents_session(fang: Agent) -> None:
    visitor = Visitor.objects.create(site=Site.objects.get(), token_hash="x" * 64)
    token, _ = tokens.issue(Participant("visitor", str(visitor.pk)), str(visitor.site_id))
    answer = post(token)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("token", ["eyJhbGciOiJub25lIn0.e30.x", "garbage", "a.b.c"])
def test_a_forged_token_gets_401(token: str) -> None:
    assert post(token).status_code == 401


def test_a_session_cannot_be_read() -> None:
    assert Client().get(URL).status_code in (401, 405)
