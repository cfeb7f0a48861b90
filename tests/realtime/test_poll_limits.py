"""What one person may begin."""

import json

import pytest

from chat.errors import KefuError
from chat.realtime import poll
from chat.realtime.limits import VISITOR
from tests.realtime.conftest import Room


async def test_nobody_begins_polls_without_end(room: Room) -> None:
    hello = json.dumps({"type": "hello", "payload": {"token": room.token}}).encode()
    begun = 0
    with pytest.raises(KefuError, match="too many polls") as refused:
        for _ in range(1000):
            await poll._begin(hello)
            begun += 1
    assert begun < VISITOR[1] * 3
    assert refused.value.retry_after_s is not None
