"""`auth/token/`: logins for tokens, and what guards them."""

from __future__ import annotations

from typing import Any

import limits
import pytest
from django.contrib.auth.models import User
from django.test import Client

from chat.api import rate
from tests.api.conftest import Caller

URL = "/api/v1/auth/token/"
PASSWORD = "correct-horse-42"


def sign_in(client: Client, username: str = "lilei", password: str = PASSWORD) -> Any:
    return client.post(URL, {"username": username, "password": password}, content_type="application/json")


def test_a_login_becomes_tokens_that_work(client: Client, agent: Caller) -> None:
    answer = sign_in(client)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    pair = answer.json()
    assert set(pair) == {"access", "refresh"}
    assert Caller(pair["access"]).get("conversations/").status_code == 200
    session = Caller(pair["access"]).post("agent/sessions/")
    assert session.status_code == 201
    assert session.json()["agent"]["id"] == agent.id
    renewed = client.post(f"{URL}refresh/", {"refresh": pair["refresh"]}, content_type="application/json")
    assert renewed.status_code == 200
    assert Caller(renewed.json()["access"]).get("conversations/").status_code == 200


def test_a_refresh_token_is_no_access_token(client: Client, agent: Caller) -> None:
    pair = sign_in(client).json()
    assert Caller(pair["refresh"]).get("conversations/").status_code == 401
    renewed = client.post(f"{URL}refresh/", {"refresh": pair["access"]}, content_type="application/json")
    assert renewed.json()["code"] == "unauthorized"


@pytest.mark.parametrize(("username", "password"), [("lilei", "wrong"), ("nobody", PASSWORD)])
def test_a_wrong_login_is_401_and_tells_nothing(
    client: Client, agent: Caller, username: str, password: str
) -> None:
    answer = sign_in(client, username, password)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.json()["message"] == "no active login with this name and password"


def test_an_inactive_login_is_out(client: Client, agent: Caller) -> None:
    pair = sign_in(client).json()
    User.objects.update(is_active=False)
    assert sign_in(client).status_code == 401
    assert Caller(pair["access"]).get("conversations/").status_code == 401
    renewed = client.post(f"{URL}refresh/", {"refresh": pair["refresh"]}, content_type="application/json")
    assert renewed.status_code == 401


@pytest.mark.parametrize(
    "body",
    [{}, {"username": "x"}, {"username": "x" * 151, "password": "x"}, {"username": "\x00", "password": "x"}],
)
def test_bad_bodies_are_400(client: Client, db: None, body: dict[str, str]) -> None:
    assert client.post(URL, body, content_type="application/json").status_code == 400


def test_a_changed_password_ends_every_token(client: Client, agent: Caller) -> None:
    pair = sign_in(client).json()
    user = User.objects.get(username="lilei")
    user.set_password("another-horse-43")
    user.save()
    assert Caller(pair["access"]).get("conversations/").status_code == 401
    renewed = client.post(f"{URL}refresh/", {"refresh": pair["refresh"]}, content_type="application/json")
    assert (renewed.status_code, renewed.json()["code"]) == (401, "unauthorized")


@pytest.mark.parametrize("refresh", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoxfQ."])
def test_bad_refresh_tokens_are_refused(client: Client, db: None, refresh: str) -> None:
    answer = client.post(f"{URL}refresh/", {"refresh": refresh}, content_type="application/json")
    assert answer.status_code in (400, 401)


def test_guessing_is_locked_out(client: Client, agent: Caller, settings: Any) -> None:
    settings.AXES_ENABLED = True
    settings.AXES_FAILURE_LIMIT = 3
    codes = [sign_in(client, password="guess").status_code for _ in range(3)]
    assert codes[:2] == [401, 401]
    locked = sign_in(client)
    assert (locked.status_code, locked.json()["code"]) == (429, "rate_limited")
    assert set(locked.json()) == {"code", "message", "details"}
    assert int(locked["Retry-After"]) == 900
    assert sign_in(client, "nobody", "guess").status_code == 401, "another name is not locked"


def test_a_person_at_a_login_page_reads_a_sentence(client: Client, agent: Caller, settings: Any) -> None:
    settings.AXES_ENABLED = True
    settings.AXES_FAILURE_LIMIT = 2
    form = {"username": "lilei", "password": "guess"}
    for _ in range(2):
        client.post("/admin/login/", form, headers={"Accept-Language": "zh-CN"})
    locked = client.post("/admin/login/", form, headers={"Accept-Language": "zh-CN"})
    assert locked.status_code == 429
    assert "15 分钟" in locked.content.decode()
    assert locked["Retry-After"] == "900"


@pytest.mark.parametrize("page", ["/admin/login/", "/console/login/"])
def test_one_address_cannot_try_a_password_on_everybody(
    page: str, agent: Caller, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.KEFU_RATE_LIMIT = True
    monkeypatch.setitem(rate.PER_ADDRESS, "login", limits.RateLimitItemPerMinute(3))
    rate._limiter.cache_clear()

    def attempt(number: int, address: str = "192.0.2.9") -> Any:
        form = {"username": f"somebody-{number}", "password": "spring-2026"}
        return Client(REMOTE_ADDR=address).post(page, form, headers={"Accept-Language": "en"})

    assert [attempt(number).status_code for number in range(5)] == [200, 200, 200, 429, 429]
    refused = attempt(6)
    assert "Too many failed" in refused.content.decode()
    assert 1 <= int(refused["Retry-After"]) <= 120
    assert attempt(7, "192.0.2.10").status_code == 200
    assert Client(REMOTE_ADDR="192.0.2.9").get(page).status_code == 200
