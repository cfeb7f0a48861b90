"""What the bot does for agents: why it spoke, suggested replies, a summary, teaching in two clicks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from bot.assisting.suggesting import Suggestion, best
from bot.assisting.summary import summarise
from bot.models import Answered, Brief, Intent, Slot
from bot.strategies.base import Said
from chat.models import Site
from chat.protocol.entry import now_ms
from knowledge.models import Question, Status
from tests.api.conftest import Caller, Guest
from tests.bot.conftest import WRITER

pytestmark = pytest.mark.django_db
Teach = Callable[..., list[Question]]


def _path(guest: Guest, what: str) -> str:
    return f"bot/conversations/{guest.conversation}/{what}/"


def _answered(guest: Guest, site: Site, **more: Any) -> Answered:
    given = {
        "seq": 1,
        "question": "退款多久",
        "outcome": "answered",
        "level": "retrieval",
        "at_ms": 5,
        **more,
    }
    return Answered.objects.create(site=site, conversation=UUID(guest.conversation), **given)


def test_agents_read_why_the_bot_said_it(visitor: Guest, agent: Caller, shop: Site) -> None:
    step = {"level": "retrieval", "verdict": "answered", "detail": {"threshold": 0.5}, "took_us": 8}
    _answered(visitor, shop, trace=[step], sources=[{"kind": "question", "id": "1", "title": "T", "url": ""}])
    _answered(visitor, shop, seq=4, outcome="honest", level="honest")
    answer = agent.get("bot/answers/", conversation=visitor.conversation)
    assert answer.status_code == 200
    assert [row["seq"] for row in answer.json()["data"]] == [4, 1]
    assert answer.json()["data"][1]["trace"] == [step]
    one = agent.get("bot/answers/", conversation=visitor.conversation, seq=4).json()["data"]
    assert [row["outcome"] for row in one] == ["honest"]
    page = agent.get("bot/answers/", conversation=visitor.conversation, limit=1).json()
    rest = agent.get(
        "bot/answers/", conversation=visitor.conversation, limit=1, cursor=page["meta"]["next_cursor"]
    )
    assert [row["seq"] for row in rest.json()["data"]] == [1]


@pytest.mark.parametrize("path", ["suggestions", "summary", "teach"])
def test_only_agents_who_may_read_the_conversation_get_help(
    path: str, visitor: Guest, stranger: Caller, nobody: Caller
) -> None:
    body = {"question": "问", "answer": "答"} if path == "teach" else None
    method = "GET" if path == "summary" else "POST"
    assert stranger.send(method, _path(visitor, path), body).status_code == 404
    assert visitor.send(method, _path(visitor, path), body).status_code == 403
    assert nobody.send(method, _path(visitor, path), body).status_code == 401
    assert Question.objects.count() == 0


def test_only_agents_who_may_read_the_conversation_learn_why(
    visitor: Guest, stranger: Caller, nobody: Caller, shop: Site
) -> None:
    _answered(visitor, shop)
    assert stranger.get("bot/answers/", conversation=visitor.conversation).status_code == 404
    assert visitor.get("bot/answers/", conversation=visitor.conversation).status_code == 403
    assert nobody.get("bot/answers/", conversation=visitor.conversation).status_code == 401


def test_replies_are_suggested_from_what_is_known(visitor: Guest, agent: Caller, teach: Teach) -> None:
    row = teach()[0]
    visitor.say(visitor.conversation, "我的钱什么时候退回来")
    found = agent.post(_path(visitor, "suggestions"), {}).json()
    assert found["question"] == "我的钱什么时候退回来"
    assert found["replies"][0]["text"] == "退款会在 3 个工作日内原路退回。"
    assert found["replies"][0]["markdown"] == "退款会在 **3 个工作日**内原路退回。"
    assert found["replies"][0]["sources"][0]["id"] == str(row.pk)
    assert len({reply["text"] for reply in found["replies"]}) == len(found["replies"]) <= 3


def test_a_question_that_was_answered_is_still_the_one_suggested_for(
    visitor: Guest, agent: Caller, teach: Teach
) -> None:
    teach()
    visitor.say(visitor.conversation, "怎么开发票")
    agent.post(f"conversations/{visitor.conversation}/accept/")
    agent.say(visitor.conversation, "稍等", "a1")
    found = agent.post(_path(visitor, "suggestions")).json()
    assert found["question"] == "怎么开发票"
    assert found["replies"][0]["text"].startswith("在订单页面")


def test_an_angry_visitor_is_no_reason_to_suggest_nothing(
    visitor: Guest, agent: Caller, teach: Teach
) -> None:
    teach()
    visitor.say(visitor.conversation, "骗子！退款多久到账？我要投诉你们")
    found = agent.post(_path(visitor, "suggestions")).json()["replies"]
    assert "退款会在 3 个工作日内原路退回。" in [reply["text"] for reply in found]


def test_nothing_known_suggests_nothing(visitor: Guest, agent: Caller, settings: Any, teach: Teach) -> None:
    assert agent.post(_path(visitor, "suggestions")).json() == {"question": "", "replies": []}
    visitor.say(visitor.conversation, "今天天气真好啊，适合放风筝")
    assert agent.post(_path(visitor, "suggestions")).json()["replies"] == []
    teach()
    visitor.say(visitor.conversation, "怎么开发票", "m2")
    settings.KEFU_BOT = False
    assert agent.post(_path(visitor, "suggestions")).json()["replies"] == []


def test_a_draft_brings_forward_what_it_begins_to_say() -> None:
    first = Suggestion("质量问题由我们承担运费", "", "retrieval", 0.7)
    second = Suggestion("退款会在 3 个工作日内原路退回", "", "retrieval", 0.6)
    twice = Suggestion("质量问题由我们承担运费", "", "retrieval", 0.4)
    assert [each.text for each in best([second, first, twice])] == [first.text, second.text]
    assert best([first, second], "您好，退款会在")[0] is second
    assert len(best(Suggestion(str(at), "", "retrieval", 0.5) for at in range(9))) == 3


def test_suggestions_refuse_a_draft_without_bounds(visitor: Guest, agent: Caller) -> None:
    answer = agent.post(_path(visitor, "suggestions"), {"draft": "啊" * 2001})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_the_brief_of_a_handover_is_the_summary_while_nothing_came_since(
    visitor: Guest, agent: Caller, shop: Site
) -> None:
    visitor.say(visitor.conversation, "我的订单 2026112000123 怎么还没到")
    Brief.objects.create(
        conversation=UUID(visitor.conversation), site=shop, reason="misses", summary="订单没到",
        intent="order_status", slots={"order_id": "2026112000123"},
        tried=[{"level": "retrieval", "text": "物流", "confidence": 0.2}], mood="upset",
        at_ms=now_ms() + 1000,
    )  # fmt: skip
    found = agent.get(_path(visitor, "summary")).json()
    assert (found["made"], found["reason"], found["summary"]) == ("handover", "misses", "订单没到")
    assert found["slots"] == {"order_id": "2026112000123"}


def test_a_summary_is_made_of_what_was_written_since(visitor: Guest, agent: Caller, shop: Site) -> None:
    Brief.objects.create(
        conversation=UUID(visitor.conversation), site=shop, reason="asked", summary="旧的", at_ms=1
    )
    visitor.say(visitor.conversation, "在吗")
    visitor.say(visitor.conversation, "昨天收到的茶壶碎了，电话 13800138000", "m2")
    visitor.say(visitor.conversation, "气死我了，要投诉你们这群骗子", "m3")
    found = agent.get(_path(visitor, "summary")).json()
    assert found["made"] == "now"
    assert found["reason"] == "asked"
    assert "茶壶碎了" in found["summary"] and "在吗" not in found["summary"]
    assert found["slots"]["phone"].endswith("13800138000")
    assert found["mood"] == "angry"


def test_a_summary_keeps_the_lines_that_say_something() -> None:
    said = [
        Said("visitor", text) for text in ("你好", "想退货，颜色发错了", "谢谢", "订单是上周买的", "好的")
    ]
    assert summarise([*said, Said("agent", "请稍等")]) == "想退货，颜色发错了\n订单是上周买的\n好的"
    assert summarise([]) == ""
    long = [
        Said("visitor", f"第{number}个问题关于商品{number}{'甲乙丙丁戊'[number % 5]}的描述")
        for number in range(30)
    ]
    assert len(summarise(long).splitlines()) <= 5
    assert len(summarise([Said("visitor", "长" * 500)])) == 160


def test_an_agent_teaches_a_new_answer_for_review(visitor: Guest, agent: Caller, shop: Site) -> None:
    answer = agent.post(
        _path(visitor, "teach"), {"question": "能开专票吗", "answer": "可以开增值税专用发票。"}
    )
    assert answer.status_code == 201
    assert (answer.json()["made"], answer.json()["status"]) == ("question", "review")
    row = Question.objects.get(pk=answer.json()["id"])
    assert (row.site_id, row.status, row.live_id, row.language) == (shop.pk, Status.REVIEW, None, "zh")
    assert row.changed_by == "Lilei"
    again = agent.post(_path(visitor, "teach"), {"question": "能开专票吗", "answer": "别的"})
    assert again.status_code == 409
    assert again.json()["details"]["question"]["id"] == str(row.pk)


def test_what_is_taught_holds_nobody_s_data(visitor: Guest, agent: Caller, teach: Teach) -> None:
    row = teach()[0]
    asked = "我的电话 13800138000，邮箱 li.lei@example.com，退款呢"
    assert agent.post(_path(visitor, "teach"), {"question": asked, "answer": "三天。"}).status_code == 201
    also = agent.post(_path(visitor, "teach"), {"question": f"{asked}？？还没到", "question_id": str(row.pk)})
    assert also.status_code == 201, also.content
    row.refresh_from_db()
    kept = " ".join([*Question.objects.values_list("text", flat=True), *row.wordings])
    assert "退款呢" in kept and "13800138000" not in kept and "example.com" not in kept


def test_an_agent_teaches_another_wording(visitor: Guest, agent: Caller, teach: Teach) -> None:
    row = teach()[0]
    body = {"question": "我那钱呢", "question_id": str(row.pk)}
    answer = agent.post(_path(visitor, "teach"), body)
    assert (answer.status_code, answer.json()["made"]) == (201, "wording")
    row.refresh_from_db()
    assert "我那钱呢" in row.wordings and row.status == Status.REVIEW
    assert agent.post(_path(visitor, "teach"), body).json()["made"] == "known"


def test_what_somebody_is_still_writing_does_not_go_to_review_with_it(
    visitor: Guest, agent: Caller, shop: Site
) -> None:
    from knowledge.publishing.editing import save_question

    row = save_question(Question(text="半句话", answer="还没写完", site_id=shop.pk), WRITER)
    agent.post(_path(visitor, "teach"), {"question": "另一种问法", "question_id": str(row.pk)})
    row.refresh_from_db()
    assert (row.status, row.wordings) == (Status.DRAFT, ["另一种问法"])


def test_teaching_stays_within_the_site_and_the_agents_rights(
    visitor: Guest, agent: Caller, administrator: Caller, other_shop: Site
) -> None:
    from knowledge.publishing.editing import save_question

    theirs = save_question(Question(text="别家的", answer="别家", site_id=other_shop.pk), WRITER)
    everybodys = save_question(Question(text="大家的", answer="大家"), WRITER)
    other = {"question": "问", "question_id": str(theirs.pk)}
    common = {"question": "问", "question_id": str(everybodys.pk)}
    assert agent.post(_path(visitor, "teach"), other).status_code == 404
    assert administrator.post(_path(visitor, "teach"), other).status_code == 404
    assert agent.post(_path(visitor, "teach"), common).status_code == 403
    assert administrator.post(_path(visitor, "teach"), common).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {"question": "问"},
        {"question": "问", "answer": "答", "question_id": "0190b6a1-7c1e-7000-8000-0000000000b2"},
        {"question": "", "answer": "答"},
        {"question": "问" * 301, "answer": "答"},
        {"question": "问", "answer": "答" * 8001},
        {"question": "问", "question_id": "x"},
    ],
)
def test_teaching_refuses_what_is_no_lesson(body: dict[str, Any], visitor: Guest, agent: Caller) -> None:
    answer = agent.post(_path(visitor, "teach"), body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_the_next_question_of_a_task_is_suggested(visitor: Guest, agent: Caller, shop: Site) -> None:
    intent = Intent.objects.create(site=shop, name="order_status", title="查订单", cues=["订单到哪"])
    Slot.objects.create(intent=intent, name="order_id", prompt="请提供订单号。")
    visitor.say(visitor.conversation, "我的订单到哪了")
    found = agent.post(_path(visitor, "suggestions")).json()["replies"]
    assert [(reply["level"], reply["text"]) for reply in found] == [("intent", "请提供订单号。")]
