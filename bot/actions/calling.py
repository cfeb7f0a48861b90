"""One signed call of a customer's endpoint: time-out, breaker, bounds; what comes is always a `Result`.

The body is JSON; `X-Kefu-Signature` is the hex HMAC-SHA256 of `"<X-Kefu-Timestamp>.<body>"` with the
endpoint's secret, so the endpoint knows who asks and can refuse what is old. `Idempotency-Key` is the same
for a call that is made again after a crash.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any, Final, Literal

import httpx
import msgspec
import pybreaker
import structlog

from bot import metrics, outgoing
from bot.safety.privacy import mask

log = structlog.get_logger(__name__)

MAX_ANSWER: Final = 65_536
"""Bytes of an answer that are read."""
FAILURES_TO_OPEN: Final = 5

Failure = Literal["refused", "timeout", "unreachable", "open", "invalid"]


class Call(msgspec.Struct, frozen=True):
    """What is asked of whom. `key`: the same for the same question of the same talk."""

    endpoint: str
    url: str
    secret: str
    timeout_ms: int
    key: str
    body: dict[str, Any]


class Reply(msgspec.Struct, frozen=True):
    """An endpoint's answer as it writes it. `found` false: there is no such thing (`slot`: whose value was
    wrong); `reply`: words for the visitor, by language or one for all; `data`: fields for the operator's own
    words; `card`: title, text, url, image.
    """

    found: bool = True
    slot: str = ""
    reply: str | dict[str, str] = ""
    data: dict[str, str | int | float | bool | None] = {}
    card: dict[str, str] | None = None


class Result(msgspec.Struct, frozen=True):
    """What became of a call: a reply, or the failure."""

    reply: Reply | None = None
    failure: Failure | None = None


class _Refused(Exception):
    """The endpoint says 4xx: it works, and our question was wrong."""


_DECODER: Final = msgspec.json.Decoder(Reply, strict=False)
_breakers: Final = outgoing.Breakers(FAILURES_TO_OPEN, harmless=lambda error: isinstance(error, _Refused))


def call(asked: Call) -> Result:
    """Ask, at most for the time-out. Never raises for what the other side does."""
    result = _call(asked)
    metrics.ACTIONS.labels(outcome=result.failure or "ok").inc()
    if result.failure:
        log.warning("endpoint_failed", endpoint=asked.endpoint, failure=result.failure)
    return result


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The hex signature both sides compute."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _call(asked: Call) -> Result:
    try:
        content = _breakers(asked.endpoint).call(_post, asked)
    except pybreaker.CircuitBreakerError:
        return Result(failure="open")
    except _Refused:
        return Result(failure="refused")
    except httpx.TimeoutException:
        return Result(failure="timeout")
    except httpx.HTTPError as error:
        log.info("endpoint_unreachable", endpoint=asked.endpoint, error=mask(str(error))[:200])
        return Result(failure="unreachable")
    try:
        return Result(reply=_DECODER.decode(content))
    except msgspec.DecodeError:
        return Result(failure="invalid")


def _post(asked: Call) -> bytes:
    """The answer's bytes. Raises `httpx.HTTPError` for what counts against it, `_Refused` for 4xx."""
    body = msgspec.json.encode(asked.body)
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "X-Kefu-Timestamp": timestamp,
        "X-Kefu-Signature": signature(asked.secret, timestamp, body),
        "Idempotency-Key": asked.key,
    }
    deadline = time.monotonic() + asked.timeout_ms / 1000
    timeout = httpx.Timeout(asked.timeout_ms / 1000)
    with outgoing.http().stream(
        "POST", asked.url, content=body, headers=headers, timeout=timeout
    ) as response:
        if 400 <= response.status_code < 500:
            raise _Refused
        if response.status_code != 200:
            raise httpx.HTTPStatusError("not 200", request=response.request, response=response)
        return outgoing.whole(response, MAX_ANSWER, deadline)
