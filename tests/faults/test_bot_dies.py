"""Everything is killed in the middle of a dialog with the bot; it goes on where it was, and answers once."""

import asyncio

import pytest

from tests.bot.live import answer, is_bot, start, visit
from tests.support.client import joined
from tests.support.server import Mode, ServerFactory

pytestmark = pytest.mark.fault


async def test_slots_survive_a_kill(server_factory: ServerFactory, mode: Mode) -> None:
    server = await asyncio.to_thread(start, server_factory, mode)
    session = await visit(server)
    async with joined(session) as socket:
        assert "订单号" in (await answer(socket, session, "我要申请退款"))["text"]
        assert "原因" in (await answer(socket, session, "20261120001"))["text"]
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.restart)
    async with joined(session) as socket:
        said = await answer(socket, session, "包装压坏了，茶叶洒出来了", timeout=30)
        assert "20261120001" in said["text"], said["text"]
        await socket.call("ping")
        assert not any(is_bot(frame) for frame in socket.frames)


async def test_a_question_asked_while_the_worker_was_dead_is_answered(server_factory: ServerFactory) -> None:
    server = await asyncio.to_thread(start, server_factory, "scaled", None)
    session = await visit(server)
    async with joined(session) as socket:
        await asyncio.to_thread(server.kill_worker)
        await socket.say(session.conversation, "退款多久到账")
        await asyncio.to_thread(server.start_worker)
        frame = await socket.expect(is_bot, timeout=30)
        assert "2 个工作日" in frame["payload"]["text"]
