"""Static files straight from their folders, without collectstatic: an ASGI application in front of Django.

Every URL made by `{% static %}` holds the version of all files (settings.STATIC_URL), so relative imports
between ES modules and url() in CSS stay inside that version and may be cached for ever. The same file
without a version, or with an old one, is served with a short life. Text is compressed once and kept in
memory.
"""

import asyncio
import gzip
import hashlib
import mimetypes
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

PREFIX = "/static/"
_FOREVER = b"public, max-age=31536000, immutable"
_SHORT = b"public, max-age=60"
_COMPRESSIBLE = ("text/", "application/javascript", "application/json", "image/svg+xml")
_LEAST_GZIP = 512
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("text/javascript", ".mjs")
mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("font/woff2", ".woff2")


@dataclass(frozen=True, slots=True)
class File:
    """One file in memory: its body, the gzip form where that is smaller, its media type and its tag."""

    body: bytes
    gzipped: bytes | None
    media_type: str
    etag: str
    mtime: float


class StaticFiles:
    """Serves GET and HEAD below /static/; anything else is 404 or 405."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[Path, File]] = {}
        self._reader = ThreadPoolExecutor(2, "static")

    async def _find(self, name: str) -> File | None:
        """From memory at once; else on a thread of its own, for a database that hangs holds the loop's."""
        known = self._files.get(name)
        if known is not None and not settings.DEBUG:
            return known[1]
        return await asyncio.get_running_loop().run_in_executor(self._reader, self._load, name)

    def _load(self, name: str) -> File | None:
        """The file `name` by the finders; read again only when DEBUG is on and it changed."""
        known = self._files.get(name)
        if known is not None:
            if not settings.DEBUG:
                return known[1]
            path = known[0]
        else:
            try:
                found = finders.find(name)
            except SuspiciousFileOperation:  # a path that leaves the folders
                return None
            if not isinstance(found, str):
                return None
            path = Path(found)
        if not path.is_file():
            return None
        mtime = path.stat().st_mtime
        if known is not None and known[1].mtime == mtime:
            return known[1]
        body = path.read_bytes()
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if media_type.startswith("text/"):
            media_type += "; charset=utf-8"
        gzipped = None
        if len(body) >= _LEAST_GZIP and media_type.startswith(_COMPRESSIBLE):
            packed = gzip.compress(body, 6, mtime=0)
            gzipped = packed if len(packed) < len(body) else None
        file = File(body, gzipped, media_type, hashlib.blake2b(body, digest_size=10).hexdigest(), mtime)
        self._files[name] = (path, file)
        return file

    async def __call__(self, scope: Scope, receive: object, send: Send) -> None:
        """Answer one request."""
        if scope["method"] not in ("GET", "HEAD"):
            return await _answer(send, 405, [(b"allow", b"GET, HEAD")], b"")
        name = scope["path"].removeprefix(PREFIX)
        version, _, rest = name.partition("/")
        current = version == settings.KEFU_STATIC_VERSION
        file = None
        if ".." not in name.split("/") and "\0" not in name:
            for candidate in (rest,) if current else (name, rest):
                if candidate and (file := await self._find(candidate)) is not None:
                    break
        if file is None:
            return await _answer(send, 404, [(b"content-type", b"text/plain")], b"Not found\n")
        asked = dict(scope["headers"])
        packed = file.gzipped is not None and b"gzip" in asked.get(b"accept-encoding", b"")
        etag = f'"{file.etag}{"-gz" if packed else ""}"'.encode()
        headers: Headers = [
            (b"content-type", file.media_type.encode()),
            (b"cache-control", b"no-cache" if settings.DEBUG else _FOREVER if current else _SHORT),
            (b"etag", etag),
            (b"vary", b"accept-encoding"),
            (b"x-content-type-options", b"nosniff"),
            (b"access-control-allow-origin", b"*"),
            (b"cross-origin-resource-policy", b"cross-origin"),
        ]
        if etag in [tag.strip().removeprefix(b"W/") for tag in asked.get(b"if-none-match", b"").split(b",")]:
            return await _answer(send, 304, headers, None)
        body = file.gzipped if packed and file.gzipped is not None else file.body
        if packed:
            headers.append((b"content-encoding", b"gzip"))
        await _answer(send, 200, headers, body, head=scope["method"] == "HEAD")


async def _answer(send: Send, status: int, headers: Headers, body: bytes | None, head: bool = False) -> None:
    if body is not None:
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head or body is None else body})
