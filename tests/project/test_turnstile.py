"""Many requests at once are answered by a bounded number of threads."""

import asyncio
import threading
import time

import pytest
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from kefu_project import turnstile
from tests.support.asgi import request

_lock = threading.Lock()
_inside = 0
_most = 0


def slow(request: HttpRequest) -> HttpResponse:
    """A synchronous view that notes how many of it run side by side."""
    global _inside, _most
    with _lock:
        _inside += 1
        _most = max(_most, _inside)
    finished = time.monotonic() + 0.05
    while time.monotonic() < finished:
        threading.Event().wait(0.01)
    with _lock:
        _inside -= 1
    return HttpResponse("done")


urlpatterns = [path("slow/", slow)]


@pytest.mark.urls(__name__)
async def test_a_rush_is_answered_by_a_few_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turnstile, "AT_ONCE", 5)
    app, host = get_asgi_application(), [("host", "localhost")]
    asked = (request(app, "/slow/", headers=host, stays=True) for _ in range(40))
    assert [answer.status for answer in await asyncio.gather(*asked)] == [200] * 40
    assert 1 < _most <= 5


@pytest.mark.urls(__name__)
def test_servers_without_a_loop_answer_too(client: Client) -> None:
    assert client.get("/slow/").content == b"done"
