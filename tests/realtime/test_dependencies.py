"""What the process needs for going on is not held up by what it can do without."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chat.blocking import in_thread
from chat.delivery import outbound as out
from chat.delivery.hub import Signal
from chat.realtime import link as links
from chat.realtime.tokens import Claims


@pytest.fixture
def stuck() -> Iterator[threading.Event]:
    """What a database that takes connections and never answers waits for; set at the end."""
    event = threading.Event()
    yield event
    event.set()


async def test_polls_go_on_while_the_database_holds_every_thread(
    stuck: threading.Event, settings: Any
) -> None:
    settings.KEFU_SCALED = True
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
    waiting = [asyncio.ensure_future(in_thread(stuck.wait)) for _ in range(4)]
    claims = Claims("visitor", "somebody", None, None, None, 0)
    link = links.new_link(claims)
    async with asyncio.timeout(5):
        await links.save(link)
        assert (await links.load(link.id, claims)).id == link.id
    stuck.set()
    await asyncio.gather(*waiting)


async def test_what_waits_for_a_layer_that_hangs_is_bounded(
    stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hanging:
        def find(self, topics: list[str]) -> dict[str, list[str]]:
            stuck.wait(10)
            return {}

    monkeypatch.setattr(out, "MAX_WAITING", 10)
    box = out.Outbound()
    box.directory = Hanging()  # type: ignore[assignment]
    for turn in range(200):
        box.signal(Signal(f"topic-{turn}", "typing", {}))
        await asyncio.sleep(0.001 if turn < 10 else 0)  # the first are taken, the others wait for them
    assert len(box._signals) <= 21
    assert box._signals[-1].topic == "topic-199"
    stuck.set()
    assert box._pump is not None
    await box._pump
