"""The back office: pages load in Chinese, facts stay facts, and acts do what they say."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chat import sites
from chat.admin.base import COUNTED, first_id_of
from chat.models import Conversation, DeadLetter, Message, Site, Upload, Visitor, new_uuid
from chat.protocol.entry import Entry, Sender, encode_entry, new_id, now_ms

MODELS = ("site", "visitor", "conversation", "message", "deadletter", "upload")
FACTS = ("conversation", "message", "deadletter", "upload")


@pytest.fixture
def office(db: None) -> Client:
    """An administrator's browser, in Chinese."""
    client = Client(headers={"Accept-Language": "zh-CN"})
    client.force_login(User.objects.create_superuser("boss", password="correct-horse-42"))
    return client


@pytest.fixture
def rows(db: None) -> dict[str, Any]:
    """One row of everything."""
    site = Site.objects.create(public_key="shop", name="小店", allowed_origins=["https://shop.example.com"])
    visitor = Visitor.objects.create(site=site, token_hash="h", name="韩梅梅", phone="13800138000")
    conversation = Conversation.objects.create(
        site=site, visitor=visitor, head=1, visitor_seq=1, last_text="你好", last_at=now_ms()
    )
    message = Message.objects.create(
        id=new_uuid(), conversation=conversation, seq=1, sender_kind="visitor", kind="text",
        text="你好，在吗",
        created_at=now_ms(),
    )  # fmt: skip
    letter = DeadLetter.objects.create(conversation=conversation.id, seq=2, body="{}", code="unreadable")
    upload = Upload.objects.create(
        site=site,
        uploader_kind="visitor",
        uploader_id=visitor.id,
        name="a.png",
        type="image/png",
        size=1,
        path="x",
    )
    return {
        "site": site, "visitor": visitor, "conversation": conversation, "message": message,
        "deadletter": letter,
        "upload": upload,
    }  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_every_page_loads_in_chinese(office: Client, rows: dict[str, Any], model: str) -> None:
    listed = office.get(f"/admin/chat/{model}/")
    assert listed.status_code == 200
    assert 'lang="zh-hans"' in listed.content.decode()
    shown = office.get(f"/admin/chat/{model}/{rows[model].pk}/change/")
    assert shown.status_code == 200


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("term", ["", "你好", "13800138000", "x" * 300, "%", "'", "none"])
def test_every_list_can_be_searched(office: Client, rows: dict[str, Any], model: str, term: str) -> None:
    assert office.get(f"/admin/chat/{model}/", {"q": term}).status_code == 200
    assert office.get(f"/admin/chat/{model}/", {"q": str(rows[model].pk)}).status_code == 200


def test_searches_find(office: Client, rows: dict[str, Any]) -> None:
    conversation = rows["conversation"]

    def found(model: str, term: object) -> int:
        context: Any = office.get(f"/admin/chat/{model}/", {"q": str(term)}).context
        return len(context["cl"].result_list)

    assert found("conversation", conversation.id) == 1
    assert found("conversation", rows["visitor"].id) == 1
    assert found("conversation", "梅梅") == 1
    assert found("conversation", uuid.uuid4()) == 0
    assert found("message", conversation.id) == 1
    assert found("message", "在吗") == 1
    assert found("message", "不在") == 0
    assert found("visitor", "1380013") == 1
    assert found("deadletter", conversation.id) == 1


def test_old_texts_are_not_searched(office: Client, rows: dict[str, Any]) -> None:
    from datetime import UTC, datetime

    Message.objects.create(
        id=first_id_of(datetime(2020, 1, 1, tzinfo=UTC)), conversation=rows["conversation"], seq=9,
        sender_kind="visitor", kind="text", text="古老的话", created_at=1,
    )  # fmt: skip
    context: Any = office.get("/admin/chat/message/", {"q": "古老"}).context
    assert len(context["cl"].result_list) == 0
    assert f"{COUNTED}" not in str(context["cl"].result_count)


@pytest.mark.parametrize("model", FACTS)
def test_facts_are_not_made_changed_or_deleted(office: Client, rows: dict[str, Any], model: str) -> None:
    path = f"/admin/chat/{model}/"
    assert office.get(f"{path}add/").status_code == 403
    assert office.post(f"{path}{rows[model].pk}/change/", {"text": "other"}).status_code == 403
    assert office.post(f"{path}{rows[model].pk}/delete/", {"post": "yes"}).status_code == 403
    assert type(rows[model]).objects.filter(pk=rows[model].pk).exists()


def test_big_tables_are_not_counted(
    office: Client, rows: dict[str, Any], django_assert_max_num_queries: Any
) -> None:
    """Session and user (2), the bounded count (1), the rows (1), the filters' choices."""
    with django_assert_max_num_queries(8) as captured:
        office.get("/admin/chat/message/")
    counts = [query["sql"] for query in captured.captured_queries if "COUNT(" in query["sql"].upper()]
    assert counts
    assert all(f"LIMIT {COUNTED}" in sql for sql in counts)
    assert not any("DISTINCT" in query["sql"] for query in captured.captured_queries)


def test_filters_narrow_down(office: Client, rows: dict[str, Any]) -> None:
    def found(query: str) -> int:
        context: Any = office.get(f"/admin/chat/message/?{query}").context
        return len(context["cl"].result_list)

    assert (found("sender_kind=visitor"), found("sender_kind=agent")) == (1, 0)
    assert (found("kind=text"), found("kind=image"), found("kind=nonsense")) == (1, 0, 0)


def site_form(site: Site, **changes: Any) -> dict[str, Any]:
    form = {
        "name": site.name, "public_key": site.public_key, "is_active": "on", "allowed_origins": "",
        "allow_missing_origin": "on", "greeting": "", "accent_color": "#2563eb", "locale": "zh-CN",
        "time_zone": "Asia/Shanghai", "reopen_hours": "24", "upload_max_bytes": "1000",
        "upload_types": "image/png",
    }  # fmt: skip
    return {**form, **changes}


def test_origins_are_written_one_a_line(office: Client, rows: dict[str, Any]) -> None:
    site = rows["site"]
    page = office.get(f"/admin/chat/site/{site.pk}/change/").content.decode()
    assert ">\nhttps://shop.example.com</textarea>" in page
    assert sites.by_public_key("shop").allowed_origins == {"https://shop.example.com"}
    answer = office.post(
        f"/admin/chat/site/{site.pk}/change/",
        site_form(site, allowed_origins="https://A.example.com/\r\n\r\nhttp://b.example.com:8080\r\n"),
    )
    assert answer.status_code == 302, answer.content.decode()
    site.refresh_from_db()
    assert site.allowed_origins == ["https://a.example.com", "http://b.example.com:8080"]
    assert sites.by_public_key("shop").allowed_origins == set(site.allowed_origins), "counts at once"


@pytest.mark.parametrize(
    "wrong",
    [
        {"allowed_origins": "shop.example.com"}, {"allowed_origins": "https://a.example/path"},
        {"upload_max_bytes": "0"}, {"upload_max_bytes": "99999999999"}, {"public_key": "a b"}, {"name": ""},
    ],
)  # fmt: skip
def test_wrong_values_are_shown_not_saved(
    office: Client, rows: dict[str, Any], wrong: dict[str, str]
) -> None:
    answer = office.post(f"/admin/chat/site/{rows['site'].pk}/change/", site_form(rows["site"], **wrong))
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()


def test_a_site_can_be_made(office: Client, db: None) -> None:
    form = site_form(Site(name="新店", public_key="new-shop"))
    assert office.post("/admin/chat/site/add/", form).status_code == 302
    assert len(Site.objects.get(public_key="new-shop").secret) == 64


def act(office: Client, model: str, name: str, *keys: object) -> None:
    answer = office.post(
        f"/admin/chat/{model}/", {"action": name, "_selected_action": [str(key) for key in keys]}
    )
    assert answer.status_code == 302


def test_visitors_are_blocked_and_let_in(office: Client, rows: dict[str, Any]) -> None:
    visitor = rows["visitor"]
    act(office, "visitor", "block", visitor.pk)
    visitor.refresh_from_db()
    assert visitor.blocked_at is not None
    act(office, "visitor", "unblock", visitor.pk)
    visitor.refresh_from_db()
    assert visitor.blocked_at is None


def test_the_secret_is_rotated(office: Client, rows: dict[str, Any]) -> None:
    before = rows["site"].secret
    act(office, "site", "rotate_secret", rows["site"].pk)
    rows["site"].refresh_from_db()
    assert rows["site"].secret != before


def test_dead_letters_are_driven_again(office: Client, rows: dict[str, Any]) -> None:
    conversation = rows["conversation"]
    entry = Entry(
        str(conversation.id), new_id(), 2, "m2", Sender("visitor", str(rows["visitor"].id), None),
        "text", "再来",
        created_at=now_ms(),
    )  # fmt: skip
    good = DeadLetter.objects.create(
        conversation=conversation.id,
        seq=3,
        body=encode_entry(entry).decode().replace('"seq":2', '"seq":3'),
        code="x",
    )
    act(office, "deadletter", "redrive", good.pk, rows["deadletter"].pk)
    good.refresh_from_db()
    rows["deadletter"].refresh_from_db()
    assert good.resolved_at is not None
    assert rows["deadletter"].resolved_at is None
    assert Message.objects.filter(conversation=conversation, seq=3, text="再来").exists()


def test_others_stay_out(client: Client, rows: dict[str, Any]) -> None:
    client.force_login(User.objects.create_user("lilei", password="correct-horse-42"))
    for model in MODELS:
        assert client.get(f"/admin/chat/{model}/").status_code == 302
    client.force_login(User.objects.create_user("staff", password="correct-horse-42", is_staff=True))
    for model in MODELS:
        assert client.get(f"/admin/chat/{model}/").status_code == 403


def test_everything_a_page_names_is_named_in_chinese(office: Client, rows: dict[str, Any]) -> None:
    """Labels, columns, filters, acts and help: no page speaks English to somebody who reads Chinese."""
    known = {"URL", "ID", "CSRF", "Origin", "Django"}
    label = re.compile(r'<(?:label|th(?! class="field)|h1|h3|legend|option)\b[^>]*>(.*?)</', re.DOTALL)
    for model in MODELS:
        for path in (f"/admin/chat/{model}/", f"/admin/chat/{model}/{rows[model].pk}/change/"):
            page = office.get(path).content.decode()
            for found in label.findall(page):
                text = re.sub(r"<[^>]*>|&[a-z]+;", " ", found)
                words = set(re.findall(r"[A-Za-z]{3,}", text)) - known
                assert not words or re.search(r"[\u4e00-\u9fff]", text), (path, text.strip())
