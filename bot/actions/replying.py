"""What the visitor is told of an endpoint's answer. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from bot import phrases
from bot.actions.calling import Reply, Result
from bot.dialog.state import DialogState, Frame
from bot.strategies.base import ActionCall, Answer, HandOver, Source

_FIELD: Final = re.compile(r"\{(\w{1,40})\}")


def answer_of(
    asked: Answer, result: Result, *, title: str, template: str, language: str, state: DialogState
) -> Answer:
    """The answer that was open until now. `template`: the operator's words with {field}; empty: its own.

    `state`: where the talk stands after a call that went well.
    """
    call = asked.action
    assert call is not None
    level, intent = asked.level, asked.intent
    reply = result.reply
    if reply is None:
        text = phrases.say("action_failed", language)
        return Answer(text, level, 0.0, "handed", handover=HandOver("failure"), state=state, intent=intent)
    words = words_of(reply, language)
    if not reply.found:
        text = words or phrases.say("not_found", language)
        return Answer(text, level, 1.0, "asked", state=asked_again(state, call, reply.slot), intent=intent)
    fields = {**call.slots, **{key: _text(value) for key, value in reply.data.items()}}
    text = (fill(template, fields) if template else words) or phrases.say("done", language)
    return Answer(
        f"{text}\n\n{call.rest}" if call.rest else text, level, 1.0, "answered",
        (Source("action", call.endpoint, title),), card=reply.card, state=state, intent=intent,
    )  # fmt: skip


def asked_again(state: DialogState, call: ActionCall, slot: str) -> DialogState:
    """The talk back at the question whose answer was wrong; as it is when no slot was named."""
    if slot not in call.slots:
        return state
    rest = {name: value for name, value in call.slots.items() if name != slot}
    waiting = state.frame
    suspended = (*state.suspended, waiting) if waiting is not None else state.suspended
    return state.with_frame(Frame(call.intent, rest, slot, False, 1)).changed(suspended=suspended)


def words_of(reply: Reply, language: str) -> str:
    """The endpoint's own words in the language, or in any."""
    if isinstance(reply.reply, str):
        return reply.reply
    return reply.reply.get(language) or next(iter(reply.reply.values()), "")


def fill(template: str, fields: Mapping[str, str]) -> str:
    """`{name}` replaced by its field; a field that is not there leaves nothing, and nothing is evaluated."""
    return _FIELD.sub(lambda found: fields.get(found[1], ""), template)


def _text(value: object) -> str:
    return "" if value is None else str(value)
