"""No request body is longer than the limit, declared or not."""

import errno
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kefu_project.body_limit import BodyLimit
from tests.support.asgi import request


async def echo(
    scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Read everything, then answer with its length; give up when the client is gone, as Django does."""
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length += len(message["body"])
        if not message["more_body"]:
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(length).encode()})


async def test_body_at_the_limit_passes() -> None:
    answer = await request(BodyLimit(echo, 10), "/", "POST", chunks=[b"12345", b"67890"])
    assert (answer.status, answer.body) == (200, b"10")


async def test_declared_length_over_the_limit_is_refused_before_reading() -> None:
    read: list[int] = []

    async def inner(*_: Any) -> None:
        read.append(1)

    answer = await request(BodyLimit(inner, 10), "/", "POST", headers=[("Content-Length", "11")])
    assert (answer.status, read) == (413, [])


async def test_undeclared_body_is_refused_when_it_has_grown_too_long() -> None:
    answer = await request(BodyLimit(echo, 10), "/", "POST", chunks=[b"123456", b"7890ab", b"c"])
    assert answer.status == 413
    assert b'"code": "too_large"' in answer.body


async def test_senseless_length_is_refused() -> None:
    answer = await request(BodyLimit(echo, 10), "/", "POST", headers=[("Content-Length", "-1")])
    assert answer.status == 413


async def test_a_full_disk_is_said_while_the_body_arrives() -> None:
    async def inner(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    answer = await request(BodyLimit(inner, 10), "/", "POST", chunks=[b"12345"])
    assert answer.status == 503
    assert b'"code": "busy"' in answer.body


async def test_other_troubles_are_not_its_own() -> None:
    async def inner(*_: Any) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        await request(BodyLimit(inner, 10), "/", "POST", chunks=[b"12345"])
