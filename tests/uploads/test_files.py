"""`/files/…`: addresses that are capabilities, and what they give."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from chat.protocol.entry import Attachment
from chat.uploads.signing import MAX_LIFETIME_S, file_url, sign_attachment
from tests.api.conftest import Caller, Guest
from tests.uploads import pictures
from tests.uploads.test_uploads import body, fetch, upload

TEXT = b"0123456789" * 1000


@pytest.fixture
def url(visitor: Guest) -> str:
    """The address of a text of 10,000 bytes."""
    return str(upload(visitor, TEXT, "digits.txt").json()["url"])


def altered(url: str, **changes: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{urlencode({**dict(parse_qsl(parts.query)), **changes})}"


def test_an_address_lives_an_hour_at_most_and_stays_the_same_meanwhile() -> None:
    attachment = Attachment("0190b6a1-7c1e-7000-8000-0000000000aa", "a b/ä.png", "image/png", 1, 2, 3)
    one, two = sign_attachment(attachment), sign_attachment(attachment)
    assert one.url is not None and one.thumbnail_url is not None
    expires = int(dict(parse_qsl(urlsplit(one.url).query))["expires"])
    assert 0 < expires - time.time() <= MAX_LIFETIME_S
    assert (one == two) or expires % 600 == 0
    assert urlsplit(one.url).path == f"/files/{attachment.id}/a%20b%2F%C3%A4.png"
    assert attachment.url is None


@pytest.mark.parametrize(
    "changes",
    [
        {"signature": "x"}, {"signature": ""}, {"signature": "é"}, {"expires": "0"}, {"expires": "x"},
        {"expires": "9" * 30}, {"expires": "-1"}, {"expires": "１２３"},
    ],
)  # fmt: skip
def test_a_forged_address_is_404(nobody: Caller, url: str, changes: dict[str, str]) -> None:
    answer = fetch(nobody, altered(url, **changes))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_an_address_of_yesterday_or_next_year_is_404(nobody: Caller, url: str) -> None:
    key = urlsplit(url).path.split("/")[2]
    for expires in (int(time.time()) - 1, int(time.time()) + 30 * 86400):
        assert fetch(nobody, file_url(key, "digits.txt", "original", expires)).status_code == 404
    assert fetch(nobody, urlsplit(url).path).status_code == 404


def test_an_address_is_for_one_file_and_form_only(nobody: Caller, visitor: Guest, url: str) -> None:
    other = upload(visitor, pictures.png()).json()
    query = urlsplit(url).query
    assert fetch(nobody, f"{urlsplit(other['url']).path}?{query}").status_code == 404
    original_as_thumbnail = urlsplit(other["thumbnail_url"]).path + "?" + urlsplit(other["url"]).query
    assert fetch(nobody, original_as_thumbnail).status_code == 404


def test_the_name_in_the_address_decides_nothing(nobody: Caller, url: str) -> None:
    renamed = url.replace("digits.txt", "evil.html")
    answer = fetch(nobody, renamed)
    assert answer["Content-Type"].startswith("text/plain")
    assert "digits.txt" in answer["Content-Disposition"]


@pytest.mark.parametrize(
    ("asked", "status", "content", "said"),
    [
        ("bytes=0-9", 206, TEXT[:10], "bytes 0-9/10000"),
        ("bytes=9990-", 206, TEXT[-10:], "bytes 9990-9999/10000"),
        ("bytes=-5", 206, TEXT[-5:], "bytes 9995-9999/10000"),
        ("bytes=9990-99999", 206, TEXT[-10:], "bytes 9990-9999/10000"),
        ("bytes=5-3", 200, TEXT, None),
        ("bytes=0-1,5-6", 200, TEXT, None),
        ("lines=1-2", 200, TEXT, None),
        ("bytes=-", 200, TEXT, None),
    ],
)
def test_ranges(nobody: Caller, url: str, asked: str, status: int, content: bytes, said: str | None) -> None:
    answer = fetch(nobody, url, Range=asked)
    assert answer.status_code == status
    assert body(answer) == content
    assert answer["Content-Length"] == str(len(content))
    assert answer.headers.get("Content-Range") == said


@pytest.mark.parametrize("asked", ["bytes=10000-", "bytes=-0"])
def test_a_range_beyond_the_end_is_416(nobody: Caller, url: str, asked: str) -> None:
    answer = fetch(nobody, url, Range=asked)
    assert answer.status_code == 416
    assert answer["Content-Range"] == "bytes */10000"


def test_caches_may_keep_it_privately(nobody: Caller, url: str) -> None:
    first = fetch(nobody, url)
    assert "private" in first["Cache-Control"] and "immutable" in first["Cache-Control"]
    again = fetch(nobody, url, **{"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    changed = fetch(nobody, url, Range="bytes=0-9", **{"If-Range": '"other"'})
    assert changed.status_code == 200
    head: Any = nobody.client.head(url)
    assert (head.status_code, head["Content-Length"]) == (200, "10000")
    assert nobody.client.post(url).status_code == 405
