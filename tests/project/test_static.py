"""Static files: versioned for ever, compressed, and nothing but static files."""

import gzip

import pytest
from django.conf import settings
from django.templatetags.static import static

from kefu_project.static_files import StaticFiles
from tests.support.asgi import request

NAME = "shared/api-docs.css"


@pytest.fixture
def files() -> StaticFiles:
    return StaticFiles()


async def test_versioned_url_may_be_cached_for_ever(files: StaticFiles) -> None:
    answer = await request(files, static(NAME))
    assert answer.status == 200
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.body == (settings.BASE_DIR / "static" / NAME).read_bytes()


@pytest.mark.parametrize("prefix", ["/static/", "/static/0123456789ab/"])
async def test_other_versions_are_served_for_a_minute(files: StaticFiles, prefix: str) -> None:
    answer = await request(files, prefix + NAME)
    assert (answer.status, answer.headers["cache-control"]) == (200, "public, max-age=60")


async def test_text_is_compressed_where_the_client_takes_it(files: StaticFiles) -> None:
    path = static("admin/css/base.css")
    plain = await request(files, path)
    packed = await request(files, path, headers=[("Accept-Encoding", "br, gzip")])
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 2
    assert packed.headers["etag"] != plain.headers["etag"]


async def test_unchanged_file_is_not_sent_again(files: StaticFiles) -> None:
    first = await request(files, static(NAME))
    again = await request(files, static(NAME), headers=[("If-None-Match", first.headers["etag"])])
    assert (again.status, again.body) == (304, b"")


async def test_head_has_the_length_and_no_body(files: StaticFiles) -> None:
    answer = await request(files, static(NAME), "HEAD")
    assert answer.body == b"" and int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/../manage.py",
        "/static/x/../../kefu_project/settings.py",
        "/static//etc/passwd",
        "/static/shared",
        "/static/no/such/file.js",
        "/static/a\0b",
    ],
)
async def test_nothing_else_is_served(files: StaticFiles, path: str) -> None:
    assert (await request(files, path)).status == 404


async def test_only_reading_is_allowed(files: StaticFiles) -> None:
    assert (await request(files, static(NAME), "POST")).status == 405
