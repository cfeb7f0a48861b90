"""A bot in a running server, both modes: it answers, keeps the thread, and gives way to people."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from tests.bot.live import answer, is_act, is_bot, start, visit
from tests.support.client import Session, access_token, joined, rest
from tests.support.server import Server, ServerFactory
from tests.support.waiting import eventually


@pytest.fixture(scope="module", params=["embedded", "scaled"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests here; none may stop it."""
    factory = ServerFactory(tmp_path_factory.mktemp("server"))
    try:
        yield start(factory, request.param)
    finally:
        factory.close()


async def entries(session: Session) -> list[dict[str, object]]:
    """The log as the administrator reads it."""

    def read() -> list[dict[str, object]]:
        with rest(session.server, access_token(session.server)) as http:
            found = http.get(f"/api/v1/conversations/{session.conversation}/messages/")
        assert found.status_code == 200, found.text
        return list(found.json()["data"])

    return await asyncio.to_thread(read)


async def test_it_answers_from_knowledge_and_says_where_from(server: Server) -> None:
    session = await visit(server)
    async with joined(session) as socket:
        said = await answer(socket, session, "退款要多久才到账呀")
        assert "2 个工作日" in said["text"] and "**" not in said["text"]
        card = said["card"]
        assert card["type"] == "answer" and "**2 个工作日**" in card["markdown"]
        assert [source["title"] for source in card["sources"]] == ["退款多久到账"]
        said = await answer(socket, session, "how long does shipping take")
        assert "Two to four days" in said["text"]


async def test_an_order_is_looked_up_and_a_wrong_number_corrected(server: Server) -> None:
    session = await visit(server)
    async with joined(session) as socket:
        assert "订单号" in (await answer(socket, session, "帮我查一下我的订单到哪了"))["text"]
        assert "没有查到" in (await answer(socket, session, "19991234567890"))["text"]
        said = await answer(socket, session, "写错了，是20261120001")
        assert "20261120001" in said["text"] and "顺丰" in said["text"]
        assert said["card"]["sources"][0]["kind"] == "action"


async def test_a_person_gets_the_talk_with_a_brief_the_visitor_never_sees(server: Server) -> None:
    session = await visit(server)
    async with joined(session) as socket:
        await answer(socket, session, "退款多久到账")
        await socket.say(session.conversation, "你们这群骗子！！我要去12315投诉")
        words = await socket.expect(is_bot)
        handoff = await socket.expect(is_act("handoff"))
        assert handoff["payload"]["seq"] > words["payload"]["seq"]
        hidden = await socket.expect("message", where=lambda frame: frame["payload"]["kind"] == "hidden")
        log = await entries(session)
        brief = next(entry for entry in log if entry["seq"] == hidden["payload"]["seq"])
        event = brief["event"]
        assert isinstance(event, dict) and event["name"] == "briefed"
        assert event["data"]["mood"] == "angry" and "12315" in str(brief["text"])
        await socket.say(session.conversation, "还在吗")
        await socket.call("ping")
        assert not any(is_bot(frame) for frame in socket.frames)


async def test_a_machine_on_the_other_side_gets_a_person(server: Server) -> None:
    session = await visit(server)
    async with joined(session) as socket:
        for _ in range(3):
            await answer(socket, session, "退款多久到账")  # whatever it hears, it says this
        await socket.expect(is_act("handoff"))
        await socket.say(session.conversation, "退款多久到账")
        await socket.call("ping")
        assert not any(is_bot(frame) for frame in socket.frames)


async def test_a_burst_gets_one_answer(server: Server) -> None:
    session = await visit(server)
    async with joined(session) as socket:
        for text in ("在吗", "我想问下", "退款多久到账"):
            await socket.send(
                "message.send",
                {"conversation": session.conversation, "client_msg_id": text, "kind": "text", "text": text},
            )
        last = await socket.expect(is_bot, where=lambda frame: "2 个工作日" in frame["payload"]["text"])
        log = await entries(session)
        answers = [entry["client_msg_id"] for entry in log if entry["sender"]["kind"] == "bot"]  # type: ignore[index]
        # Each message of the burst may have been its own for a moment; none is answered twice.
        assert len(answers) == len(set(answers)) <= 3 and last["payload"]["client_msg_id"] == answers[-1]


async def test_two_questions_without_an_answer_go_to_people(server: Server) -> None:
    session = await visit(server)
    async with joined(session) as socket:
        first = await answer(socket, session, "附近的天文台几点开放观星")
        assert "人工" in first["text"]
        await socket.say(session.conversation, "火星上能种土豆吗")
        await socket.expect(is_act("handoff"))

    def noted() -> bool:
        with rest(server, access_token(server)) as http:
            found = http.get("/api/v1/knowledge/unanswered/")
        assert found.status_code == 200, found.text
        return "火星上能种土豆吗" in found.text

    await asyncio.to_thread(eventually, noted, 10, "what nobody could answer is noted")


async def test_whether_it_helped_is_the_visitors_to_say(server: Server) -> None:
    session = await visit(server)
    other = await visit(server)
    async with joined(session) as socket:
        said = await answer(socket, session, "运费怎么算")
    body = {"conversation": session.conversation, "seq": said["seq"], "helped": True}

    def vote(by: Session) -> httpx.Response:
        with rest(server, by.token) as http:
            return http.post("/api/v1/bot/ratings/", json=body)

    for _ in range(50):  # the record follows the answer
        given = await asyncio.to_thread(vote, session)
        if given.status_code != 404:
            break
        await asyncio.sleep(0.1)
    assert given.status_code == 204, given.text
    assert (await asyncio.to_thread(vote, other)).status_code == 404


async def test_a_robot_on_the_other_side_comes_to_an_end(server: Server) -> None:
    """Somebody's bot that repeats whatever it hears: at the latest the second miss ends it."""
    session = await visit(server)
    async with joined(session) as socket:
        text = "I am an automatic assistant, how may I help you today?"
        for _ in range(12):
            await socket.say(session.conversation, text)
            frame = await socket.expect(lambda frame: is_bot(frame) or is_act("handoff")(frame))
            if not is_bot(frame):
                return
            text = str(frame["payload"]["text"])
            if any(is_act("handoff")(each) for each in socket.frames):
                return
        await socket.expect(is_act("handoff"), timeout=2)
