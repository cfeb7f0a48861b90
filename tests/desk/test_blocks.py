"""The blacklist: who is named does not come in, and who is in goes out."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from chat import blocks
from chat.models import Block, Site, Visitor
from chat.networks import AddressBook, normal_network
from chat.realtime import revocation
from tests.api.conftest import Caller, Guest
from tests.api.test_visitor_sessions import signed


def enter(site: Site, address: str = "127.0.0.1", **body: Any) -> Any:
    return Client(REMOTE_ADDR=address).post(
        "/api/v1/visitor/sessions/", {"site": site.public_key, **body}, content_type="application/json"
    )


def shut(caller: Caller, kind: str, value: str, **more: Any) -> Any:
    return caller.post("blocks/", {"kind": kind, "value": value, **more})


def test_an_address_is_shut_out_at_one_site(supervisor: Caller, shop: Site, other_shop: Site) -> None:
    made = shut(supervisor, "address", "203.0.113.77/24", reason="spam").json()
    assert (made["value"], made["site"], made["created_by"]) == ("203.0.113.0/24", str(shop.id), "Supervisor")
    assert enter(shop, "203.0.113.9").json()["code"] == "blocked"
    assert enter(shop, "::ffff:203.0.113.9").json()["code"] == "blocked"
    assert enter(shop, "203.0.114.9").status_code == 201
    assert enter(other_shop, "203.0.113.9").status_code == 201
    assert supervisor.delete(f"blocks/{made['id']}/").status_code == 204
    assert enter(shop, "203.0.113.9").status_code == 201


def test_a_token_is_refused_from_a_shut_address(supervisor: Caller, agent: Caller, visitor: Guest) -> None:
    shut(supervisor, "address", "127.0.0.1")
    assert visitor.get("conversations/").json()["code"] == "blocked"
    assert agent.get("conversations/").status_code == 200  # agents call from where they like


def test_a_user_is_shut_out_on_every_device(supervisor: Caller, shop: Site) -> None:
    body = {key: value for key, value in signed(shop, "u1").items() if key != "site"}
    token = enter(shop, **body).json()["token"]
    entry = shut(supervisor, "user", "u1").json()
    assert enter(shop, **body).json()["code"] == "blocked"
    assert Caller(token).get("conversations/").json()["code"] == "blocked"
    assert enter(shop).status_code == 201
    past = round((timezone.now() - timedelta(minutes=1)).timestamp() * 1000)
    assert supervisor.patch(f"blocks/{entry['id']}/", {"until": past}).json()["until"] == past
    assert enter(shop, **body).status_code == 201


def test_the_sweep_ends_connections_of_the_named(
    supervisor: Caller, visitor: Guest, come: Callable[..., Guest], shop: Site, other_shop: Site
) -> None:
    assert visitor.participant is not None
    user = {key: value for key, value in signed(shop, "u1").items() if key != "site"}
    known = come(shop, **user)
    elsewhere = Visitor.objects.create(site=other_shop, external_id="u1", token_hash="x")
    shut(supervisor, "user", "u1")
    shut(supervisor, "visitor", visitor.id)
    shut(supervisor, "address", "2001:db8::/48")
    blocked, _ = revocation.sweep([])
    assert blocked == {visitor.id, known.id}
    assert str(elsewhere.pk) not in blocked
    free = come(shop).participant
    assert free is not None
    assert revocation.is_revoked(visitor.participant)
    assert revocation.is_revoked(free, "2001:db8::1")
    assert not revocation.is_revoked(free, "2001:db9::1")
    assert not revocation.is_revoked(free)
    Block.objects.all().delete()
    blocks.forget()
    revocation.sweep([])
    assert not revocation.is_revoked(free, "2001:db8::1")


def test_who_keeps_the_blacklist(
    agent: Caller, supervisor: Caller, stranger: Caller, administrator: Caller, visitor: Guest, shop: Site
) -> None:
    assert shut(agent, "address", "192.0.2.1").json()["code"] == "forbidden"
    assert agent.get("blocks/").json()["code"] == "forbidden"
    assert shut(supervisor, "address", "192.0.2.1", site=None).json()["code"] == "forbidden"
    one = shut(supervisor, "address", "192.0.2.1").json()["id"]
    everywhere = shut(administrator, "address", "192.0.2.2", site=None).json()["id"]
    assert shut(supervisor, "address", "192.0.2.1/32").json()["code"] == "conflict"
    rows = supervisor.get("blocks/").json()["data"]
    assert [(row["id"], row["editable"]) for row in rows] == [(everywhere, False), (one, True)]
    assert supervisor.get("blocks/", q="2.1").json()["data"][0]["id"] == one
    assert supervisor.get("blocks/", kind="user").json()["data"] == []
    assert supervisor.delete(f"blocks/{everywhere}/").json()["code"] == "forbidden"
    Visitor.objects.filter(pk=visitor.id).update(site=Site.objects.create(name="x", public_key="x"))
    assert shut(supervisor, "visitor", visitor.id).status_code == 404
    assert shut(supervisor, "visitor", str(uuid.uuid4())).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "address", "value": "10.0.0.0/7"}, {"kind": "address", "value": "::/0"},
        {"kind": "address", "value": "x"},
        {"kind": "visitor", "value": "x"}, {"kind": "tribe", "value": "x"}, {"kind": "user", "value": ""},
        {"kind": "user", "value": "u", "until": -1}, {"kind": "user", "value": "u", "until": 10**18}, {},
    ],
)  # fmt: skip
def test_bad_entries_are_400(supervisor: Caller, body: dict[str, Any]) -> None:
    assert supervisor.post("blocks/", body).json()["code"] == "invalid"


@given(st.lists(st.ip_addresses(v=4).map(str), max_size=20), st.ip_addresses(v=4), st.integers(8, 32))
def test_a_book_covers_what_its_networks_hold(others: list[str], address: Any, length: int) -> None:
    network = normal_network(f"{address}/{length}")
    book = AddressBook([("a", network), *((None, other) for other in others)])
    assert book.covers(str(address), "a")
    assert book.covers(str(address), "b") == (str(address) in others)
