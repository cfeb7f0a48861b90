"""The ASGI application between the server and Django: nobody holds the loop, nobody is told of a fault that
is none.
"""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from chat import sites
from kefu_project.asgi import Application
from tests.support.asgi import request

ORIGIN = "https://shop.example.com"


@pytest.fixture
def application() -> Application:
    """One that is up, without chat behind it."""
    made = Application()
    made._consumer = _unused
    made._endpoints.state = "up"
    return made


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The sites are unread, and their reading takes until this is set: the loop has to be free to do so, as
    it has to be to give the connections of other requests back to the pool.
    """
    released = threading.Event()

    def load() -> sites._Snapshot:
        assert released.wait(5), "the loop was held by somebody who waited for this"
        return sites._Snapshot(float("inf"), {}, {}, frozenset({ORIGIN}))

    monkeypatch.setattr(sites, "_load", load)
    sites.forget()
    yield released
    sites.forget()


async def _unused(*_: Any) -> None:
    raise AssertionError("nobody connects here")


@override_settings(ALLOWED_HOSTS=["*"])
async def test_the_first_question_about_origins_does_not_hold_the_loop(
    application: Application, release: threading.Event
) -> None:
    headers = [("host", "kefu.example.com"), ("origin", ORIGIN), ("access-control-request-method", "GET")]
    asked = [
        asyncio.create_task(request(application, "/api/v1/sites/", "OPTIONS", headers, stays=True))
        for _ in range(3)
    ]
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_later(0.1, release.set)
    answers = await asyncio.wait_for(asyncio.gather(*asked), 10)
    assert [answer.headers["access-control-allow-origin"] for answer in answers] == [ORIGIN] * 3


async def test_nobody_waits_for_the_sites_on_the_loop(release: threading.Event) -> None:
    assert not sites.is_listed_origin(ORIGIN)
    release.set()
    await sites.be_read()
    assert sites.is_listed_origin(ORIGIN)


async def test_who_gives_up_waiting_does_not_end_it_for_others(release: threading.Event) -> None:
    first, second = (asyncio.create_task(sites.be_read()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    release.set()
    await second
    assert first.cancelled() and sites.is_listed_origin(ORIGIN)


@pytest.mark.parametrize("begun", [False, True])
async def test_a_request_that_outlasts_the_server_is_told_to_come_again(
    application: Application, release: threading.Event, begun: bool
) -> None:
    release.set()
    under_way = asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        under_way.set()
        await asyncio.Event().wait()

    application._django = slow
    asked = asyncio.create_task(request(application, "/console/"))
    await under_way.wait()
    application._endpoints.state = "stopping"
    asked.cancel()
    if begun:  # half an answer cannot be taken back; the connection ends
        with pytest.raises(asyncio.CancelledError):
            await asked
    else:
        answer = await asked
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert b'"restarting"' in answer.body
