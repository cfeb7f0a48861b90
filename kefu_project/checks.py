"""System checks that refuse unsafe configuration. `manage.py serve` turns their errors into its exit
message."""

import ipaddress
from collections.abc import Callable, Sequence
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

TAG = "kefu"
LEAST_SECRET = 40
LEAST_PASSWORD = 10
_LOCAL_NAMES = {"localhost", "127.0.0.1", "[::1]", "::1"}
_KNOWN_SECRETS = ("changeme", "change-me", "secret", "django-insecure", "password", "example")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens on `host`."""
    if host in _LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_public() -> bool:
    """Whether somebody on another machine may reach this server, by its address or through a proxy."""
    public = urlsplit(settings.KEFU_PUBLIC_URL).hostname
    return not is_loopback(settings.KEFU_HOST) or bool(public and not is_loopback(public))


def debug_in_public() -> CheckMessage | None:
    """E001: DEBUG shows settings and source to whoever causes an error."""
    if settings.DEBUG and is_public():
        return Error(
            "KEFU_DEBUG is on and the server can be reached from other machines; turn it off.", id="kefu.E001"
        )
    return None


def weak_secret_key() -> CheckMessage | None:
    """E002: session tokens and file links are signed with this key."""
    key = settings.SECRET_KEY
    known = any(word in key.lower() for word in _KNOWN_SECRETS)
    if len(key) < LEAST_SECRET or len(set(key)) < 5 or (known and len(set(key)) < 20):
        message = (
            f"KEFU_SECRET_KEY is too weak: use at least {LEAST_SECRET} random characters, or leave it out."
        )
        return Error(message, id="kefu.E002")
    return None


def redis_without_database() -> CheckMessage | None:
    """E003: several processes and machines cannot share one SQLite file."""
    if settings.KEFU_SCALED and settings.DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
        message = "KEFU_REDIS_URL is set and DATABASE_URL names no PostgreSQL; the scaled mode needs both."
        return Error(message, id="kefu.E003")
    return None


def public_without_hosts() -> CheckMessage | None:
    """E004: nobody outside could open a page, and a wildcard would let anyone name us as he likes."""
    named = set(settings.ALLOWED_HOSTS) - _LOCAL_NAMES
    if is_public() and not named:
        message = "The server can be reached from other machines; name its host names in KEFU_ALLOWED_HOSTS."
        return Error(message, id="kefu.E004")
    if is_public() and "*" in named:
        message = "KEFU_ALLOWED_HOSTS is * on a public server; name the host names that are yours."
        return Error(message, id="kefu.E005")
    return None


def trusted_everyone() -> CheckMessage | None:
    """E006: a trusted proxy tells us the client's address, so trusting all lets clients choose theirs."""
    if "*" in settings.KEFU_TRUSTED_PROXIES:
        message = "KEFU_TRUSTED_PROXIES is *: any client could claim any address; list your proxies."
        return Error(message, id="kefu.E006")
    for proxy in settings.KEFU_TRUSTED_PROXIES:
        try:
            ipaddress.ip_network(proxy, strict=False)
        except ValueError:
            message = (
                f"KEFU_TRUSTED_PROXIES holds {proxy!r}, which is no address or network such as 10.0.0.0/8."
            )
            return Error(message, id="kefu.E006")
    return None


def rate_limit_off_in_public() -> CheckMessage | None:
    """E007: KEFU_RATE_LIMIT=off is for load tests."""
    if is_public() and not settings.KEFU_RATE_LIMIT:
        message = "KEFU_RATE_LIMIT is off and the server can be reached from other machines; turn it on."
        return Error(message, id="kefu.E007")
    return None


def weak_admin_password() -> CheckMessage | None:
    """E008: the first administrator is an agent of every site."""
    password = settings.KEFU_ADMIN_PASSWORD
    if is_public() and password and len(password) < LEAST_PASSWORD:
        message = (
            f"KEFU_ADMIN_PASSWORD is too short for a public server: at least {LEAST_PASSWORD} characters."
        )
        return Error(message, id="kefu.E008")
    return None


def memory_broker_in_scaled_mode() -> CheckMessage | None:
    """E009: a broker in memory serves one process only."""
    if settings.KEFU_SCALED and settings.CELERY_BROKER_URL.startswith("memory:"):
        message = "KEFU_CELERY_BROKER_URL is memory:// in the scaled mode; name Redis or RabbitMQ."
        return Error(message, id="kefu.E009")
    return None


def email_without_sender() -> CheckMessage | None:
    """E010: mail servers refuse what names no sender."""
    if not settings.KEFU_EMAIL_URL:
        return None
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    try:
        validate_email(address)
    except ValidationError:
        message = "KEFU_EMAIL_URL is set and KEFU_EMAIL_FROM is no address such as Shop <shop@example.com>."
        return Error(message, id="kefu.E010")
    if not (name + address).isprintable():
        return Error("KEFU_EMAIL_FROM holds a line break or a control character.", id="kefu.E010")
    return None


def email_password_in_the_clear() -> CheckMessage | None:
    """W002: smtp:// with a password sends it readable to every machine in between."""
    clear = settings.KEFU_EMAIL_URL.startswith("smtp://") and settings.EMAIL_HOST_PASSWORD
    if clear and not is_loopback(settings.EMAIL_HOST):
        message = "KEFU_EMAIL_URL sends its password without encryption; use smtp+tls:// or smtps://."
        return Warning(message, id="kefu.W002")
    return None


def plain_http_in_public() -> CheckMessage | None:
    """W001: passwords and messages would travel in the clear."""
    if is_public() and not settings.KEFU_PUBLIC_URL.startswith("https://"):
        message = "The server can be reached from other machines and KEFU_PUBLIC_URL is not an https address."
        return Warning(message, hint="Put a TLS proxy in front and set KEFU_PUBLIC_URL.", id="kefu.W001")
    return None


CHECKS: tuple[Callable[[], CheckMessage | None], ...] = (
    debug_in_public,
    weak_secret_key,
    redis_without_database,
    public_without_hosts,
    trusted_everyone,
    rate_limit_off_in_public,
    weak_admin_password,
    memory_broker_in_scaled_mode,
    email_without_sender,
    email_password_in_the_clear,
    plain_http_in_public,
)


@register(TAG)
def refuse_unsafe_configuration(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """All of CHECKS as one system check."""
    return [message for check in CHECKS if (message := check()) is not None]
