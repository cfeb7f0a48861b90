"""How single values of the environment become settings: the secret key, the database, the static version."""

import contextlib
import hashlib
import os
import secrets
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

POOL_MAX = 8
"""Connections a process may hold in psycopg's pool: database work runs on a handful of threads, and
PostgreSQL's default of 100 connections then carries a dozen processes."""


def secret_key(data_dir: Path) -> str:
    """The key kept in `data_dir/secret-key` (mode 0600), made on first use.

    Several processes may start at once: the file is written whole under a private name and linked into place,
    and whoever comes second reads the first one's.
    """
    kept = data_dir / "secret-key"
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        key = kept.read_text().strip()
        if key:
            return key
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = data_dir / f".secret-key.{os.getpid()}.{secrets.token_hex(4)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            with contextlib.suppress(FileExistsError):
                os.link(draft, kept)
        finally:
            draft.unlink()
        return kept.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"No KEFU_SECRET_KEY is set and none can be kept in {kept}: {error.strerror}."
        ) from None


def sqlite_database(path: Path) -> dict[str, Any]:
    """Django's DATABASES entry of the embedded database.

    IMMEDIATE: a transaction that reads first and writes later would otherwise fail at once, without waiting,
    when another wrote in between. synchronous=FULL: what is committed is on disk. CONN_MAX_AGE 0: under ASGI
    every request has a thread of its own, and a kept connection would never be found again.
    """
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "timeout": 5,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA temp_store=MEMORY;"
            # A checkpoint at 16 MB of log instead of 4 copies pages that are written often fewer times.
            "PRAGMA wal_autocheckpoint=4000;",
        },
    }


def pooled(database: dict[str, Any]) -> dict[str, Any]:
    """`database` (from DATABASE_URL) with psycopg's pool: CONN_MAX_AGE leaks connections under ASGI.

    A connection is tried when it is taken, so that a database that was restarted fails nobody afterwards.
    """
    options = dict(database.get("OPTIONS", {}))
    options.setdefault("pool", {"min_size": 0, "max_size": POOL_MAX, "timeout": 5, "max_idle": 60})
    options.setdefault("connect_timeout", 5)
    return {**database, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}


def origin_of(url: str, name: str) -> str:
    """scheme://host[:port] of an http(s) URL; ImproperlyConfigured naming the variable `name` otherwise."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ImproperlyConfigured(
            f"{name} must be a full address such as https://chat.example.com, not {url!r}."
        )
    return f"{parts.scheme}://{parts.netloc}"


def static_version(folder: Path, also: str) -> str:
    """A short name for the contents of `folder`; part of every static URL, so those may be cached for ever.

    Made from contents and not from times, so that every process and container of one release has the same.
    """
    digest = hashlib.blake2b(also.encode(), digest_size=6)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(folder)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


class EmailSettings(NamedTuple):
    """Django's EMAIL_* settings, in the order in which settings.py takes them."""

    backend: str
    host: str
    port: int
    user: str
    password: str
    tls: bool
    ssl: bool


_MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


def email_settings(url: str) -> EmailSettings:
    """`smtp://`, `smtp+tls://` (STARTTLS) or `smtps://` with `user:password@host:port`; nothing is sent
    without one. Raises `ImproperlyConfigured` for anything else.
    """
    if not url:
        return EmailSettings("django.core.mail.backends.dummy.EmailBackend", "", 0, "", "", False, False)
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in _MAIL_PORTS or not parts.hostname or port == -1 or parts.path not in ("", "/"):
        raise ImproperlyConfigured(
            "KEFU_EMAIL_URL must look like smtp+tls://user:password@mail.example.com:587; "
            "the schemes are smtp, smtp+tls and smtps."
        )
    return EmailSettings(
        backend="django.core.mail.backends.smtp.EmailBackend",
        host=parts.hostname,
        port=port or _MAIL_PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=parts.scheme == "smtp+tls",
        ssl=parts.scheme == "smtps",
    )
