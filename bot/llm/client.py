"""One streamed call of an OpenAI-compatible model, with a budget of time and tokens and a breaker.

Every failure is a `ModelFailed`: the caller falls back to what level 3 found.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import httpx
import msgspec
import pybreaker

from bot import outgoing

MAX_LINE: Final = 65_536
MAX_BYTES: Final = 4 * 2**20
"""Of a whole stream: an event carries a token or two in some hundred bytes."""
MAX_ANSWER: Final = 8_000
"""Characters."""
FAILURES_TO_OPEN: Final = 3
CHARACTERS_A_TOKEN: Final = 1.5
"""For models that do not count their own: Chinese has about 1.5 characters a token, English 4."""


class ModelFailed(Exception):
    """The model gave no whole answer; `reason`: timeout, refused, unreachable, open, invalid, budget.
    `asked_wrongly`: for what stood in the question, which says nothing against the model.
    """

    def __init__(self, reason: str, *, asked_wrongly: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.asked_wrongly = asked_wrongly


class ModelSpec(msgspec.Struct, frozen=True):
    """Which model, where. `base_url` ends before `/chat/completions`. `timeout_ms`: for the whole answer;
    `silence_ms`: for its first words, and between any two.
    """

    base_url: str
    key: str
    model: str
    max_tokens: int = 400
    timeout_ms: int = 8_000
    silence_ms: int = 8_000


class Delta(msgspec.Struct, frozen=True):
    """A piece of the answer; the last one has the tokens the call used."""

    text: str
    tokens: int = 0


class _Piece(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    delta: _Piece = msgspec.field(default_factory=_Piece)


class _Usage(msgspec.Struct):
    total_tokens: int = 0


class _Chunk(msgspec.Struct):
    choices: list[_Choice] = []
    usage: _Usage | None = None


_CHUNK: Final = msgspec.json.Decoder(_Chunk)
_breakers: Final = outgoing.Breakers(
    FAILURES_TO_OPEN, harmless=lambda error: isinstance(error, ModelFailed) and error.asked_wrongly
)


def stream(spec: ModelSpec, messages: Sequence[dict[str, Any]]) -> Iterator[Delta]:
    """The answer as it grows. Raises `ModelFailed`, also in the middle."""
    try:
        # The breaker counts whole calls: one that dies in the middle is a failure like one that never began.
        with _breakers(spec.base_url).calling():
            yield from _stream(spec, messages)
    except pybreaker.CircuitBreakerError:
        raise ModelFailed("open") from None
    except httpx.TimeoutException:
        raise ModelFailed("timeout") from None
    except (msgspec.DecodeError, httpx.DecodingError):
        raise ModelFailed("invalid") from None
    except httpx.HTTPError:
        raise ModelFailed("unreachable") from None


def _stream(spec: ModelSpec, messages: Sequence[dict[str, Any]]) -> Iterator[Delta]:
    body = {
        "model": spec.model,
        "messages": list(messages),
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": spec.max_tokens,
        "temperature": 0.2,
    }
    headers = {"Authorization": f"Bearer {spec.key}"} if spec.key else {}
    silence_ms = min(spec.timeout_ms, spec.silence_ms)
    deadline = time.monotonic() + spec.timeout_ms / 1000
    begins_by = time.monotonic() + silence_ms / 1000
    size, tokens = 0, 0
    url = spec.base_url.rstrip("/") + "/chat/completions"
    timeout = httpx.Timeout(silence_ms / 1000)
    with outgoing.http().stream("POST", url, json=body, headers=headers, timeout=timeout) as response:
        if response.status_code != 200:
            raise ModelFailed("refused", asked_wrongly=response.status_code == 400)
        coming = outgoing.pieces(response, MAX_BYTES, lambda: deadline if size else begins_by)
        for line in outgoing.lines(coming, MAX_LINE):
            if not line.startswith(b"data:"):
                continue
            data = line[5:].strip()
            if data == b"[DONE]":
                break
            chunk = _CHUNK.decode(data)
            if chunk.usage is not None:
                tokens = chunk.usage.total_tokens
            text = "".join(choice.delta.content or "" for choice in chunk.choices)
            size += len(text)
            if size > MAX_ANSWER:
                raise ModelFailed("invalid")
            if text:
                yield Delta(text)
    asked = sum(len(str(message.get("content", ""))) for message in messages)
    yield Delta("", tokens or int((asked + size) / CHARACTERS_A_TOKEN) + 1)
