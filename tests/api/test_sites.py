"""`sites/`: made and changed by administrators, secrets shown once."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from chat.models import Site
from tests.api.conftest import Caller, Guest
from tests.api.test_visitor_sessions import open_session, signed


def test_an_administrator_makes_a_site_that_works(administrator: Caller) -> None:
    made = administrator.post(
        "sites/",
        {"name": "New", "public_key": "new-shop", "allowed_origins": ["HTTPS://Shop.Example.com:443/"]},
    )
    assert made.status_code == 201
    body = made.json()
    assert body["allowed_origins"] == ["https://shop.example.com"]
    assert len(body["secret"]) == 64
    site = Site.objects.get(pk=body["id"])
    assert open_session(administrator.client, **signed(site, "u1")).status_code == 201
    assert "secret" not in administrator.get(f"sites/{site.id}/").json()
    assert "secret" not in administrator.get("sites/").json()["data"][0]


def test_a_change_counts_at_once(administrator: Caller, shop: Site) -> None:
    origin = {"Origin": "https://new.example.com"}
    assert open_session(administrator.client, origin, site="shop").status_code == 403
    answer = administrator.patch(f"sites/{shop.id}/", {"allowed_origins": ["https://new.example.com"]})
    assert answer.status_code == 200
    assert open_session(administrator.client, origin, site="shop").status_code == 201
    assert answer.json()["name"] == "Shop", "what is not named stays"


def test_rotating_the_secret_refuses_old_hashes(administrator: Caller, shop: Site) -> None:
    old = signed(shop, "u1")
    answer = administrator.post(f"sites/{shop.id}/rotate-secret/")
    assert answer.status_code == 200
    assert answer.json()["secret"] != shop.secret
    assert open_session(administrator.client, **old).status_code == 403
    shop.refresh_from_db()
    assert open_session(administrator.client, **signed(shop, "u1")).status_code == 201


def test_a_site_with_history_stays(
    administrator: Caller, visitor: Guest, shop: Site, other_shop: Site
) -> None:
    answer = administrator.delete(f"sites/{shop.id}/")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert administrator.delete(f"sites/{other_shop.id}/").status_code == 204
    assert administrator.get(f"sites/{other_shop.id}/").status_code == 404


def test_public_keys_are_unique(administrator: Caller, shop: Site, other_shop: Site) -> None:
    for answer in (
        administrator.post("sites/", {"name": "x", "public_key": "shop"}),
        administrator.patch(f"sites/{other_shop.id}/", {"public_key": "shop"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_agents_read_theirs(agent: Caller, shop: Site, other_shop: Site) -> None:
    assert [row["id"] for row in agent.get("sites/").json()["data"]] == [str(shop.id)]
    assert agent.get(f"sites/{other_shop.id}/").status_code == 404
    assert agent.get(f"sites/{uuid.uuid4()}/").status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""}, {"name": "x" * 101}, {"name": "\x00"}, {"public_key": "a b"}, {"public_key": "x" * 65},
        {"public_key": "a\nb"}, {"secret": "short"}, {"secret": "x" * 129}, {"accent_color": "red"},
        {"accent_color": "#12345g"}, {"locale": "x"}, {"time_zone": "Mars/Olympus"}, {"reopen_hours": -1},
        {"reopen_hours": 10**20}, {"upload_max_bytes": 0}, {"upload_max_bytes": 10**12},
        {"upload_types": ["png"]}, {"upload_types": "image/png"},
        {"greeting": "x" * 501},
        {"allowed_origins": ["shop.example.com"]}, {"allowed_origins": ["https://a.example/path"]},
        {"allowed_origins": ["javascript:alert(1)"]}, {"allowed_origins": ["https://a b"]},
        {"allowed_origins": ["https://user@a.example"]}, {"allowed_origins": ["https://a.example:99999"]},
        {"allowed_origins": ["*"]}, {"allowed_origins": ["https://x.example"] * 201},
        {"is_active": "perhaps"},
    ],
)  # fmt: skip
def test_bad_values_are_400(administrator: Caller, shop: Site, change: dict[str, Any]) -> None:
    answer = administrator.patch(f"sites/{shop.id}/", change)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
