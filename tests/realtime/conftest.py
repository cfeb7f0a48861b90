"""A conversation in the journal of the test process, and what runs beside connections there."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from chat.conversation import Participant, encode_state
from chat.delivery.hub import hub
from chat.journal import journal
from chat.journal.base import Head, Warmth
from chat.protocol.entry import new_id
from chat.realtime import lifecycle, tokens
from chat.states import forget_all
from chat.warming import initial_state


class Room:
    """One hot conversation, its visitor and a token of theirs. No row of it stands in the database."""

    def __init__(self) -> None:
        self.site = new_id()
        self.conversation = new_id()
        self.visitor = Participant("visitor", new_id(), "Han", frozenset((self.site,)))
        self.token, _ = tokens.issue(self.visitor, self.site, self.conversation)

    def warm(self) -> None:
        """Have the journal hold it; blocks."""
        assert self.visitor.id is not None
        state = initial_state(self.conversation, self.site, self.visitor.id, "Han")
        journal().warm([Warmth(Head(self.conversation, 0, 0, 0, encode_state(state)))])


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    """A room in a process that delivers; whoever stays behind in the hub fails the test's own assertions."""
    forget_all()
    made = Room()
    await asyncio.to_thread(made.warm)
    await lifecycle.startup()
    try:
        yield made
    finally:
        await lifecycle.shutdown()
        for subscriber in hub.subscribers(made.conversation):
            hub.unsubscribe(made.conversation, subscriber)
