"""What agents of other sites and other groups find out by any door of the desk: nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from agents.models import Agent, CannedReply, Group
from chat import posting
from chat.conversation import SYSTEM
from chat.models import Site, Visitor
from chat.protocol.commands import Queue
from chat.protocol.entry import Person
from chat.search.indexing import index_visitor
from tests.api.conftest import Caller, Guest
from tests.desk.conftest import project

UNKNOWN = "0190b6a1-0000-7000-8000-00000000abcd"
NUL = "a\x00b"


@pytest.fixture
def outsider(hire: Callable[..., Caller], grouped: Callable[..., Group], shop: Site) -> Caller:
    """An agent of the same shop, but of another group."""
    caller = hire("outsider", shop)
    grouped("theirs", caller)
    return caller


@pytest.fixture
def kept(visitor: Guest, grouped: Callable[..., Group]) -> Guest:
    """A visitor whose conversation is a group's in which nobody is."""
    visitor.say(visitor.conversation, "secret word")
    group = grouped("ours")
    posting.post_blocking(Queue(visitor.conversation, Person(str(group.pk), group.name), "new"), SYSTEM)
    project(visitor.conversation, group_id=group.pk, last_text="secret word")
    index_visitor(Visitor.objects.get(pk=visitor.id))
    return visitor


def patterns() -> list[tuple[str, list[str]]]:
    """Every path below api/v1/, without that prefix, and the methods that its view has."""
    found: list[tuple[str, list[str]]] = []

    def walk(entries: Any, prefix: str) -> None:
        for entry in entries:
            path = prefix + str(entry.pattern)
            if not isinstance(entry, URLPattern):
                walk(entry.url_patterns, path)
            elif path.startswith("api/v1/"):
                view: Any = getattr(entry.callback, "cls", None)
                methods = [method for method in METHODS if hasattr(view, method.lower())]
                assert methods, path
                found.append((path.removeprefix("api/v1/"), methods))

    walk(get_resolver().url_patterns, "")
    return found


METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
BODIES: list[dict[str, Any]] = [
    {},
    {"text": "x", "seq": 1, "labels": [], "until": 1_900_000_000_000, "rating": 5, "attributes": {}},
    {"agent": UNKNOWN}, {"group": UNKNOWN}, {"client_msg_id": "x", "kind": "text", "text": "x"},
    {"into": UNKNOWN, "name": "x"},
]  # fmt: skip


def test_no_path_of_a_conversation_or_visitor_opens_to_others(
    kept: Guest, outsider: Caller, stranger: Caller, come: Callable[..., Guest], shop: Site
) -> None:
    other_guest = come(shop)
    before = posting.current_state(kept.conversation)
    looked = 0
    for path, methods in patterns():
        if "<uuid:conversation>" not in path and "<uuid:visitor>" not in path:
            continue
        where = (
            path.replace("<uuid:conversation>", kept.conversation)
            .replace("<uuid:visitor>", kept.id)
            .replace("<int:seq>", "1")
        )
        if "<" in where:
            continue
        looked += 1
        for caller in (outsider, stranger, other_guest):
            for method in methods:
                for body in [None] if method in ("GET", "DELETE") else BODIES:
                    answer = caller.send(method, where, body)
                    assert answer.status_code in (400, 403, 404, 405), (method, where, body, answer.content)
                    assert b"secret" not in answer.content and b"Meimei" not in answer.content, where
    assert looked > 20
    assert posting.current_state(kept.conversation) == before


def test_no_list_names_what_is_anothers(kept: Guest, outsider: Caller, stranger: Caller) -> None:
    for where, methods in patterns():
        if "<" in where or "GET" not in methods:
            continue
        for caller in (outsider, stranger):
            for query in ({}, {"q": "Meimei"}, {"q": "secret"}, {"q": "Meimei", "kind": "visitor"}):
                answer = caller.get(where, **query)
                assert answer.status_code < 500, (where, answer.content)
                if caller is stranger and where.startswith(("agents/", "stats/live/agents")):
                    continue
                body = answer.content.decode(errors="replace")
                assert kept.conversation not in body and kept.id not in body, (where, query, body)
                assert "Meimei" not in body and "secret word" not in body, (where, query, body)


def test_a_sites_administrator_learns_nothing_of_superusers(
    lead: Callable[..., Caller], administrator: Caller, shop: Site
) -> None:
    row = Agent.objects.get(pk=administrator.id)
    row.user.email = "root@example.com"
    row.user.save()
    keeper = lead("keeper", shop, role="admin")
    listed = keeper.get("agents/settings/")
    assert listed.status_code == 200
    assert b"root@example.com" not in listed.content
    for method, body in (("GET", None), ("PATCH", {"password": "correct-horse-43"})):
        assert keeper.send(method, f"agents/{administrator.id}/", body).status_code in (403, 404)


def test_nobody_names_another_sites_group(lead: Callable[..., Caller], shop: Site, other_shop: Site) -> None:
    group = Group.objects.create(name="Foreign secret")
    group.sites.add(other_shop)
    keeper = lead("keeper", shop, role="admin")
    bodies = [
        (
            "canned-replies/",
            {"shortcut": "x", "title": "x", "text": "x", "shared": True, "group": str(group.pk)},
        ),
        ("groups/", {"name": "mine", "sites": [str(shop.pk)], "overflow_group": str(group.pk)}),
        ("routing-rules/", {"site": str(shop.pk), "field": "text", "value": "x", "group": str(group.pk)}),
        (
            "agents/",
            {"username": "x", "display_name": "x", "sites": [str(shop.pk)], "groups": [str(group.pk)]},
        ),
    ]
    for path, body in bodies:
        answer = keeper.post(path, body)
        assert answer.status_code in (400, 403, 404), (path, answer.content)
        assert b"Foreign" not in answer.content
    assert not CannedReply.objects.exists()


def test_text_no_database_takes_is_refused_politely(
    lead: Callable[..., Caller], visitor: Guest, shop: Site
) -> None:
    """NUL and lone surrogates in every text, in bodies and in queries."""
    boss = lead("keeper", shop, role="admin")
    visitor.say(visitor.conversation)
    project(visitor.conversation)
    client = Client(raise_request_exception=False)
    queries = ("q", "status", "cursor", "actor", "model", "object", "agent", "limit", "site", "label")
    for path, methods in patterns():
        where = path.replace("<uuid:conversation>", visitor.conversation).replace(
            "<uuid:visitor>", visitor.id
        )
        where = where.replace("<int:seq>", "1").replace("<uuid:site>", str(shop.pk))
        if "<" in where:
            continue
        for query in queries if "GET" in methods else ():
            answer = boss.get(where, **{query: NUL})
            assert answer.status_code < 500, (where, query, answer.content)
        for text in (r"a\u0000b", r"a\ud800b"):
            fields = (
                "name", "text", "title", "shortcut", "reason", "note", "summary", "category", "value",
                "label", "email", "phone", "locale", "client_msg_id", "filters", "q", "username",
                "display_name", "description", "key", "avatar_url", "color", "kind", "password",
                "user_hash", "visitor_token",
            )  # fmt: skip
            texts = ",".join(f'"{field}":"{text}"' for field in fields)
            more = (
                f'"attributes":{{"k":"{text}","{text}":1}},"values":{{"{text}":"{text}"}},"site":"{shop.pk}",'
                f'"steps":[{{"do":"note","text":"{text}"}}],"contact":{{"name":"{text}"}},"agent":null'
            )
            for method in set(methods) & {"POST", "PATCH", "PUT"}:
                for raw in (f"{{{texts}}}", f"{{{texts},{more}}}", f"{{{more}}}"):
                    call = getattr(client, method.lower())
                    answer = call(
                        f"/api/v1/{where}", raw, content_type="application/json", headers=boss.headers
                    )
                    assert answer.status_code < 500, (method, where, raw, answer.content[:500])
