"""A language model on this machine: what it is given, what may be said of its words, how it fails."""

from __future__ import annotations

import itertools
import json
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from bot.llm.client import FAILURES_TO_OPEN, MAX_LINE, ModelFailed, ModelSpec, stream
from bot.llm.prompting import UNKNOWN, growing, messages, spoken
from bot.strategies.base import Passage, Said, Source
from tests.bot.elsewhere import send, serving

PASSAGES = [
    Passage("退款两个工作日到账。", Source("question", "1", "退款多久到账", "/help/x")),
    Passage("满 99 元包邮。", Source("question", "2", "运费")),
]


def chunk(text: str, **more: Any) -> bytes:
    """One event of the stream."""
    body = {"choices": [{"delta": {"content": text}}], **more}
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def test_it_streams_and_counts() -> None:
    seen: list[dict[str, Any]] = []

    def handle(request: BaseHTTPRequestHandler, body: bytes) -> None:
        seen.append({"path": request.path, "key": request.headers["Authorization"], **json.loads(body)})
        usage = b'data: {"choices": [], "usage": {"total_tokens": 42}}\n\n'
        send(request, 200, chunk("两个") + b": ping\n\n" + chunk("工作日 [1]") + usage + b"data: [DONE]\n\n")

    with serving(handle) as url:
        deltas = list(stream(ModelSpec(url + "/v1", "sk-1", "m"), messages("多久", PASSAGES, [])))
    assert "".join(delta.text for delta in deltas) == "两个工作日 [1]" and deltas[-1].tokens == 42
    assert seen[0]["path"] == "/v1/chat/completions" and seen[0]["key"] == "Bearer sk-1"
    assert seen[0]["stream"] is True and seen[0]["model"] == "m"


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [(401, b"{}", "refused"), (200, b"data: {nonsense\n\n", "invalid"), (200, chunk("x" * 9_000), "invalid")],
)
def test_its_failures_have_names(status: int, body: bytes, reason: str) -> None:
    with serving(lambda request, _: send(request, status, body)) as url, pytest.raises(ModelFailed) as failed:
        list(stream(ModelSpec(url, "", "m"), messages("多久", PASSAGES, [])))
    assert failed.value.reason == reason


def test_it_is_left_alone_after_failures() -> None:
    calls = itertools.count()

    def handle(request: BaseHTTPRequestHandler, _: bytes) -> None:
        next(calls)
        request.close_connection = True
        request.connection.close()

    reasons = []
    with serving(handle) as url:
        for _ in range(FAILURES_TO_OPEN + 2):
            with pytest.raises(ModelFailed) as failed:
                list(stream(ModelSpec(url, "", "m"), messages("多久", PASSAGES, [])))
            reasons.append(failed.value.reason)
    assert reasons[-1] == "open" and next(calls) <= FAILURES_TO_OPEN


@pytest.mark.parametrize(("status", "last"), [(400, "refused"), (429, "open"), (503, "open")])
def test_what_it_refuses_counts_against_it_unless_the_question_was_wrong(status: int, last: str) -> None:
    with serving(lambda request, _: send(request, status, b"{}")) as url:
        for _ in range(FAILURES_TO_OPEN + 1):
            with pytest.raises(ModelFailed) as failed:
                list(stream(ModelSpec(url, "", "m"), messages("多久", PASSAGES, [])))
    assert failed.value.reason == last


@pytest.mark.parametrize(("piece", "reason"), [(b" ", "timeout"), (b"x" * MAX_LINE, "invalid")])
def test_a_line_that_never_ends_is_not_waited_for(piece: bytes, reason: str) -> None:
    gone = threading.Event()

    def handle(request: BaseHTTPRequestHandler, _: bytes) -> None:
        request.send_response(200)
        request.end_headers()
        while not gone.wait(0.05):
            request.wfile.write(piece)
            request.wfile.flush()

    with serving(handle) as url, pytest.raises(ModelFailed) as failed:
        try:
            list(stream(ModelSpec(url, "", "m", timeout_ms=400), messages("多久", PASSAGES, [])))
        finally:
            gone.set()
    assert failed.value.reason == reason


def test_personal_data_does_not_leave() -> None:
    told = json.dumps(messages("我是13800138000", PASSAGES, [Said("visitor", "a@example.com")]))
    assert "13800138000" not in told and "a@example.com" not in told
    assert "退款两个工作日到账" in json.dumps(messages("多久", PASSAGES, []), ensure_ascii=False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("两个工作日 [1]。", ("两个工作日。", ("1",))),
        ("两个工作日[1]，包邮[2][1]", ("两个工作日，包邮", ("1", "2"))),
        ("两个工作日", None),
        ("两个工作日 [7]", None),
        (UNKNOWN, None),
        ("  ", None),
    ],
)
def test_only_words_with_a_source_are_said(words: str, said: tuple[str, tuple[str, ...]] | None) -> None:
    found = spoken(words, PASSAGES)
    if found is None:
        assert said is None
    else:
        assert (found[0], tuple(source.id for source in found[1])) == said


def test_what_grows_shows_no_half_citation() -> None:
    assert [growing(text) for text in ("UNK", "两", "两个 [", "两个 [1", "两个 [1] 工")] == [
        "", "两", "两个", "两个", "两个 工",
    ]  # fmt: skip
