"""The NLP interface: cleaned input, one shape of result, numbered errors, canaries, REST."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from bot.answering import bundle
from bot.intents.prediction import Prediction
from bot.models import EntityList
from bot.nlp import local, service
from bot.nlp.errors import NUMBERS, NlpError
from bot.nlp.request import MAX_TEXT, cleaned, request_of, requests_of
from bot.nlp.service import understand, understand_many
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
