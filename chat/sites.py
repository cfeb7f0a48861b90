"""Sites as every request needs them: configuration, origin rules and the proof that a user is the site's own.

A site changes once a week and is read on every session, so each process keeps what it read for `TTL_S`; a
change made in this process is seen at once (`forget`), one made elsewhere within the 5 s the contract
allows.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest

from chat.errors import KefuError
from chat.models import Site

TTL_S: Final = 4.0
"""Below the 5 s within which a changed site has to count everywhere."""

READ_S: Final = 6.0
"""A little more than a connection may take, see `pooled` in the project's settings."""

MAX_ORIGINS: Final = 200
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class SiteConfig(msgspec.Struct, frozen=True):
    """A site as of at most `TTL_S` ago. `id` is a UUID in text form; `secret` never leaves the server."""

    id: str
    public_key: str
    name: str
    secret: str
    allowed_origins: frozenset[str]
    allow_missing_origin: bool
    greeting: str
    accent_color: str
    locale: str
    time_zone: str
    reopen_hours: int
    typing_preview: bool
    require_category: bool
    upload_max_bytes: int
    upload_types: frozenset[str]
    is_active: bool


class _Snapshot(msgspec.Struct, frozen=True):
    """All sites at one moment; `expires` is on the monotonic clock, in seconds."""

    expires: float
    by_id: dict[str, SiteConfig]
    by_key: dict[str, SiteConfig]
    origins: frozenset[str]


_lock = threading.Lock()
_snapshot: _Snapshot | None = None
_reading: Future[_Snapshot] | None = None
_reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kefu-sites")


def _load() -> _Snapshot:
    sites = [config_of(site) for site in Site.objects.all()]
    return _Snapshot(
        expires=time.monotonic() + TTL_S,
        by_id={site.id: site for site in sites},
        by_key={site.public_key: site for site in sites},
        origins=frozenset().union(*(site.allowed_origins for site in sites if site.is_active)),
    )


def _current() -> _Snapshot:
    global _snapshot
    kept = _snapshot
    if kept is not None and kept.expires > time.monotonic():
        return kept
    with _lock:
        kept = _snapshot
        if kept is None or kept.expires <= time.monotonic():
            try:
                kept = _snapshot = _load()
            except DatabaseError:
                if kept is None:
                    raise
                # Polls and sockets go on without the database, by what was last true.
                kept = _snapshot = msgspec.structs.replace(kept, expires=time.monotonic() + TTL_S)
        return kept


def forget() -> None:
    """Read the sites anew with the next question; called by whoever changes one."""
    global _snapshot
    _snapshot = None


def config_of(site: Site) -> SiteConfig:
    """The frozen form of a row."""
    return SiteConfig(
        id=str(site.id),
        public_key=site.public_key,
        name=site.name,
        secret=site.secret,
        allowed_origins=frozenset(origin for origin in site.allowed_origins if isinstance(origin, str)),
        allow_missing_origin=site.allow_missing_origin,
        greeting=site.greeting,
        accent_color=site.accent_color,
        locale=site.locale,
        time_zone=site.time_zone,
        reopen_hours=site.reopen_hours,
        typing_preview=site.typing_preview,
        require_category=site.require_category,
        upload_max_bytes=site.upload_max_bytes,
        upload_types=frozenset(kind for kind in site.upload_types if isinstance(kind, str)),
        is_active=site.is_active,
    )


def by_public_key(public_key: str) -> SiteConfig:
    """The active site with this key. Raises `not_found`. May touch the database."""
    site = _current().by_key.get(public_key)
    if site is None or not site.is_active:
        raise KefuError("not_found", "no such site")
    return site


def by_id(site_id: str) -> SiteConfig:
    """The site with this id, active or not. Raises `not_found`. May touch the database."""
    site = _current().by_id.get(site_id)
    if site is None:
        raise KefuError("not_found", "no such site")
    return site


def requires_category(site_id: str) -> bool:
    """Whether agents close this site's conversations with a category only. May touch the database."""
    site = _current().by_id.get(site_id)
    return site is not None and site.require_category


def all_ids() -> frozenset[str]:
    """The ids of all sites."""
    return frozenset(_current().by_id)


def normal_origin(text: str) -> str:
    """`scheme://host[:port]` as a browser would send it (RFC 6454 section 6.2): lower case, no default port.

    Raises `ValueError` for anything that is not the origin of an http(s) page.
    """
    parts = urlsplit(text.strip())
    host = parts.hostname
    if parts.scheme.lower() not in _DEFAULT_PORTS or not host or parts.username is not None:
        raise ValueError(f"{text!r} is not an origin such as https://shop.example.com")
    if parts.path not in ("", "/") or parts.query or parts.fragment or any(c.isspace() for c in host):
        raise ValueError(f"{text!r} is more than an origin: only scheme, host and port belong here")
    host = host if host.isascii() else host.encode("idna").decode("ascii")
    if not all(c.isalnum() or c in "-._:" for c in host):
        raise ValueError(f"{text!r} does not name a host")
    shown = f"[{host}]" if ":" in host else host
    scheme = parts.scheme.lower()
    port = "" if parts.port is None or parts.port == _DEFAULT_PORTS[scheme] else f":{parts.port}"
    return f"{scheme}://{shown}{port}"


def is_own_origin(origin: str, host: str) -> bool:
    """Whether a page of kefu itself sent it: the public address, or the host the request came to."""
    return origin == settings.KEFU_PUBLIC_ORIGIN or origin in (f"http://{host}", f"https://{host}")


def check_origin(site: SiteConfig, origin: str | None, host: str) -> None:
    """Raise `origin_not_allowed` unless the Origin is kefu's own or listed, or absent where the site allows
    that.

    `host` is the request's Host with its port. "null" (sandboxed frames, files) is an Origin like any other
    and can be listed by nobody, so it is refused.
    """
    if not origin:
        if site.allow_missing_origin:
            return
        raise KefuError("origin_not_allowed", "this site takes no clients without an Origin")
    if not is_own_origin(origin, host) and origin not in site.allowed_origins:
        raise KefuError("origin_not_allowed", "this Origin is not listed for the site")


def user_hash(site: SiteConfig, user_id: str) -> str:
    """What the site's server must send along with `user.id`: hex HMAC-SHA256(secret, id)."""
    return hmac.new(site.secret.encode(), user_id.encode(), hashlib.sha256).hexdigest()


def check_user_hash(site: SiteConfig, user_id: str, given: str) -> None:
    """Raise `bad_user_hash` unless `given` proves that the site's own server named this user.

    Constant time.
    """
    if not hmac.compare_digest(user_hash(site, user_id).encode(), given.strip().lower().encode()):
        raise KefuError("bad_user_hash", "user_hash does not belong to this user")


def is_listed_origin(origin: str) -> bool:
    """Whether any active site lists this Origin, as of a moment ago. Off the loop it may read them.

    On the loop (middleware asks there) a snapshot that has run out serves once more while a thread reads the
    next. The loop never waits here: those who hold the pool's connections need it to give them back.
    Whoever asks there comes by `be_read` first, so that there is a snapshot.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return origin in _current().origins
    kept = _snapshot
    if kept is None or kept.expires <= time.monotonic():
        _read_beside()
    return kept is not None and origin in kept.origins


async def be_read() -> None:
    """Wait until the sites were read once, at most `READ_S` and without holding the loop. A database that is
    away leaves them unread: no origin is listed then.
    """
    if _snapshot is None:
        with contextlib.suppress(DatabaseError, TimeoutError):
            # The reading is everybody's; one who is cancelled must not end it for the others.
            await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(_read_beside())), READ_S)


def at_hand(site_id: str) -> SiteConfig | None:
    """The site as last read, for the event loop: what has run out serves once more while a thread reads the
    next. None when nothing was read yet, or it was not there.
    """
    kept = _snapshot
    if kept is None:
        return None
    if kept.expires <= time.monotonic():
        _read_beside()
    return kept.by_id.get(site_id)


def _read_beside() -> Future[_Snapshot]:
    """One reading at a time: a database that hangs is not asked again before it has answered."""
    global _reading
    reading = _reading
    if reading is None or reading.done():
        reading = _reading = _reader.submit(_read_apart)
    return reading


def _read_apart() -> _Snapshot:
    try:
        return _current()
    finally:
        connection.close()  # nothing is kept for a thread that may never ask again


def cors_allowed(sender: Any, request: HttpRequest, **kwargs: Any) -> bool:
    """django-cors-headers' question: may a page of this Origin read our answers?

    A preflight carries no body and so names no site: an origin that any active site lists may ask; the call
    itself is then held to its own site by `check_origin`. Cookies are never allowed across origins.
    """
    origin = request.headers.get("origin")
    return origin is not None and request.path_info.startswith("/api/") and is_listed_origin(origin)
