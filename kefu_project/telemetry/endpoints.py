"""/health/live, /health/ready and /metrics, answered before Django so that they work while it still loads."""

import asyncio
import hmac
import ipaddress
import json
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.conf import settings

from chat import health
from kefu_project.telemetry.metrics import exposition

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

T = TypeVar("T")

PATHS = frozenset({"/health/live", "/health/ready", "/metrics"})
_PROBE_SECONDS = 3.0
_REPORT_LIFE_SECONDS = 1.0


class Endpoints:
    """The operations' side of the server. `state` says where the process stands: starting, up or stopping."""

    def __init__(self) -> None:
        self.state = "starting"
        self._report: tuple[float, health.Report] | None = None
        self._threads = ThreadPoolExecutor(2, "telemetry")

    async def __call__(self, scope: Scope, receive: object, send: Send) -> None:
        """Answer one request to one of PATHS."""
        if scope["method"] not in ("GET", "HEAD"):
            await answer(send, 405, {"code": "method_not_allowed", "message": "GET only", "details": {}})
        elif scope["path"] == "/health/live":
            await answer(send, 200, {"status": "live"})
        elif scope["path"] == "/health/ready":
            status, body = await self._ready()
            await answer(send, status, body)
        elif not may_read_metrics(scope):
            message = "Metrics are for this machine or for bearers of KEFU_METRICS_TOKEN."
            await answer(send, 403, {"code": "forbidden", "message": message, "details": {}})
        else:
            text, content_type = await self._apart(exposition)
            await _send(send, 200, content_type, text)

    async def _apart(self, function: Callable[[], T]) -> T:
        """On threads of its own: a database that hangs holds all of the loop's, and that is when one asks."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, function)

    async def _ready(self) -> tuple[int, dict[str, object]]:
        if self.state != "up":
            return 503, {"status": self.state, "degraded": {}}
        now = time.monotonic()
        if self._report is None or now - self._report[0] > _REPORT_LIFE_SECONDS:
            try:
                report = await asyncio.wait_for(self._apart(health.examine), _PROBE_SECONDS)
            except TimeoutError:
                report = health.Report(False, {"health": f"no answer within {_PROBE_SECONDS:g} s"})
            self._report = (now, report)
        report = self._report[1]
        status = "not ready" if not report.ready else "degraded" if report.degraded else "ready"
        return 200 if report.ready else 503, {"status": status, "degraded": report.degraded}


def may_read_metrics(scope: Scope) -> bool:
    """True for a direct loopback client and for a bearer of the token.

    A request that a proxy forwarded comes from loopback too when the proxy runs here, so one with forwarding
    headers needs the token.
    """
    headers = dict(scope["headers"])
    token = settings.KEFU_METRICS_TOKEN
    if token and hmac.compare_digest(headers.get(b"authorization", b""), b"Bearer " + token.encode()):
        return True
    if b"x-forwarded-for" in headers or b"forwarded" in headers:
        return False
    try:
        return ipaddress.ip_address((scope.get("client") or ("",))[0]).is_loopback
    except ValueError:
        return False


async def answer(send: Send, status: int, body: dict[str, object], retry_after_s: int | None = None) -> None:
    """Send `body` as JSON, never cached; `Retry-After` where waiting helps."""
    text = json.dumps(body, ensure_ascii=False).encode() + b"\n"
    more = () if retry_after_s is None else ((b"retry-after", str(retry_after_s).encode()),)
    await _send(send, status, "application/json", text, more)


async def _send(
    send: Send, status: int, content_type: str, body: bytes, more: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
