"""A running server whose demo site has a bot: a few questions, the demo's intents, nothing learnt."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from tests.support.client import Frame, Session, Socket, visitor_session
from tests.support.server import Mode, Server, ServerFactory

ON: Final = {"KEFU_BOT": "on", "KEFU_RATE_LIMIT": "off"}
QUESTIONS: Final = {
    "退款多久到账": "收到退货后 **2 个工作日**内退款。",
    "运费怎么算": "满 99 元包邮，不满收 8 元。",
    "How long does shipping take?": "Two to four days.",
}
_TEACH: Final = """
from uuid import UUID
from bot.learning.seeding import seed
from bot.models import BotSettings, Endpoint
from chat.models import Site
from knowledge.models import Question
from knowledge.ports import Person
from knowledge.publishing.editing import save_question
from knowledge.publishing.pending import waiting
from knowledge.publishing.publish import publish
site = Site.objects.get(public_key="demo")
person = Person("tests", None, True)
for question, answer in {questions!r}.items():
    language = "zh" if question[0] > "\\u2e80" else "en"
    save_question(Question(text=question, answer=answer, language=language, site_id=site.pk), person)
publish(waiting(person).chosen(drafts=True), person)
seed(site.pk, "{base}/demo/shop/{{name}}/")
BotSettings.objects.update(pause_min_ms=0, pause_max_ms=0, **{changes!r})
"""


def start(factory: ServerFactory, mode: Mode, changes: dict[str, Any] | None = None, **env: str) -> Server:
    """A ready server with a bot that answers without a pause; `changes` are columns of its settings."""
    server = factory.start(mode, {**ON, **env})
    teach(server, changes)
    return server


def teach(server: Server, changes: dict[str, Any] | None = None) -> None:
    """Give the demo site its knowledge and its bot, patient enough for a machine that runs other tests."""
    chosen = {"patience_s": 20, **(changes or {})}
    code = _TEACH.format(questions=QUESTIONS, base=server.base_url, changes=chosen)
    done = server.manage("shell", "-c", code, check=False)
    assert done.returncode == 0, done.stderr


def is_bot(frame: Frame) -> bool:
    """Whether a frame is a message of the bot."""
    return bool(
        frame["type"] == "message"
        and frame["payload"]["kind"] in ("text", "card")
        and frame["payload"]["sender"]["kind"] == "bot"
    )


def is_act(name: str) -> Any:
    """Accepts the frame of an act."""

    def fits(frame: Frame) -> bool:
        event = frame["payload"].get("event") if frame["type"] == "message" else None
        return bool(event and event["name"] == name)

    return fits


async def answer(socket: Socket, session: Session, text: str, timeout: float = 15.0) -> dict[str, Any]:
    """Say something; the bot's answer."""
    await socket.say(session.conversation, text)
    frame = await socket.expect(is_bot, timeout)
    payload: dict[str, Any] = frame["payload"]
    return payload


async def visit(server: Server, **body: Any) -> Session:
    """A new visitor, once the server knows that its site has a bot."""
    for _ in range(50):
        session = await asyncio.to_thread(visitor_session, server, **body)
        if session.answer["conversation"]["status"] == "bot":
            return session
        await asyncio.sleep(0.1)
    raise AssertionError("conversations do not begin with the bot")
