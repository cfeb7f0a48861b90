"""How often one address and one person may call: the `limits` library over memory or, scaled, Redis.

Limits protect against scripts, not against people: a whole office or a mobile carrier may share one address.
"""

from __future__ import annotations

import functools
import ipaddress
import time
from collections.abc import Callable
from typing import Any, Final, Literal

import limits
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from limits.strategies import RateLimiter, SlidingWindowCounterRateLimiter
from rest_framework.request import Request

from chat.api.errors import locked_response
from chat.conversation import Participant
from chat.errors import KefuError

Act = Literal[
    "session", "upload", "post", "login", "read", "leave", "page", "help_search", "help_feedback",
    "assist", "nlp",
]  # fmt: skip

PER_ADDRESS: Final[dict[Act, limits.RateLimitItem]] = {
    "session": limits.RateLimitItemPerMinute(300),
    "upload": limits.RateLimitItemPerMinute(120),
    "post": limits.RateLimitItemPerMinute(1200),
    "login": limits.RateLimitItemPerMinute(30),
    "leave": limits.RateLimitItemPerMinute(60),
    "help_search": limits.RateLimitItemPerMinute(240),  # one for every pause in typing
    "help_feedback": limits.RateLimitItemPerMinute(20),
}
PER_PERSON: Final[dict[Act, limits.RateLimitItem]] = {
    "upload": limits.RateLimitItemPerMinute(30),
    "post": limits.RateLimitItemPerMinute(120),
    "leave": limits.RateLimitItemPerMinute(6),  # each is an e-mail to the team
    "read": limits.RateLimitItemPerMinute(600),
    "page": limits.RateLimitItemPerMinute(60),
    "assist": limits.RateLimitItemPerMinute(240),  # one for every pause in typing
    "nlp": limits.RateLimitItemPerMinute(600),
}


@functools.cache
def _limiter() -> RateLimiter:
    uri = settings.KEFU_REDIS_URL or "memory://"
    options: dict[str, Any] = {}
    if settings.KEFU_REDIS_URL:
        options = {"wrap_exceptions": True, "socket_timeout": 1, "socket_connect_timeout": 1}
    return SlidingWindowCounterRateLimiter(limits.storage.storage_from_string(uri, **options))


def client_address(request: HttpRequest) -> str:
    """The caller's address. The server has put it there, believing only KEFU_TRUSTED_PROXIES; headers are
    not read.

    One IPv6 customer has a whole /64 to call from, so that counts as one address.
    """
    text = request.META.get("REMOTE_ADDR") or ""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text[:64]
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return text


def check(request: Request, act: Act, person: Participant | None = None) -> None:
    """Count one call; raise `rate_limited` when its address or its person has had enough."""
    if not settings.KEFU_RATE_LIMIT:
        return
    if act in PER_ADDRESS:
        _hit(PER_ADDRESS[act], act, "address", client_address(request._request))
    if person is not None and person.id and act in PER_PERSON:
        _hit(PER_PERSON[act], act, person.kind, person.id)


def check_address(request: HttpRequest, act: Act) -> None:
    """Count one request of a page; raise `rate_limited` when its address has had enough."""
    if settings.KEFU_RATE_LIMIT:
        _hit(PER_ADDRESS[act], act, "address", client_address(request))


def limited_login(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Count what is sent to a login page by address, as `auth/token/` does: axes knows names, so it does not
    see somebody who tries one password on a thousand of them, and each try costs half a second of processor.
    """

    @functools.wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and settings.KEFU_RATE_LIMIT:
            try:
                _hit(PER_ADDRESS["login"], "login", "address", client_address(request))
            except KefuError as refusal:
                return locked_response(request, refusal.retry_after_s or 60.0)
        return view(request, *args, **kwargs)

    return limited


def check_reading(request: Request, person: Participant) -> None:
    """Count one reading of a visitor; agents read as much as their work needs. Raises `rate_limited`."""
    if person.kind == "visitor":
        check(request, "read", person)


def _hit(item: limits.RateLimitItem, *names: str) -> None:
    limiter = _limiter()
    try:
        if limiter.hit(item, *names):
            return
        reset = limiter.get_window_stats(item, *names).reset_time
    except limits.errors.StorageError:
        return  # counting is no reason to refuse people while Redis is away
    raise KefuError("rate_limited", "too many requests", retry_after_s=max(1.0, reset - time.time()))
