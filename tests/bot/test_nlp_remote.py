"""Engines elsewhere behind the NLP interface: asked in batches, replaced by the local one when they fail."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bot.models import RemoteEngine
from bot.nlp import remote, service
from bot.nlp.errors import NlpError
from bot.nlp.request import request_of
from bot.nlp.service import engine_for, understand, understand_many


def _number(call: Any, *args: Any) -> tuple[int, int | None]:
    with pytest.raises(NlpError) as caught:
        call(*args)
    return caught.value.number, caught.value.at


class _Engine(ThreadingHTTPServer):
    """An engine elsewhere whose answers a test decides."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.body = 200, b""
        self.asked: list[tuple[dict[str, Any], str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/nlp"


class _Handler(BaseHTTPRequestHandler):
    server: _Engine

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((body, self.headers["Authorization"] or ""))
        given = self.server.body or json.dumps({
            "results": [
                {"task": body["task"], "result": {"label": "remote"}, "model": "", "version": "7",
                 "took_us": 1, "language": "zh"}
                for _ in body["texts"]
            ]
        }).encode()  # fmt: skip
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(given)))
        self.end_headers()
        self.wfile.write(given)

    def log_message(self, *_args: Any) -> None:
        """Silent."""


@pytest.fixture
def engine(db: None) -> Iterator[_Engine]:
    """An engine for sentiment that gets everything."""
    server = _Engine()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    RemoteEngine.objects.create(
        name="gpu", url=server.url, key="engine-key", tasks=["sentiment"], timeout_ms=2000
    )
    service.forget()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)
    service.forget()
    remote._breakers.forget()


@pytest.mark.django_db
def test_an_engine_elsewhere_is_asked_in_batches(engine: _Engine) -> None:
    found = understand_many(["a b", "c d"], "sentiment")
    assert [one.result for one in found] == [{"label": "remote"}] * 2
    assert (found[0].model, found[0].version) == ("gpu", "7")
    body, key = engine.asked[0]
    assert (body["texts"], body["task"], body["options"]) == (["a b", "c d"], "sentiment", [{}, {}])
    assert key == "Bearer engine-key"
    assert understand("a b", "keywords").model == "lexicon"  # not what it is asked for
    RemoteEngine.objects.update(canary_percent=25)
    service.forget()
    shares = [engine_for(request_of(f"text {number}", "sentiment")) is not None for number in range(400)]
    assert 0.17 < sum(shares) / 400 < 0.33


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"{}"),
        (200, b"not json"),
        (200, b'{"results": []}'),
        (200, b"x" * (remote.MAX_ANSWER + 1)),
        (302, b""),
        (400, b'{"number": 9999}'),
    ],
)
def test_an_engine_that_fails_is_replaced_by_the_local_one(engine: _Engine, status: int, body: bytes) -> None:
    engine.status, engine.body = status, body or b" "
    found = understand("骗子，我要投诉你们", "sentiment")
    assert (found.result["label"], found.model) == ("angry", "rules")


@pytest.mark.django_db
def test_what_the_request_did_wrong_is_not_tried_again_here(engine: _Engine) -> None:
    engine.status, engine.body = (
        400,
        b'{"number": 1002, "error": "text_too_long", "message": "m"}',
    )
    assert _number(understand, "a", "sentiment")[0] == 1002
    engine.body = b'{"code": "invalid", "message": "m", "details": {"number": 1006, "at": 0}}'
    for _ in range(8):
        assert _number(understand, "a", "sentiment") == (1006, 0)
    engine.status, engine.body = 200, b""
    assert understand("a", "sentiment").result == {"label": "remote"}  # the breaker did not count those


@pytest.mark.django_db
def test_an_engine_that_is_gone_is_left_alone_after_five_failures(db: None) -> None:
    remote._breakers.forget()
    RemoteEngine.objects.create(name="gone", url="http://127.0.0.1:9/", tasks=["sentiment"], timeout_ms=300)
    service.forget()
    spec = service.engines()[0][0]
    numbers = [_number(remote.ask, spec, [request_of("a", "sentiment")])[0] for _ in range(6)]
    assert numbers[:4] == [1202] * 4 and numbers[5] == 1205
    assert understand("a", "sentiment").model == "rules"
    remote._breakers.forget()


@pytest.mark.django_db
def test_personal_data_stays_in_the_house(engine: _Engine) -> None:
    RemoteEngine.objects.update(tasks=["sentiment", "similarity", "entities"])
    service.forget()
    text, other = "打13800138000找我", "li.lei@example.com 是我"
    understand(text, "sentiment")
    understand_many([text], "similarity", {"with": [other]})
    understand(text, "entities")
    sentiment, similarity, entities = (body for body, _key in engine.asked)
    assert sentiment["texts"] == ["打[phone ..8000]找我"]
    assert similarity["texts"] == sentiment["texts"]
    assert similarity["options"][0]["with"] == ["[email] 是我"]
    assert entities["texts"] == [text]  # to find it is what is asked
