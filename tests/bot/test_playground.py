"""The playground and the replay: every step of an answer on a page that needs no script, and yesterday under
the draft.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from io import StringIO
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.test import Client

from bot import config
from bot import sites as bots
from bot.admin.naming import FACTS, LEVELS, named
from bot.answering import bundle
from bot.learning import draft
from bot.learning.comparing import Given, Pair, report_of, verdict_of
from bot.models import Answered, BotSettings, Endpoint, Intent, Rule, Slot
from chat.models import Conversation, Site, Visitor
from chat.protocol.entry import now_ms
from knowledge.models import Question
from knowledge.publishing.editing import archive, save_question
from tests.bot.conftest import WRITER

pytestmark = pytest.mark.django_db
PAGE = "/admin/bot/playground/"
Teach = Callable[..., list[Question]]


@pytest.fixture(autouse=True)
def _no_draft() -> None:
    draft.forget()


def _say(client: Client, site: Site, text: str, **more: Any) -> str:
    answer = client.post(PAGE, {"site": str(site.pk), "text": text, **more}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def _talk(client: Client) -> dict[str, Any]:
    return dict(client.session["bot_playground"])


def test_an_answer_shows_every_step(admin_client: Client, shop: Site, teach: Teach) -> None:
    teach()
    page = _say(admin_client, shop, "退款多久到账，我的电话 13800138000")
    assert "<strong>3 个工作日</strong>" in page
    turn = _talk(admin_client)["turns"][-1]
    assert (turn["level"], turn["outcome"]) == ("retrieval", "answered")
    assert turn["seen"]["steps"][0]["level"] == "guard"
    assert turn["seen"]["entities"][0]["type"] == "phone"
    assert turn["seen"]["hits"][0]["parts"]
    assert "13800138000" in page and f"→ {named(LEVELS, 'retrieval')}" in page
    assert "<script>" not in page and "style=" not in page.split("</header>")[-1].split("<footer")[0]


def test_a_dialog_goes_on_over_turns_until_a_new_talk(admin_client: Client, shop: Site) -> None:
    endpoint = Endpoint.objects.create(name="order_status", url="http://127.0.0.1:9/x", timeout_ms=200)
    intent = Intent.objects.create(
        site=shop, name="order_status", title="查订单", cues=["订单到哪"], endpoint=endpoint
    )
    Slot.objects.create(intent=intent, name="order_id", prompt="请提供订单号。")
    assert "请提供订单号。" in _say(admin_client, shop, "我的订单到哪了")
    assert _talk(admin_client)["state"]["pending"] == "order_id"
    page = _say(admin_client, shop, "2026112000123")
    turn = _talk(admin_client)["turns"][-1]
    assert (turn["called"], turn["slots"]) == ("order_status", {"order_id": "2026112000123"})
    assert f"{named(FACTS, 'order_id')}: 2026112000123" in page
    admin_client.post(PAGE, {"reset": "1"})
    assert _talk(admin_client)["turns"] == []
    _say(admin_client, shop, "我的订单到哪了")
    _say(admin_client, shop, "2026112000123", really_call="on")
    assert _talk(admin_client)["turns"][-1]["outcome"] == "handed"  # nobody listens there


def test_the_session_stays_small_and_survives_what_it_cannot_read(admin_client: Client, shop: Site) -> None:
    for number in range(12):
        _say(admin_client, shop, f"问题 {number}")
    talk = _talk(admin_client)
    assert len(talk["turns"]) == 10
    assert sum(turn["seen"] is not None for turn in talk["turns"]) == 4
    assert len(json.dumps(talk)) < 100_000
    session = admin_client.session
    session["bot_playground"] = {"turns": "broken"}
    session.save()
    assert admin_client.get(PAGE).status_code == 200


def test_who_writes_and_from_where_counts(admin_client: Client, shop: Site, botted: BotSettings) -> None:
    Rule.objects.create(
        site=shop, name="Cart", expressions=["运费"], answer="满 99 包邮",
        conditions={"page": "/cart", "attributes": {"level": "gold"}},
    )  # fmt: skip
    config.changed()
    bundle.forget()
    assert "满 99 包邮" not in _say(admin_client, shop, "运费多少")
    page = _say(
        admin_client, shop, "运费多少", page="https://shop.example.com/cart", attributes="level = gold"
    )
    assert "满 99 包邮" in page
    botted.vip_priority = 5
    botted.save()
    from bot import sites

    sites.forget()
    _say(admin_client, shop, "运费多少", priority=7)
    assert _talk(admin_client)["turns"][-1]["reason"] == "vip"


def test_draft_knowledge_answers_before_it_is_published(
    admin_client: Client, shop: Site, teach: Teach
) -> None:
    teach()
    save_question(Question(text="能开专票吗", answer="可以开增值税专用发票。", site_id=shop.pk), WRITER)
    assert "增值税专用发票" not in _say(admin_client, shop, "能开专票吗")
    assert "可以开增值税专用发票。" in _say(admin_client, shop, "能开专票吗", draft="on")
    _say(admin_client, shop, "能开专票吗")
    assert "增值税专用发票" not in _talk(admin_client)["turns"][-1]["answer"]


def test_only_a_person_of_the_site_plays_there(
    client: Client, shop: Site, other_shop: Site, django_user_model: Any
) -> None:
    from agents.models import Agent, Role

    user = django_user_model.objects.create_user("keeper", password="correct-horse-42", is_staff=True)
    Agent.objects.create(user=user, display_name="Keeper", role=Role.ADMIN).sites.add(shop)
    client.force_login(user)
    answer = client.post(PAGE, {"site": str(other_shop.pk), "text": "你好"})
    assert answer.status_code == 200 and "bot_playground" not in client.session
    assert "errorlist" in answer.content.decode()


def _asked(site: Site, question: str, source: Question | None = None, **more: Any) -> Answered:
    sources = (
        []
        if source is None
        else [{"kind": "question", "id": str(source.pk), "title": source.text, "url": ""}]
    )
    outcome = "honest" if source is None else "answered"
    given = {"outcome": outcome, "level": "retrieval", "at_ms": now_ms() - 1000, **more}
    return Answered.objects.create(
        site=site, seq=1, question=question, sources=sources, **{"conversation": uuid4(), **given}
    )


def test_yesterday_is_asked_again_under_the_draft(
    admin_client: Client, shop: Site, other_shop: Site, teach: Teach
) -> None:
    refund, freight, *_ = teach()
    _asked(shop, "退款多久到账", refund)
    _asked(shop, "运费谁出", freight)
    _asked(shop, "能开专票吗")
    _asked(shop, "退款要多长时间", refund, at_ms=now_ms() - 3 * 86_400_000)
    _asked(other_shop, "别家的问题")
    save_question(Question(text="能开专票吗", answer="可以开增值税专用发票。", site_id=shop.pk), WRITER)
    archive(freight, WRITER)
    page = admin_client.post("/admin/bot/replay/", {"days": "1", "site": str(shop.pk)})
    report = page.context["report"]
    assert (report.total, report.same, report.better, report.worse) == (3, 1, 1, 1)
    assert {(pair.question, pair.verdict) for pair in report.changed} == {
        ("能开专票吗", "better"),
        ("运费谁出", "worse"),
    }
    assert "能开专票吗" in page.content.decode()
    out = StringIO()
    call_command("replay_bot", "--days", "7", "--site", str(shop.pk), stdout=out)
    found = json.loads(out.getvalue().splitlines()[-1])
    assert (found["total"], found["better"], found["worse"], found["failed"]) == (4, 1, 1, 0)
    out = StringIO()
    call_command("replay_bot", "--live", stdout=out)
    assert json.loads(out.getvalue().splitlines()[-1])["worse"] == 0


def test_a_replay_of_a_quiet_day_says_so(admin_client: Client, shop: Site) -> None:
    assert admin_client.get("/admin/bot/replay/").status_code == 200
    page = admin_client.post("/admin/bot/replay/", {"days": "99", "site": "x"})
    assert page.context["report"].total == 0


def test_a_replay_keeps_the_thread_of_each_talk(shop: Site, teach: Teach) -> None:
    from bot.answering.bundle import bundle_now
    from bot.learning.replay import replay

    teach()
    intent = Intent.objects.create(
        site=shop, name="order_status", title="查订单", cues=["订单到哪"], done="已查到。"
    )
    Slot.objects.create(intent=intent, name="order_id", prompt="请提供订单号。")
    bundle.forget()
    talk = uuid4()
    for seq, text in ((1, "我的订单到哪了"), (3, "2026112000123")):
        Answered.objects.create(
            site=shop, conversation=talk, seq=seq, question=text, outcome="asked", level="intent",
            intent="order_status", at_ms=1000 + seq,
        )  # fmt: skip
    report = replay(0, 10_000, bundle_now)
    assert (report.total, report.same, report.better) == (2, 1, 1)
    assert report.changed[0].question == "2026112000123"


def test_a_replay_knows_the_page_the_visitor_and_the_hour(shop: Site, botted: BotSettings) -> None:
    from bot.answering.bundle import bundle_now
    from bot.learning.replay import replay

    botted.vip_priority = 5
    botted.save()
    bots.forget()
    Rule.objects.create(
        site=shop, name="Cart", expressions=["运费"], answer="满 99 包邮",
        conditions={
            "page": "/cart", "attributes": {"level": "gold"}, "languages": ["zh"],
            "hours": ["07:00", "09:00"],
        },
    )  # fmt: skip
    bundle.forget()
    begun = datetime(2026, 11, 20, 8, tzinfo=ZoneInfo(shop.time_zone)).timestamp() * 1000
    cases: tuple[tuple[str, dict[str, str], int, float], ...] = (
        ("/cart", {"level": "gold"}, 0, begun), ("/home", {"level": "gold"}, 0, begun),
        ("/cart", {}, 0, begun), ("/cart", {"level": "gold"}, 0, begun + 4 * 3_600_000),
        ("/home", {}, 7, begun),
    )  # fmt: skip
    for page, attributes, priority, at in cases:
        visitor = Visitor.objects.create(
            site=shop, attributes=attributes, priority=priority, token_hash=uuid4().hex
        )
        talk = Conversation.objects.create(
            site=shop, visitor=visitor, page={"url": f"https://x.example{page}"}
        )
        _asked(shop, "运费多少", conversation=talk.pk, at_ms=int(at))
    _asked(shop, "运费多少", at_ms=int(begun))  # a talk that is no more
    report = replay(int(begun) - 1, int(begun) + 86_400_000, bundle_now)
    assert report.failed == 0 and report.total == 6
    assert sorted(pair.after.level for pair in report.changed) == ["guard", "rules"]


def test_comparing_says_what_got_better_and_worse() -> None:
    answered = Given("answered", sources=("a",))
    assert verdict_of(answered, Given("answered", sources=("a", "b"))) == "same"
    assert verdict_of(answered, Given("answered", sources=("b",))) == "other"
    assert verdict_of(Given("honest"), answered) == "better"
    assert verdict_of(answered, Given("handed")) == "worse"
    assert verdict_of(Given("asked", intent="a"), Given("asked", intent="b")) == "other"
    assert verdict_of(Given("asked"), Given("choices")) == "other"
    pairs = [
        Pair("c", 1, "q", Given("honest"), answered),
        Pair("c", 2, "q", answered, Given("honest")),
        Pair("c", 3, "q", answered, answered),
    ]
    report = report_of(pairs)
    assert [pair.verdict for pair in report.changed] == ["worse", "better"]
    assert report.moves == (("answered", "honest", 1), ("honest", "answered", 1))
