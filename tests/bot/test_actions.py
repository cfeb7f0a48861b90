"""Calls of customers' endpoints: signed, bounded, broken off, left alone; and what visitors are told."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from bot.actions.calling import FAILURES_TO_OPEN, MAX_ANSWER, Call, Reply, Result, call
from bot.actions.replying import answer_of, fill
from bot.dialog.state import DialogState
from bot.strategies.base import ActionCall, Answer
from tests.bot.elsewhere import send, serving

_NAMES = (f"endpoint-{number}" for number in itertools.count())
FOUND = json.dumps({"found": True, "reply": {"zh": "到了", "en": "arrived"}, "data": {"days": 2}}).encode()


def asked(url: str, name: str = "", timeout_ms: int = 2_000) -> Call:
    """A call of an endpoint no other test has called, for breakers remember."""
    return Call(name or next(_NAMES), url, "secret", timeout_ms, "c:7", {"slots": {"order_id": "1"}})


def test_the_endpoint_can_check_who_asks() -> None:
    seen: list[tuple[dict[str, str], bytes]] = []

    def handle(request: BaseHTTPRequestHandler, body: bytes) -> None:
        seen.append((dict(request.headers), body))
        send(request, 200, FOUND)

    with serving(handle) as url:
        result = call(asked(url))
    assert result.reply is not None and result.reply.data == {"days": 2}
    ((headers, body),) = seen
    signed = headers["X-Kefu-Timestamp"].encode() + b"." + body
    assert headers["X-Kefu-Signature"] == hmac.new(b"secret", signed, hashlib.sha256).hexdigest()
    assert headers["Idempotency-Key"] == "c:7" and json.loads(body) == {"slots": {"order_id": "1"}}


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (403, b"{}", "refused"),
        (500, b"{}", "unreachable"),
        (302, b"", "unreachable"),
        (200, b"<html>", "invalid"),
        (200, b'{"data": {"deep": {"er": 1}}}', "invalid"),
        (200, b'"' + b"x" * MAX_ANSWER + b'"', "unreachable"),
    ],
)
def test_every_failure_has_a_name(status: int, body: bytes, failure: str) -> None:
    with serving(lambda request, _: send(request, status, body)) as url:
        assert call(asked(url)) == Result(failure=failure)  # type: ignore[arg-type]


def test_nobody_there() -> None:
    with serving(lambda request, _: None) as url:
        pass
    assert call(asked(url)).failure == "unreachable"


def test_a_trickle_ends_with_the_time_out() -> None:
    gone = threading.Event()

    def handle(request: BaseHTTPRequestHandler, _: bytes) -> None:
        request.send_response(200)
        request.end_headers()
        for _turn in range(100):
            request.wfile.write(b" ")
            request.wfile.flush()
            if gone.wait(0.05):
                return

    with serving(handle) as url:
        assert call(asked(url, timeout_ms=300)).failure == "timeout"
        gone.set()


def test_after_five_failures_it_is_left_alone() -> None:
    calls = itertools.count()

    def handle(request: BaseHTTPRequestHandler, _: bytes) -> None:
        next(calls)
        send(request, 503, b"")

    name = next(_NAMES)
    with serving(handle) as url:
        results = [call(asked(url, name)).failure for _ in range(FAILURES_TO_OPEN + 3)]
    assert results.count("open") >= 3 and results[-1] == "open"
    assert next(calls) <= FAILURES_TO_OPEN


OPEN = Answer(
    "", "intent", intent="order_status",
    action=ActionCall("shop", "order_status", {"order_id": "1"}, rest="继续吗？"),
)  # fmt: skip


def said(result: Result, **more: Any) -> Answer:
    """What the visitor is told of it."""
    given: dict[str, Any] = {
        "title": "查订单",
        "template": "",
        "language": "zh",
        "state": DialogState(turns=3),
    }
    return answer_of(OPEN, result, **{**given, **more})


def test_what_is_said_of_an_answer() -> None:
    reply = Reply(reply={"zh": "到了", "en": "arrived"}, data={"days": 2})
    assert said(Result(reply)).text == "到了\n\n继续吗？"
    assert said(Result(reply), language="en").text.startswith("arrived")
    assert said(Result(reply), template="{order_id} 还要 {days} 天{nothing}").text.startswith("1 还要 2 天\n")
    assert said(Result(reply)).sources[0].title == "查订单"


def test_a_wrong_number_is_asked_for_again() -> None:
    answer = said(Result(Reply(found=False, slot="order_id")))
    assert answer.outcome == "asked" and answer.state is not None
    assert (answer.state.intent, answer.state.pending, answer.state.slots) == ("order_status", "order_id", {})


def test_a_failure_goes_to_people() -> None:
    answer = said(Result(failure="timeout"))
    assert answer.handover is not None and answer.handover.reason == "failure"


def test_a_template_evaluates_nothing() -> None:
    assert fill("{a.__class__} {a} {{a}}", {"a": "x"}) == "{a.__class__} x {x}"
