"""Rights that end while a connection lasts end on it, whichever way it learns."""

import asyncio
import json

import pytest

from chat import posting
from chat.conversation import Participant
from chat.delivery.hub import hub
from chat.protocol.entry import new_id
from chat.protocol.json_form import JsonForm
from chat.realtime import tokens
from chat.realtime.dispatch import dispatch
from chat.realtime.outlet import ListOutlet
from chat.realtime.session import ClientSession
from chat.realtime.tokens import Claims
from chat.states import forget_all
from tests.realtime.conftest import Room


@pytest.mark.parametrize("is_known", [True, False], ids=["state at hand", "state to be read"])
async def test_a_token_renewed_after_a_site_was_taken_away(
    room: Room, monkeypatch: pytest.MonkeyPatch, is_known: bool
) -> None:
    before = Participant("agent", new_id(), "Anna", frozenset((room.site,)))
    after = Participant("agent", before.id, "Anna", frozenset((new_id(),)))
    session = ClientSession(ListOutlet(), JsonForm(), before, limited=False)
    session.claims = Claims("agent", before.id or "", "Anna", None, None, 0)
    await posting.look(room.conversation)
    session.follow(room.conversation, 0)
    if not is_known:
        forget_all()
    monkeypatch.setattr(tokens, "participant_of", lambda claims: after)

    await dispatch(session, json.dumps({"type": "token", "payload": {}}))
    session.become(after, ())  # the sweep, which sees nothing new any more
    for _ in range(200):
        if not hub.subscribers(room.conversation):
            break
        await asyncio.sleep(0.01)
    assert hub.subscribers(room.conversation) == ()
    assert not session.closed
    session.end()
