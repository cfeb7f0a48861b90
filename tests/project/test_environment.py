"""Single values of the environment."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from kefu_project.environment import origin_of, pooled, secret_key, sqlite_database, static_version


def test_secret_key_is_made_once_for_everyone_who_starts_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: secret_key(folder), range(32)))
    assert len(keys) == 1 and len(keys.pop()) >= 64
    kept = folder / "secret-key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["secret-key"]


def test_secret_key_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match="KEFU_SECRET_KEY"):
        secret_key(tmp_path / "file")


def test_sqlite_waits_writes_through_and_locks_early(tmp_path: Path) -> None:
    options = sqlite_database(tmp_path / "db")["OPTIONS"]
    assert (options["timeout"], options["transaction_mode"]) == (5, "IMMEDIATE")
    assert "journal_mode=WAL" in options["init_command"] and "synchronous=FULL" in options["init_command"]


def test_postgres_has_a_pool_and_keeps_no_connection_itself() -> None:
    made = pooled(
        {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 60, "OPTIONS": {"sslmode": "require"}}
    )
    assert made["CONN_MAX_AGE"] == 0
    assert made["OPTIONS"]["sslmode"] == "require" and made["OPTIONS"]["pool"]["max_size"] >= 2


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://chat.example.com", "https://chat.example.com"),
        ("http://10.0.0.5:8000/kefu", "http://10.0.0.5:8000"),
    ],
)
def test_origin_of_an_address(url: str, origin: str) -> None:
    assert origin_of(url, "KEFU_PUBLIC_URL") == origin


@pytest.mark.parametrize("url", ["chat.example.com", "ftp://chat.example.com", "https://", "//x"])
def test_what_is_no_address_is_refused_by_name(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="KEFU_PUBLIC_URL"):
        origin_of(url, "KEFU_PUBLIC_URL")


def test_static_version_follows_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1")
    first = static_version(tmp_path, "")
    assert static_version(tmp_path, "") == first
    (tmp_path / "a.js").write_text("2")
    second = static_version(tmp_path, "")
    (tmp_path / "a.js").rename(tmp_path / "b.js")
    third = static_version(tmp_path, "")
    assert len({first, second, third, static_version(tmp_path, "6.0")}) == 4
