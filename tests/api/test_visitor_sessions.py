"""`POST /api/v1/visitor/sessions/`: who gets in as whom (wire contract, sections 1 and 2)."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import msgspec
import pytest
from django.db import OperationalError
from django.test import Client

from chat import sites
from chat.models import Conversation, Site, Visitor

URL = "/api/v1/visitor/sessions/"


def open_session(client: Client, headers: dict[str, str] | None = None, **body: Any) -> Any:
    return client.post(URL, body, content_type="application/json", headers=headers)


def signed(site: Site, user_id: str, **user: Any) -> dict[str, Any]:
    proof = hmac.new(site.secret.encode(), user_id.encode(), hashlib.sha256).hexdigest()
    return {"site": site.public_key, "user": {"id": user_id, **user}, "user_hash": proof}


def test_a_first_visit_gets_everything_a_client_needs(client: Client, shop: Site) -> None:
    answer = open_session(client, site="shop", locale="zh-CN", page={"url": "https://shop.example.com/a"})
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {
        "token", "expires_at", "visitor_token", "visitor", "conversation", "socket", "poll", "limits", "site",
    }  # fmt: skip
    visitor = Visitor.objects.get()
    assert body["visitor"] == {"id": str(visitor.id), "name": None}
    assert visitor.page == {"url": "https://shop.example.com/a"}
    assert body["conversation"] == {
        "id": str(Conversation.objects.get().id),
        "status": "queued",
        "head": 0,
        "queue": None,
    }
    assert body["socket"] == "/ws/v1/"
    assert body["poll"] == "/api/v1/poll/"
    assert body["limits"]["max_text"] == 8000
    assert body["limits"]["max_frame_bytes"] == 65536
    assert body["site"]["greeting"] == "Hello"
    assert answer["Cache-Control"] == "no-store"


def test_only_a_hash_of_the_visitor_token_is_kept(client: Client, shop: Site) -> None:
    token = open_session(client, site="shop").json()["visitor_token"]
    assert len(token) >= 43
    assert Visitor.objects.get().token_hash == hashlib.sha256(token.encode()).hexdigest()


def test_the_token_brings_the_visitor_back_to_the_same_conversation(client: Client, shop: Site) -> None:
    first = open_session(client, site="shop").json()
    second = open_session(client, site="shop", visitor_token=first["visitor_token"]).json()
    for part in ("visitor", "conversation", "visitor_token"):
        assert second[part] == first[part]


def test_a_token_of_another_site_is_ignored(client: Client, shop: Site, other_shop: Site) -> None:
    first = open_session(client, site="shop").json()
    second = open_session(client, site="other", visitor_token=first["visitor_token"])
    assert second.status_code == 201
    assert second.json()["visitor"] != first["visitor"]
    assert second.json()["visitor_token"] != first["visitor_token"]


def test_a_signed_user_is_the_same_visitor_on_every_device(client: Client, shop: Site) -> None:
    phone = open_session(client, **signed(shop, "u1", name="Han Meimei")).json()
    desk = open_session(client, **signed(shop, "u1")).json()
    assert desk["visitor"] == phone["visitor"] == {"id": str(Visitor.objects.get().id), "name": "Han Meimei"}
    assert desk["conversation"] == phone["conversation"]
    later = open_session(client, site="shop", visitor_token=phone["visitor_token"]).json()
    assert later["visitor"] == phone["visitor"]


def test_a_signed_user_outranks_another_users_token(client: Client, shop: Site) -> None:
    one = open_session(client, **signed(shop, "u1")).json()
    two = open_session(client, visitor_token=one["visitor_token"], **signed(shop, "u2")).json()
    assert two["visitor"] != one["visitor"]
    assert two["visitor_token"] != one["visitor_token"]
    assert Visitor.objects.get(external_id="u1").id != Visitor.objects.get(external_id="u2").id


def test_signing_in_keeps_what_was_said_before(client: Client, shop: Site) -> None:
    before = open_session(client, site="shop").json()
    after = open_session(client, visitor_token=before["visitor_token"], **signed(shop, "u1")).json()
    assert after["visitor"]["id"] == before["visitor"]["id"]
    assert after["conversation"] == before["conversation"]
    assert Visitor.objects.get().external_id == "u1"


def test_an_unsigned_user_is_display_data_only(client: Client, shop: Site) -> None:
    known = open_session(client, **signed(shop, "u1", name="Han Meimei")).json()
    liar = open_session(client, site="shop", user={"id": "u1", "name": "Mallory"}).json()
    assert liar["visitor"]["id"] != known["visitor"]["id"]
    assert liar["visitor"]["name"] == "Mallory"
    assert Visitor.objects.get(pk=liar["visitor"]["id"]).external_id is None


def test_nobody_unsigned_renames_a_proven_user(client: Client, shop: Site) -> None:
    known = open_session(client, **signed(shop, "u1", name="Han Meimei")).json()
    open_session(client, site="shop", visitor_token=known["visitor_token"], user={"name": "Mallory"})
    assert Visitor.objects.get().name == "Han Meimei"


@pytest.mark.parametrize(
    "body",
    [
        {"user": {"id": "u1"}, "user_hash": "00" * 32},
        {"user": {"id": "u1"}, "user_hash": "nonsense"},
        {"user": {"name": "no id"}, "user_hash": "00" * 32},
        {"user_hash": "00" * 32},
    ],
)
def test_a_wrong_hash_is_403(client: Client, shop: Site, body: dict[str, Any]) -> None:
    answer = open_session(client, site="shop", **body)
    assert (answer.status_code, answer.json()["code"]) == (403, "bad_user_hash")
    assert not Visitor.objects.exists()


def test_another_sites_hash_is_403(client: Client, shop: Site, other_shop: Site) -> None:
    answer = open_session(client, **{**signed(other_shop, "u1"), "site": "shop"})
    assert answer.json()["code"] == "bad_user_hash"


@pytest.mark.parametrize("change", [{"public_key": "elsewhere"}, {"is_active": False}])
def test_an_unknown_or_inactive_site_is_404(client: Client, shop: Site, change: dict[str, Any]) -> None:
    Site.objects.filter(pk=shop.pk).update(**change)
    answer = open_session(client, site="shop")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 201),
        ("https://shop.example.com", 201),
        ("http://testserver", 201),
        ("https://testserver", 201),
        ("http://shop.example.com", 403),
        ("https://shop.example.com:8443", 403),
        ("https://shop.example.com.evil.example", 403),
        ("https://other.example.com", 403),
        ("null", 403),
    ],
)
def test_origins(client: Client, shop: Site, other_shop: Site, origin: str | None, status: int) -> None:
    answer = open_session(client, headers={"Origin": origin} if origin else None, site="shop")
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "origin_not_allowed"


def test_a_site_can_forbid_clients_without_origin(client: Client, shop: Site) -> None:
    Site.objects.filter(pk=shop.pk).update(allow_missing_origin=False)
    assert open_session(client, site="shop").json()["code"] == "origin_not_allowed"
    assert open_session(client, {"Origin": "https://shop.example.com"}, site="shop").status_code == 201


def test_listed_origins_may_read_answers_and_preflight(client: Client, shop: Site) -> None:
    listed = {"Origin": "https://shop.example.com", "Access-Control-Request-Method": "POST"}
    preflight = client.options(URL, headers=listed)
    assert preflight["Access-Control-Allow-Origin"] == "https://shop.example.com"
    assert "access-control-allow-credentials" not in preflight.headers
    foreign = client.options(URL, headers={**listed, "Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in foreign.headers
    answer = open_session(client, {"Origin": "https://shop.example.com"}, site="shop")
    assert answer["Access-Control-Allow-Origin"] == "https://shop.example.com"


def test_a_blocked_visitor_stays_out(client: Client, shop: Site) -> None:
    from chat import visitors

    token = open_session(client, site="shop").json()["visitor_token"]
    visitors.block(Visitor.objects.get().id)
    answer = open_session(client, site="shop", visitor_token=token)
    assert (answer.status_code, answer.json()["code"]) == (403, "blocked")
    visitors.unblock(Visitor.objects.get().id)
    assert open_session(client, site="shop", visitor_token=token).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"site": None},
        {"site": "x" * 65},
        {"site": "shop", "user": "nobody"},
        {"site": "shop", "user": {"name": "x" * 101}},
        {"site": "shop", "user": {"avatar_url": "javascript:alert(1)"}},
        {"site": "shop", "user": {"attributes": {str(n): n for n in range(51)}}},
        {"site": "shop", "user": {"attributes": {"a": "x" * 9000}}},
        {"site": "shop", "user": {"attributes": {"a": "\x00"}}},
        {"site": "shop", "user": {"name": "\x00"}},
        {"site": "shop", "page": {"url": "x" * 2001}},
        {"site": "shop", "page": ["x"]},
        {"site": "shop", "locale": "x" * 17},
        {"site": "shop", "visitor_token": "x" * 201},
        {"site": {"a": 1}},
    ],
)
def test_bad_bodies_are_400(client: Client, shop: Site, body: dict[str, Any]) -> None:
    answer = open_session(client, **body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not Visitor.objects.exists()


def test_unknown_fields_and_nulls_are_ignored(client: Client, shop: Site) -> None:
    answer = open_session(
        client,
        site="shop",
        user=None,
        page=None,
        locale=None,
        visitor_token=None,
        user_hash=None,
        new={"a": 1},
    )
    assert answer.status_code == 201


def test_a_changed_site_counts_at_once_here(client: Client, shop: Site) -> None:
    assert open_session(client, {"Origin": "https://new.example.com"}, site="shop").status_code == 403
    Site.objects.filter(pk=shop.pk).update(allowed_origins=["https://new.example.com"])
    sites.forget()
    assert open_session(client, {"Origin": "https://new.example.com"}, site="shop").status_code == 201


def test_sites_are_known_while_the_database_is_away(shop: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sites.is_listed_origin("https://shop.example.com")

    def away() -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(sites, "_load", away)
    monkeypatch.setattr(sites, "TTL_S", -1.0)
    monkeypatch.setattr(sites, "_snapshot", msgspec.structs.replace(sites._current(), expires=0.0))
    assert sites.is_listed_origin("https://shop.example.com")
    assert sites.by_public_key("shop").name == "Shop"
    sites.forget()
    with pytest.raises(OperationalError):
        sites.by_public_key("shop")
