"""Logs are JSON and keep secrets and people's words to themselves."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from django.conf import settings

from kefu_project.telemetry.logging import HIDDEN, configure, redacted
from tests.support.client import joined, visitor_session
from tests.support.server import Server

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What the handler has written so far, one parsed object a line."""
    root = logging.getLogger()
    before = root.handlers[:]
    configure(settings.LOGGING)
    (handler,) = (found for found in root.handlers if found not in before)
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    handler.setStream(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = before


@pytest.mark.parametrize(
    "key",
    [
        "token",
        "visitor_token",
        "access_token",
        "text",
        "password",
        "Authorization",
        "cookie",
        "secret",
        "user_hash",
    ],
)
def test_secret_keys_keep_only_their_name(lines: Lines, key: str) -> None:
    structlog.get_logger("tests").info("event", **{key: "the words"})
    (line,) = lines()
    assert line[key] == HIDDEN
    assert "the words" not in json.dumps(line)


def test_an_error_that_quotes_somebody_s_data_is_masked(lines: Lines) -> None:
    log = structlog.get_logger("tests")
    try:
        raise ValueError("DETAIL: Key (contact)=(13800138000, li.lei@example.com) already exists.")
    except ValueError as error:
        log.exception("row_refused", error=str(error), release=20261121)
    (line,) = lines()
    assert "Key (contact)" in line["error"] and "ValueError" in line["exception"]
    assert "13800138000" not in json.dumps(line) and "example.com" not in json.dumps(line)
    assert line["release"] == 20261121 and "test_logging.py" in line["exception"]


def test_nested_values_are_redacted_too(lines: Lines) -> None:
    frame = {"type": "hello", "payload": {"token": "abc"}, "list": [{"password": "pw"}]}
    structlog.get_logger("tests").warning("frame", received=frame)
    (line,) = lines()
    assert line["received"] == {"type": "hello", "payload": HIDDEN, "list": [{"password": HIDDEN}]}


def test_third_party_records_go_through_the_same_chain(lines: Lines) -> None:
    logging.getLogger("some.library").error("refused Bearer abcdef.123456 for %s", "/x?token=abcdef&a=1")
    (line,) = lines()
    assert line["event"] == f"refused Bearer {HIDDEN} for /x?token={HIDDEN}&a=1"
    assert (line["level"], line["logger"]) == ("error", "some.library")


@pytest.mark.parametrize(
    "token",
    ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "eyJrIjoidmlzaXRvciJ9:1vLxYz:c2lnbmF0dXJl_-4"],
    ids=["of a login", "of a session"],
)
def test_exceptions_are_logged_without_tokens(lines: Lines, token: str) -> None:
    try:
        raise ValueError(f"bad {token}")
    except ValueError:
        structlog.get_logger("tests").exception("failed")
    (line,) = lines()
    assert "ValueError" in line["exception"] and "eyJ" not in line["exception"]


def test_objects_and_bytes_become_their_type() -> None:
    assert redacted(
        {"raw": b"12345", "thing": object(), "deep": {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}}
    ) == {
        "raw": "<5 bytes>",
        "thing": "<object>",
        "deep": {"a": {"b": {"c": {"d": {"e": "…"}}}}},
    }


def test_plain_values_stay(lines: Lines) -> None:
    structlog.get_logger("tests").info("started", port=8000, ok=True, name="客服", nothing=None)
    (line,) = lines()
    assert (line["port"], line["ok"], line["name"], line["nothing"]) == (8000, True, "客服", None)
    assert line["timestamp"].endswith("Z")


async def test_a_real_server_logs_json_without_words_or_tokens(shared_server: Server) -> None:
    session = visitor_session(shared_server)
    async with joined(session) as visitor:
        await visitor.say(session.conversation, "the quick brown fox")
        await visitor.send("message.send", {"text": "the lazy dog", "conversation": 7})
        await visitor.expect("error")
    log = shared_server.log
    for secret in ("quick brown fox", "lazy dog", session.token, session.answer["visitor_token"]):
        assert secret not in log
    records = [line for line in log.splitlines() if line.startswith("{")]
    assert records and all("event" in json.loads(line) for line in records)
