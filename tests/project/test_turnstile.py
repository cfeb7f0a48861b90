"""Many requests at once are answered by a bounded number of threads."""

import asyncio
import threading
import time
from typing import Any

import pytest
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from kefu_project import turnstile

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


async def _status(app: Any) -> int:
    """One GET by a client that stays; the status of its answer."""
    sent: list[dict[str, Any]] = []
    asked = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not asked:
            await asyncio.Event().wait()
        return asked.pop()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": "/slow/",
        "raw_path": b"/slow/", "query_string": b"", "headers": [(b"host", b"localhost")], "scheme": "http",
        "client": ("127.0.0.1", 40000), "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    await app(scope, receive, send)
    return int(sent[0]["status"])


@pytest.mark.urls(__name__)
async def test_a_rush_is_answered_by_a_few_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turnstile, "AT_ONCE", 5)
    app = get_asgi_application()
    assert await asyncio.gather(*(_status(app) for _ in range(40))) == [200] * 40
    assert 1 < _most <= 5


@pytest.mark.urls(__name__)
def test_servers_without_a_loop_answer_too(client: Client) -> None:
    assert client.get("/slow/").content == b"done"
