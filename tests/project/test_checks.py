"""Every check refuses what it is for, and the defaults pass them all."""

from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django.fixtures import Settings

from kefu_project.checks import TAG, is_loopback


def found() -> set[str]:
    return {str(message.id) for message in run_checks(tags=[TAG])}


@pytest.fixture(autouse=True)
def defaults(settings: Settings) -> None:
    """The settings of a plain `make run`."""
    values: dict[str, Any] = {
        "DEBUG": False,
        "KEFU_HOST": "127.0.0.1",
        "KEFU_PUBLIC_URL": "",
        "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"],
        "KEFU_TRUSTED_PROXIES": [],
        "KEFU_ADMIN_PASSWORD": "",
        "KEFU_RATE_LIMIT": True,
    }
    for name, value in values.items():
        setattr(settings, name, value)


def public(settings: Settings) -> None:
    settings.KEFU_HOST = "0.0.0.0"
    settings.KEFU_PUBLIC_URL = "https://chat.shop.cn"
    settings.ALLOWED_HOSTS = ["chat.shop.cn"]


def test_defaults_are_safe() -> None:
    assert found() == set()


def test_careful_public_server_is_safe(settings: Settings) -> None:
    public(settings)
    assert found() == set()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"DEBUG": True}, "kefu.E001"),
        ({"SECRET_KEY": "short"}, "kefu.E002"),
        ({"SECRET_KEY": "a" * 80}, "kefu.E002"),
        ({"SECRET_KEY": "changeme" * 8}, "kefu.E002"),
        ({"ALLOWED_HOSTS": ["localhost"]}, "kefu.E004"),
        ({"ALLOWED_HOSTS": ["*"]}, "kefu.E005"),
        ({"KEFU_TRUSTED_PROXIES": ["*"]}, "kefu.E006"),
        ({"KEFU_TRUSTED_PROXIES": ["my-proxy"]}, "kefu.E006"),
        ({"KEFU_RATE_LIMIT": False}, "kefu.E007"),
        ({"KEFU_ADMIN_PASSWORD": "short"}, "kefu.E008"),
        ({"KEFU_SCALED": True, "CELERY_BROKER_URL": "memory://"}, "kefu.E009"),
        ({"KEFU_PUBLIC_URL": "http://chat.shop.cn"}, "kefu.W001"),
    ],
)
def test_unsafe_public_configuration_is_found(
    settings: Settings, change: dict[str, Any], expected: str
) -> None:
    public(settings)
    for name, value in change.items():
        setattr(settings, name, value)
    assert expected in found()


@pytest.mark.parametrize(
    "change", [{"DEBUG": True}, {"KEFU_RATE_LIMIT": False}, {"KEFU_ADMIN_PASSWORD": "x"}]
)
def test_what_is_unsafe_in_public_is_allowed_at_home(settings: Settings, change: dict[str, Any]) -> None:
    for name, value in change.items():
        setattr(settings, name, value)
    assert found() == set()


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *((host, True) for host in ("127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost")),
        *((host, False) for host in ("0.0.0.0", "::", "10.1.2.3", "chat.example.com")),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
