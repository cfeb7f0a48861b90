"""The NLP interface: cleaned input, one shape of result, numbered errors, engines elsewhere with a way back,
calls that come together computed together.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from bot.answering import bundle
from bot.intents.model import Prediction
from bot.models import EntityList, RemoteEngine
from bot.nlp import local, remote, service
from bot.nlp.batching import Batcher
from bot.nlp.errors import NUMBERS, NlpError
from bot.nlp.request import MAX_TEXT, cleaned, request_of, requests_of
from bot.nlp.service import engine_for, understand, understand_many
from tests.api.conftest import Caller, Guest


def _number(call: Any, *args: Any) -> tuple[int, int | None]:
    with pytest.raises(NlpError) as caught:
        call(*args)
    return caught.value.number, caught.value.at


def test_texts_are_cleaned() -> None:
    assert cleaned("  订单号　１２３\x07\u200b\u202e ok\n ") == "订单号 123 ok"
    assert cleaned("a\tb\nc") == "a\tb\nc"
    assert len(cleaned("ﷺ" * 150)) <= MAX_TEXT


@pytest.mark.parametrize(
    ("text", "task", "options", "number"),
    [
        (None, "intent", None, 1001),
        ("", "intent", None, 1001),
        (" \u200b\x00 ", "intent", None, 1001),
        (5, "intent", None, 1001),
        ("x" * 2001, "intent", None, 1002),
        ("\ud83d", "intent", None, 1003),
        ("x", "translate", None, 1004),
        ("x", None, None, 1004),
        ("x", ["intent"], None, 1004),
        ("x", "intent", {"shape": 1}, 1005),
        ("x", "intent", [], 1006),
        ("x", "intent", {"top": 0}, 1006),
        ("x", "intent", {"top": True}, 1006),
        ("x", "intent", {"key": 5}, 1006),
        ("x", "similarity", None, 1006),
        ("x", "similarity", {"with": ["y"] * 65}, 1006),
        ("x", "similarity", {"with": [""]}, 1001),
        ("x", "entities", {"types": "phone"}, 1006),
        ("x", "embed", {"digits": 9}, 1006),
    ],
)
def test_errors_have_numbers(text: Any, task: Any, options: Any, number: int) -> None:
    assert _number(request_of, text, task, options) == (number, None)
    assert number in NUMBERS


def test_a_batch_says_which_text_is_wrong() -> None:
    assert _number(requests_of, ["a", "", "c"], "sentiment") == (1001, 1)
    assert _number(requests_of, [], "sentiment") == (1001, None)
    assert _number(requests_of, "abc", "sentiment") == (1001, None)
    assert _number(requests_of, ["a"] * 65, "sentiment") == (1007, None)


class _Model:
    """Stands where a learnt model would: it counts how it is asked."""

    def __init__(self, intent: str) -> None:
        self.intent = intent
        self.sizes: list[int] = []

    def predict_many(self, texts: list[str]) -> list[Prediction]:
        self.sizes.append(len(texts))
        ranking = ((self.intent, 0.9), ("other", 0.1))
        return [Prediction(self.intent, 0.9, "天气" not in text, 0.8, ranking) for text in texts]


@pytest.fixture
def models(db: None) -> Iterator[tuple[_Model, _Model]]:
    """An active model v1 and a canary v2 of 30 %."""
    service.forget()
    service.batcher.cache_clear()
    active, canary = _Model("refund"), _Model("canary")
    bundle.bundle_now().models = {1: (active, 0, True), 2: (canary, 30, False)}  # type: ignore[dict-item]
    yield active, canary
    service.forget()


@pytest.mark.django_db
def test_every_task_answers_in_one_shape(models: tuple[_Model, _Model]) -> None:
    EntityList.objects.create(name="product", values={"龙井": ["西湖龙井"]})
    bundle.forget()
    bundle.bundle_now().models = {1: (models[0], 0, True)}  # type: ignore[dict-item]
    now = {"now": "2026-11-20T10:00:00+08:00"}
    found = understand("明天能到吗，西湖龙井，电话 13800138000", "entities", now)
    kinds = {one["type"]: one["normalized"] for one in found.result}
    assert kinds["product"] == "龙井" and kinds["phone"].endswith("13800138000")
    assert kinds["date"].startswith("2026-11-21")
    assert (found.task, found.language, found.model) == ("entities", "zh", "rules") and found.took_us >= 0
    only = understand("电话 13800138000，明天", "entities", {"types": ["phone"], **now})
    assert [one["type"] for one in only.result] == ["phone"]
    assert _number(understand, "x", "entities", {"now": "tomorrow"})[0] == 1006
    assert understand("骗子，我要投诉你们", "sentiment").result["label"] == "angry"
    assert understand("thank you", "sentiment").result["label"] == "calm"
    intent = understand("我要退款", "intent", {"top": 1})
    assert intent.result["intent"] == "refund" and len(intent.result["ranking"]) == 1
    assert (intent.version, intent.language) == ("v1", "zh")
    assert understand("今天天气", "intent").result["intent"] is None
    similar = understand("退款多久到账", "similarity", {"with": ["营业时间是几点", "退款要多久才能到账"]})
    assert similar.result["best"] == 1 and similar.result["scores"][1] > 0.5 > similar.result["scores"][0]
    words = understand("请问退款多久到账", "keywords", {"top": 3}).result
    assert "退款" in {one["word"] for one in words} and len(words) <= 3 and words[0]["score"] == 1.0


@pytest.mark.django_db
def test_embedding_needs_an_encoder(models: tuple[_Model, _Model], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "english", lambda: None)
    assert _number(understand, "hello", "embed")[0] == 1102

    class Encoder:
        name, languages, dimensions = "tiny", ("en",), 2

        def encode(self, texts: list[str]) -> Any:
            return np.array([[0.6, 0.8]] * len(texts), np.float32)

    monkeypatch.setattr(local, "english", Encoder)
    found = understand("hello", "embed", {"digits": 2})
    assert found.result == {"vector": [0.6, 0.8], "dimensions": 2, "suited": True}
    assert (found.model, found.language) == ("tiny", "en")
    assert understand("你好", "embed").result["suited"] is False
    assert understand("hello", "similarity", {"with": "hi there"}).result["scores"] == [1.0]


@pytest.mark.django_db
def test_canaries_get_their_share_and_keep_to_a_key(models: tuple[_Model, _Model]) -> None:
    keys = [{"key": f"talk-{number}"} for number in range(300)]
    versions = [understand("我要退款", "intent", key).version for key in keys]
    assert 0.2 < versions.count("v2") / 300 < 0.4
    assert versions == [understand("我要退款", "intent", key).version for key in keys]
    assert understand("我要退款", "intent", {"model": "v2"}).version == "v2"
    assert _number(understand, "x", "intent", {"model": "v9"})[0] == 1101
    assert _number(understand, "x", "intent", {"model": "two"})[0] == 1101
    models[0].sizes.clear()
    understand_many(["我要退款", "发票", "地址"], "intent", {"model": "v1"})
    assert models[0].sizes == [3]


@pytest.mark.django_db
def test_nothing_learnt_is_an_error_of_its_own(db: None) -> None:
    service.forget()
    assert _number(understand, "我要退款", "intent")[0] == 1101


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
    remote._breakers.clear()


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
    remote._breakers.clear()
    RemoteEngine.objects.create(name="gone", url="http://127.0.0.1:9/", tasks=["sentiment"], timeout_ms=300)
    service.forget()
    spec = service.engines()[0][0]
    numbers = [_number(remote.ask, spec, [request_of("a", "sentiment")])[0] for _ in range(6)]
    assert numbers[:4] == [1202] * 4 and numbers[5] == 1205
    assert understand("a", "sentiment").model == "rules"
    remote._breakers.clear()


def test_calls_that_come_together_are_computed_together() -> None:
    sizes: list[int] = []
    first, go = threading.Event(), threading.Event()

    def compute(items: list[int]) -> list[int]:
        sizes.append(len(items))
        if items == [0]:
            first.set()
            assert go.wait(5)
        return [item * 2 for item in items]

    batcher = Batcher(compute, window_us=300_000, most=8)
    with ThreadPoolExecutor(9) as pool:
        alone = pool.submit(batcher.call, 0)
        assert first.wait(5)
        together = [pool.submit(batcher.call, number) for number in range(1, 9)]
        assert [future.result(5) for future in together] == [number * 2 for number in range(1, 9)]
        go.set()
        assert alone.result(5) == 0
    assert sizes == [1, 8]  # a full batch does not wait for its window
    assert (batcher.batches, batcher.computed) == (2, 9)


def test_one_bad_item_does_not_fail_its_neighbours() -> None:
    first, go = threading.Event(), threading.Event()

    def compute(items: list[str]) -> list[str]:
        if items == ["first"]:
            first.set()
            assert go.wait(5)
        if "bad" in items:
            raise NlpError(1006, "bad")
        return items

    batcher = Batcher(compute, window_us=300_000, most=3)
    with ThreadPoolExecutor(4) as pool:
        alone = pool.submit(batcher.call, "first")
        assert first.wait(5)
        good, bad, fine = (pool.submit(batcher.call, item) for item in ("good", "bad", "fine"))
        assert (good.result(5), fine.result(5)) == ("good", "fine")
        assert isinstance(bad.exception(5), NlpError)
        go.set()
        alone.result(5)


def test_tasks_never_share_a_batch() -> None:
    batches: list[list[str]] = []
    first, go = threading.Event(), threading.Event()

    def compute(items: list[str]) -> list[str]:
        batches.append(items)
        if items == ["first"]:
            first.set()
            assert go.wait(5)
        return items

    batcher = Batcher(compute, window_us=100_000, most=2)
    with ThreadPoolExecutor(5) as pool:
        futures = [pool.submit(batcher.call, "first", "a")]
        assert first.wait(5)
        futures += [pool.submit(batcher.call, f"{key}{at}", key) for key in "ab" for at in range(2)]
        for future in futures[1:]:
            future.result(5)
        go.set()
        futures[0].result(5)
    assert sorted(map(sorted, batches[1:])) == [["a0", "a1"], ["b0", "b1"]]


@pytest.mark.django_db
def test_agents_call_it_over_rest(
    agent: Caller, visitor: Guest, nobody: Caller, models: tuple[_Model, _Model]
) -> None:
    body = {"text": "我要退款", "task": "intent", "options": {"model": "v1"}}
    found = agent.post("nlp/", body)
    assert found.status_code == 200
    assert set(found.json()) == {"task", "result", "model", "version", "took_us", "language"}
    assert found.json()["result"]["intent"] == "refund"
    many = agent.post("nlp/", {"texts": ["谢谢", "骗子，我要投诉你们"], "task": "sentiment"}).json()[
        "results"
    ]
    assert [one["result"]["label"] for one in many] == ["calm", "angry"]
    wrong = agent.post("nlp/", {"texts": ["好", ""], "task": "sentiment"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid")
    assert wrong.json()["details"] == {"number": 1001, "error": "text_missing", "at": 1}
    missing = agent.post("nlp/", {"text": "x", "task": "intent", "options": {"model": "v7"}})
    assert (missing.status_code, missing.json()["details"]["number"]) == (409, 1101)
    assert agent.post("nlp/", []).json()["details"]["number"] == 1004
    assert visitor.post("nlp/", body).status_code == 403
    assert nobody.post("nlp/", body).status_code == 401


@pytest.mark.django_db
def test_calls_are_limited(agent: Caller, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import limits

    from chat.api import rate

    settings.KEFU_RATE_LIMIT = True
    monkeypatch.setitem(rate.PER_PERSON, "nlp", limits.RateLimitItemPerMinute(2))
    body = {"text": "谢谢", "task": "sentiment"}
    answers = [agent.post("nlp/", body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) >= 1
