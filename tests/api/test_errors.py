"""`{"code", "message", "details"}`: the one shape, for everything that can go wrong under /api/."""

from __future__ import annotations

import json
from typing import Any

import limits
import pytest
from django.db import OperationalError
from django.test import Client, override_settings
from prometheus_client import REGISTRY

from chat import history, sites, visitors
from chat.api import rate
from chat.errors import CODES, KefuError
from chat.journal.base import JournalUnavailable
from chat.models import Site
from tests.api.conftest import Caller, Guest

SESSIONS = "/api/v1/visitor/sessions/"


def shape(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/json"
    assert set(answer.json()) == {"code", "message", "details"}
    assert answer.json()["code"] in CODES
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b"nonsense", b"\xff\xfe", b'{"site": NaN}', b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b'{"site": "\\ud800"}', b'{"site": "demo\\u0000"}', b'{"x\\u0000": 1, "site": "demo"}',
        b'{"site": "demo", "user": {"attributes": {"a": 123456789012345678901234567890}}}',
        b'{"site": "demo", "x": 1e999}', b"[]", b'"text"', b"null", b"5",
    ],
)  # fmt: skip
def test_whatever_arrives_as_json_is_400(client: Client, shop: Site, raw: bytes) -> None:
    answer = client.generic("POST", SESSIONS, raw, content_type="application/json")
    assert shape(answer) == (400, "invalid")


def test_a_huge_body_is_413(client: Client, shop: Site) -> None:
    raw = json.dumps({"site": "shop", "x": "a" * 300_000})
    assert shape(client.generic("POST", SESSIONS, raw, content_type="application/json")) == (413, "too_large")


def test_other_media_types_are_415(client: Client, shop: Site) -> None:
    for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded"):
        answer = client.generic("POST", SESSIONS, b"site=shop", content_type=kind)
        assert shape(answer) == (415, "unsupported_media_type")


def test_methods_and_paths_that_nobody_serves(client: Client, visitor: Guest) -> None:
    assert shape(client.get(SESSIONS)) == (405, "method_not_allowed")
    assert shape(client.get("/api/v1/nothing/")) == (404, "not_found")
    assert shape(client.get("/api/")) == (404, "not_found")
    assert shape(client.get("/api/v1/conversations/x%00y/")) == (404, "not_found")
    answer = client.get("/api/v1/conversations/", headers={**visitor.headers, "Accept": "text/html"})
    assert shape(answer) == (406, "not_acceptable")


def test_a_foreign_host_is_400(client: Client, shop: Site) -> None:
    with override_settings(ALLOWED_HOSTS=["kefu.example.com"]):
        answer = client.post(
            SESSIONS, {"site": "shop"}, content_type="application/json", headers={"Host": "evil"}
        )
    assert shape(answer) == (400, "invalid")


def test_fields_are_named(client: Client, shop: Site) -> None:
    answer = client.post(SESSIONS, {"user": {"name": "x" * 101}}, content_type="application/json")
    assert set(answer.json()["details"]["fields"]) == {"site", "user"}
    assert set(answer.json()["details"]["fields"]["user"]) == {"name"}


def test_our_own_faults_say_nothing(client: Client, shop: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(visitors, "open_session", fail)
    client.raise_request_exception = False
    answer = client.post(SESSIONS, {"site": "shop"}, content_type="application/json")
    assert shape(answer) == (500, "internal")
    assert b"secret" not in answer.content


def test_faults_outside_drf_have_the_shape_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("chat.uploads.serving.seconds_left", fail)
    client.raise_request_exception = False
    answer = client.get("/files/0190b6a1-7c1e-7000-8000-0000000000aa/a.png")
    assert shape(answer) == (500, "internal")
    assert b"secret" not in answer.content


def test_a_database_that_is_away_outside_drf_says_when_to_come_back(
    client: Client, visitor: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In middleware and on pages, too: nobody is told of a fault of ours."""

    def fail(*args: Any) -> None:
        raise OperationalError("couldn't get a connection after 5.00 sec")

    monkeypatch.setattr("chat.uploads.serving.seconds_left", fail)
    monkeypatch.setattr("chat.sites._load", fail)
    client.raise_request_exception = False
    file = client.get("/files/0190b6a1-7c1e-7000-8000-0000000000aa/a.png")
    sites.forget()
    middleware = client.get("/api/v1/conversations/", headers={"Origin": "https://shop.example.com"})
    for answer in (file, middleware):
        assert shape(answer) == (503, "database_unavailable")
        assert answer["Retry-After"] == "2"

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", fail)
    client.cookies["kefu_session"] = "a" * 32
    page = client.get("/console/", headers={"Accept-Language": "en"})
    assert (page.status_code, page["Retry-After"]) == (503, "2")
    assert b"Not available right now" in page.content and b'href="/console/"' in page.content


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (JournalUnavailable("disk full"), "journal_unavailable"),
        (OperationalError("database is locked"), "database_unavailable"),
        (KefuError("busy", retry_after_s=7), "busy"),
    ],
)
def test_what_is_out_of_reach_says_when_to_come_back(
    visitor: Guest, monkeypatch: pytest.MonkeyPatch, trouble: Exception, code: str
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise trouble

    monkeypatch.setattr(history, "standing", fail)
    answer = visitor.get(f"conversations/{visitor.conversation}/messages/")
    assert shape(answer) == (503, code)
    assert int(answer["Retry-After"]) >= 1


def test_a_session_opens_while_the_journal_is_away(
    visitor: Guest, shop: Site, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A visitor may come in and read; sending answers for itself."""

    def fail() -> None:
        raise JournalUnavailable("disk full")

    monkeypatch.setattr("chat.journal.journal", fail)
    body = {"site": "shop", "visitor_token": visitor.session["visitor_token"]}
    answer = client.post(SESSIONS, body, content_type="application/json")
    assert answer.status_code == 201
    assert answer.json()["conversation"]["id"] == visitor.conversation


class TestRateLimits:
    """Of one address, of one network, of one person."""

    @pytest.fixture(autouse=True)
    def _limits(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.KEFU_RATE_LIMIT = True
        monkeypatch.setitem(rate.PER_ADDRESS, "session", limits.RateLimitItemPerMinute(3))
        monkeypatch.setitem(rate.PER_PERSON, "post", limits.RateLimitItemPerMinute(2))
        rate._limiter.cache_clear()

    def test_an_address_that_calls_too_often_waits(self, shop: Site) -> None:
        def call(address: str, **headers: str) -> Any:
            return Client(REMOTE_ADDR=address).post(
                SESSIONS, {"site": "shop"}, content_type="application/json", headers=headers
            )

        assert [call("192.0.2.1").status_code for _ in range(3)] == [201] * 3
        refused = call("192.0.2.1")
        assert shape(refused) == (429, "rate_limited")
        assert 1 <= int(refused["Retry-After"]) <= 120
        assert call("192.0.2.1", **{"X-Forwarded-For": "198.51.100.7"}).status_code == 429
        assert call("192.0.2.2").status_code == 201

    def test_one_customers_ipv6_network_is_one_address(self, shop: Site) -> None:
        codes = [
            Client(REMOTE_ADDR=f"2001:db8:1:2::{n}")
            .post(SESSIONS, {"site": "shop"}, content_type="application/json")
            .status_code
            for n in range(1, 6)
        ]
        assert codes == [201, 201, 201, 429, 429]

    def test_a_person_who_posts_too_often_waits(self, visitor: Guest, agent: Caller) -> None:
        codes = [visitor.say(visitor.conversation, "x", f"m{n}").status_code for n in range(4)]
        assert codes == [201, 201, 429, 429]
        assert agent.say(visitor.conversation, "x", "a1").status_code == 201

    def test_a_visitor_who_reads_without_end_waits(
        self, visitor: Guest, agent: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(rate.PER_PERSON, "read", limits.RateLimitItemPerMinute(3))
        one = f"conversations/{visitor.conversation}/"
        codes = [visitor.get(path).status_code for path in ("conversations/", one, f"{one}messages/") * 2]
        assert codes == [200, 200, 200, 429, 429, 429]
        assert {agent.get(one).status_code for _ in range(6)} == {200}

    def test_off_means_off(self, visitor: Guest, settings: Any) -> None:
        settings.KEFU_RATE_LIMIT = False
        codes = {visitor.say(visitor.conversation, "x", f"m{n}").status_code for n in range(5)}
        assert codes == {201}

    def test_processes_count_together_over_redis(
        self, shop: Site, settings: Any, redis_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each process has its own limiter; a cleared cache stands for another process."""
        settings.KEFU_REDIS_URL = redis_url
        codes = []
        for _ in range(5):
            rate._limiter.cache_clear()
            client = Client(REMOTE_ADDR="192.0.2.9")
            codes.append(client.post(SESSIONS, {"site": "shop"}, content_type="application/json").status_code)
        rate._limiter.cache_clear()
        assert codes == [201, 201, 201, 429, 429]

    def test_nobody_is_refused_because_redis_is_away(self, shop: Site, settings: Any) -> None:
        settings.KEFU_REDIS_URL = "redis://127.0.0.1:1/0"
        rate._limiter.cache_clear()
        answer = Client().post(SESSIONS, {"site": "shop"}, content_type="application/json")
        rate._limiter.cache_clear()
        assert answer.status_code == 201


def test_every_refusal_is_counted_by_its_code(client: Client, visitor: Guest) -> None:
    def counted(code: str) -> float:
        return REGISTRY.get_sample_value("kefu_errors_total", {"code": code}) or 0.0

    before = {code: counted(code) for code in ("not_found", "unauthorized", "method_not_allowed")}
    client.get("/api/v1/nothing/")
    client.get("/api/v1/conversations/")
    client.get(SESSIONS)
    assert {code: counted(code) - was for code, was in before.items()} == dict.fromkeys(before, 1.0)
