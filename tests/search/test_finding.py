"""Search over the real database of the run: SQLite, and PostgreSQL in the second run."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from agents.models import Agent
from chat.models import Conversation, Message, Site, Visitor
from chat.models.keys import new_uuid
from chat.realtime import tokens
from chat.search.finding import find_messages, find_visitors
from chat.search.indexing import index_new, index_visitor

pytestmark = pytest.mark.django_db

_SYLLABLES = "退货款订单快递物流地址发票优惠券茶叶包装破损什么时候到怎么还没有收到请问可以吗谢谢您的帮助"


@pytest.fixture
def shop() -> Site:
    """Where the visitors come from."""
    return Site.objects.create(name="Tea shop")


@pytest.fixture
def talk(shop: Site) -> Callable[..., Conversation]:
    """Makes a conversation that holds these texts, as persistence would have stored them."""

    def make(*texts: str, site: Site | None = None, **fields: Any) -> Conversation:
        place = site or shop
        visitor = Visitor.objects.create(site=place, token_hash=new_uuid().hex, name="小林")
        row = Conversation.objects.create(site=place, visitor=visitor, head=len(texts), **fields)
        for seq, text in enumerate(texts, 1):
            Message.objects.create(
                id=new_uuid(), conversation=row, seq=seq, sender_kind="visitor", sender_id=visitor.pk,
                kind="text", text=text, created_at=1_700_000_000_000 + seq,
            )  # fmt: skip
        return row

    return make


def _found(query: str, limit: int = 100) -> list[str]:
    hits, _ = find_messages(query, Conversation.objects.all(), None, limit)
    return [hit.message.text or "" for hit in hits]


def test_one_character_is_enough(talk: Callable[..., Conversation]) -> None:
    """The shortest question of all."""
    talk("我想退货", "茶叶什么时候到", "货到了")
    index_new()
    assert _found("货") == ["货到了", "我想退货"]
    assert _found("退货") == ["我想退货"]
    assert _found("货退") == []


def test_pairs_that_do_not_touch_are_no_match(talk: Callable[..., Conversation]) -> None:
    """A text with all the pairs of a term, apart, is a candidate and not an answer."""
    talk("退货款先退，货款后到", "货款退")
    index_new()
    assert _found("款退货") == []


def test_several_words_must_all_be_there(talk: Callable[..., Conversation]) -> None:
    """In any order."""
    talk("订单 A-4711 的发票", "订单 A-4712 的发票", "发票抬头")
    index_new()
    assert _found("发票 4711") == ["订单 A-4711 的发票"]
    assert _found("A-47") == ["订单 A-4712 的发票", "订单 A-4711 的发票"]


def test_recall_and_precision_against_every_substring(talk: Callable[..., Conversation]) -> None:
    """Recall 1.0 and precision 1.0 over random Chinese texts, for substrings of one to six characters."""
    pick = random.Random(7)
    texts = ["".join(pick.choices(_SYLLABLES, k=pick.randint(5, 40))) for _ in range(300)]
    talk(*texts)
    assert index_new() == 300
    for _ in range(150):
        text = pick.choice(texts)
        length = min(pick.randint(1, 6), len(text))
        start = pick.randint(0, len(text) - length)
        query = text[start : start + length]
        assert sorted(_found(query, 400)) == sorted(other for other in texts if query in other), query


def test_pages_follow_each_other(talk: Callable[..., Conversation]) -> None:
    """Nothing twice, nothing missing."""
    talk(*[f"退货 {number}" for number in range(25)])
    index_new()
    seen: list[str] = []
    before: int | None = None
    while True:
        hits, before = find_messages("退货", Conversation.objects.all(), before, 10)
        seen += [hit.message.text or "" for hit in hits]
        if before is None:
            break
    assert seen == [f"退货 {number}" for number in reversed(range(25))]


def test_indexing_goes_on_where_it_stopped(talk: Callable[..., Conversation]) -> None:
    """More than one step's worth, and later messages, each once."""
    row = talk(*[f"第{number}条" for number in range(1_100)])
    assert index_new() == 1_100
    assert index_new() == 0
    Message.objects.create(
        id=new_uuid(), conversation=row, seq=1_101, sender_kind="visitor", kind="text", text="后来",
        created_at=1,
    )  # fmt: skip
    Conversation.objects.filter(pk=row.pk).update(head=1_101)
    assert index_new() == 1
    assert _found("后来") == ["后来"]
    assert len(_found("第1099条")) == 1


def test_what_was_recalled_is_not_found(talk: Callable[..., Conversation]) -> None:
    """Hidden is hidden."""
    row = talk("密码是 123456")
    index_new()
    Message.objects.filter(conversation=row).update(is_hidden=True)
    assert _found("密码") == []


def test_notes_are_found_and_other_acts_are_not(talk: Callable[..., Conversation]) -> None:
    """A note's text is what people look for later."""
    row = talk("你好")
    for seq, name, text in ((2, "note", "已经退款"), (3, "closed", "退款")):
        Message.objects.create(
            id=new_uuid(), conversation=row, seq=seq, sender_kind="agent", kind="event", text=text,
            event={"name": name, "data": {}}, created_at=seq,
        )  # fmt: skip
    Conversation.objects.filter(pk=row.pk).update(head=3)
    index_new()
    assert _found("退款") == ["已经退款"]


def test_visitors_are_found_by_what_is_known_now(shop: Site) -> None:
    """By a part of any of it, under the new name and no longer under the old one."""
    visitor = Visitor.objects.create(
        site=shop, token_hash="v", name="欧阳小林", email="lin@example.com", phone="13800138000"
    )
    index_visitor(visitor)
    for query in ("小林", "欧", "lin@ex", "0138"):
        hits, _ = find_visitors(query, Visitor.objects.all(), None, 10)
        assert [hit.visitor.pk for hit in hits] == [visitor.pk], query
    visitor.name = "司马"
    visitor.save()
    index_visitor(visitor)
    assert find_visitors("欧阳", Visitor.objects.all(), None, 10)[0] == []
    assert len(find_visitors("司马", Visitor.objects.all(), None, 10)[0]) == 1


def _bearer(client: Client, agent: Agent) -> dict[str, str]:
    from agents.roster import participant

    return {"Authorization": f"Bearer {tokens.issue(participant(agent), None)[0]}"}


@pytest.fixture
def agent(shop: Site, django_user_model: Any) -> Agent:
    """Answers for the shop alone."""
    agent = Agent.objects.create(user=django_user_model.objects.create_user("mei"), display_name="Mei")
    agent.sites.add(shop)
    return agent


def test_an_agent_finds_only_what_they_may_read(
    talk: Callable[..., Conversation], agent: Agent, client: Client
) -> None:
    """Another site's words do not exist."""
    elsewhere = Site.objects.create(name="Other shop")
    talk("我的退货")
    talk("别人的退货", site=elsewhere)
    index_new()
    answer = client.get("/api/v1/search/?q=退货", headers=_bearer(client, agent)).json()
    assert [row["text"] for row in answer["data"]] == ["我的退货"]
    assert answer["data"][0]["matches"] == [[2, 4]]
    assert answer["meta"] == {"next_cursor": None, "has_more": False}


@pytest.mark.parametrize("query", ["", "q=", "q=a&cursor=x", "q=a&kind=all", f"q={'a' * 200}"])
def test_bad_questions_are_refused(query: str, agent: Agent, client: Client) -> None:
    """With 400, not with a page."""
    assert client.get(f"/api/v1/search/?{query}", headers=_bearer(client, agent)).status_code == 400


@pytest.mark.parametrize("query", ["%", "_", "'", '"', "\\", "AND", "* OR", "\x01", "😀"])
def test_odd_questions_find_nothing_and_break_nothing(query: str, talk: Callable[..., Conversation]) -> None:
    """No character means anything to the database."""
    talk("平常的话")
    index_new()
    assert _found(query) == []


def test_strangers_and_visitors_may_not_search(talk: Callable[..., Conversation], client: Client) -> None:
    """401 and 403."""
    from chat.visitors import participant_of

    row = talk("你好")
    assert client.get("/api/v1/search/?q=你").status_code == 401
    token, _ = tokens.issue(participant_of(row.visitor), str(row.site_id), str(row.pk))
    answer = client.get("/api/v1/search/?q=你", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
