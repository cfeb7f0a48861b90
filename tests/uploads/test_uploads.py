"""`POST /api/v1/uploads/`: what is taken, what becomes of it, and what is left when it is refused."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from chat.models import Site, Upload
from chat.uploads import images, store
from tests.api.conftest import Caller, Guest
from tests.uploads import pictures


def upload(
    caller: Caller, content: bytes, name: str = "a.png", claimed: str = "image/png", **query: str
) -> Any:
    path = "/api/v1/uploads/" + ("?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else "")
    form = {"file": SimpleUploadedFile(name, content, claimed)}
    return caller.client.post(path, form, headers=caller.headers)


def fetch(caller: Caller, url: str, **headers: str) -> Any:
    return caller.client.get(url, headers=headers)


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def files() -> list[Path]:
    root = Path(settings.MEDIA_ROOT)
    return [path for path in root.rglob("*") if path.is_file()] if root.exists() else []


def test_a_picture_is_stored_shown_and_sent(visitor: Guest, agent: Caller, nobody: Caller) -> None:
    answer = upload(visitor, pictures.png(400, 100), "屏幕截图.png")
    assert answer.status_code == 201
    given = answer.json()
    assert set(given) == {"id", "name", "type", "size", "width", "height", "url", "thumbnail_url"}
    assert (given["name"], given["type"]) == ("屏幕截图.png", "image/png")
    assert (given["width"], given["height"]) == (400, 100)
    sent = visitor.post(
        f"conversations/{visitor.conversation}/messages/",
        {"client_msg_id": "m1", "kind": "image", "attachment": given["id"]},
    )
    assert sent.status_code == 201, sent.content
    entry = agent.get(f"conversations/{visitor.conversation}/messages/").json()["data"][0]
    assert entry["kind"] == "image"
    attachment = entry["attachment"]
    assert attachment["id"] == given["id"]
    picture = fetch(nobody, attachment["url"])
    assert picture.status_code == 200
    assert picture["Content-Type"] == "image/png"
    assert picture["Content-Disposition"].startswith("inline")
    assert Image.open(io.BytesIO(body(picture))).size == (400, 100)
    small = fetch(nobody, attachment["thumbnail_url"])
    assert small["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(body(small))).size == (320, 80)


def test_nothing_but_pixels_leaves(visitor: Guest, nobody: Caller) -> None:
    raw = pictures.jpeg(80, 40, orientation=6, comment=b"find me")
    assert b"SecretCamera" in raw and b"find me" in raw
    given = upload(visitor, raw, "p.jpg").json()
    assert (given["width"], given["height"]) == (40, 80), "turned the way the camera meant"
    for url in (given["url"], given["thumbnail_url"]):
        out = body(fetch(nobody, url))
        assert b"SecretCamera" not in out and b"find me" not in out
        image = Image.open(io.BytesIO(out))
        assert not image.getexif()
        top = image.convert("RGB").getpixel((image.width // 2, 5))
        assert isinstance(top, tuple) and top[0] > 200 and top[2] < 60, "red was left, and is above now"


def test_what_is_appended_to_a_picture_is_gone(visitor: Guest, nobody: Caller) -> None:
    raw = pictures.png(text="hidden words") + b"<script>alert(1)</script>"
    given = upload(visitor, raw).json()
    out = body(fetch(nobody, given["url"]))
    assert b"script" not in out and b"hidden" not in out
    assert given["size"] == len(out)


@pytest.mark.parametrize("form", ["GIF", "WEBP"])
def test_animations_stay_animated(visitor: Guest, nobody: Caller, form: str) -> None:
    given = upload(visitor, pictures.animation(form), f"a.{form.lower()}").json()
    image = Image.open(io.BytesIO(body(fetch(nobody, given["url"]))))
    assert getattr(image, "n_frames", 1) == 4
    assert image.info.get("loop") == 0
    image.seek(1)
    image.load()
    assert image.info["duration"] == 120


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1", "I;16"])
def test_every_kind_of_png_works(visitor: Guest, mode: str) -> None:
    assert upload(visitor, pictures.png(64, 64, mode)).status_code == 201


def test_a_cmyk_photograph_works(visitor: Guest) -> None:
    out = io.BytesIO()
    Image.new("CMYK", (30, 30)).save(out, "JPEG")
    assert upload(visitor, out.getvalue(), "print.jpg").status_code == 201


def test_a_huge_photograph_is_scaled_down(visitor: Guest) -> None:
    out = io.BytesIO()
    Image.new("RGB", (6000, 1000)).save(out, "JPEG", quality=40)
    given = upload(visitor, out.getvalue(), "pano.jpg").json()
    assert given["width"] <= 4096


def test_a_file_is_downloaded_never_shown(visitor: Guest, nobody: Caller) -> None:
    given = upload(visitor, "你好".encode(), "notes.txt", "text/plain").json()
    assert (given["width"], given["thumbnail_url"]) == (None, None)
    answer = fetch(nobody, given["url"])
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"].startswith("private")
    assert body(answer).decode() == "你好"


@pytest.mark.parametrize(
    ("content", "name", "found"),
    [
        (b"<svg onload=alert(1)></svg>", "a.png", "image/svg+xml"),
        (b"<html><script>alert(1)</script>", "a.png", "text/html"),
        (b"MZ\x90\x00\x03", "cat.jpg", "application/vnd.microsoft.portable-executable"),
        (bytes(range(256)), "a.pdf", "application/octet-stream"),
    ],
)
def test_the_clients_claim_counts_for_nothing(visitor: Guest, content: bytes, name: str, found: str) -> None:
    answer = upload(visitor, content, name, "image/png")
    assert (answer.status_code, answer.json()["code"]) == (415, "file_type_not_allowed")
    assert answer.json()["details"] == {"type": found}
    assert files() == []


def test_a_site_that_takes_svg_still_never_shows_it(visitor: Guest, shop: Site, nobody: Caller) -> None:
    from chat import sites

    Site.objects.filter(pk=shop.pk).update(upload_types=["image/svg+xml"])
    sites.forget()
    given = upload(visitor, b"<svg onload=alert(1)></svg>", "a.svg").json()
    assert given["thumbnail_url"] is None
    answer = fetch(nobody, given["url"])
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_bomb_is_refused_unopened(visitor: Guest) -> None:
    bomb = pictures.png_bomb(30_000)
    assert len(bomb) < 500_000
    answer = upload(visitor, bomb)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.json()["details"]["max_pixels"] == 40_000_000
    assert files() == []


@pytest.mark.parametrize(
    "content", [pictures.png()[:60], b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0 no", b"GIF89a"]
)
def test_a_broken_picture_is_400(visitor: Guest, content: bytes) -> None:
    answer = upload(visitor, content)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert files() == []


def test_the_sites_limit_counts_while_reading(visitor: Guest, shop: Site, tmp_path: Path) -> None:
    from chat import sites

    Site.objects.filter(pk=shop.pk).update(upload_max_bytes=100_000)
    sites.forget()
    answer = upload(visitor, b"a" * 100_001, "a.txt")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.json()["details"] == {"max_bytes": 100_000}
    assert upload(visitor, b"a" * 100_000, "a.txt").status_code == 201


def test_nothing_is_read_further_than_the_limit(visitor: Guest, shop: Site) -> None:
    """A body that never ends is dropped at the first chunk too many."""
    from chat import sites

    Site.objects.filter(pk=shop.pk).update(upload_max_bytes=100_000)
    sites.forget()
    read = 0

    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            nonlocal read
            if read == 0:
                start = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
                read += len(start)
                return start
            read += max(size, 1)
            return b"a" * max(size, 1)

    answer = visitor.client.generic(
        "POST",
        "/api/v1/uploads/",
        headers=visitor.headers,
        CONTENT_TYPE="multipart/form-data; boundary=b",
        CONTENT_LENGTH="50000000",
        **{"wsgi.input": Endless()},  # type: ignore[arg-type]
    )
    assert answer.status_code == 413
    assert read < 1_000_000


@pytest.mark.parametrize("form", [{}, {"file": "just text"}, {"other": SimpleUploadedFile("a.png", b"x")}])
def test_a_form_without_a_file_is_400(visitor: Guest, form: Any) -> None:
    answer = visitor.client.post("/api/v1/uploads/", form, headers=visitor.headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_an_empty_file_is_400(visitor: Guest) -> None:
    assert upload(visitor, b"").json()["code"] == "invalid"


def test_two_files_are_400(visitor: Guest) -> None:
    form = {"file": [SimpleUploadedFile("a.txt", b"a"), SimpleUploadedFile("b.txt", b"b")]}
    answer = visitor.client.post("/api/v1/uploads/", form, headers=visitor.headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_other_media_types_are_415(visitor: Guest) -> None:
    answer = visitor.post("uploads/", {"file": "x"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_an_agent_of_one_site_need_not_say_which(agent: Caller, shop: Site) -> None:
    assert upload(agent, pictures.png()).status_code == 201
    assert Upload.objects.get().site_id == shop.id


def test_an_agent_of_several_sites_says_which(
    hire: Callable[..., Caller], visitor: Guest, shop: Site, other_shop: Site
) -> None:
    jim = hire("jim", shop, other_shop)
    assert upload(jim, pictures.png()).json()["code"] == "invalid"
    assert upload(jim, pictures.png(), conversation=visitor.conversation).status_code == 201
    assert Upload.objects.get().site_id == shop.id
    assert upload(jim, pictures.png(), conversation="nonsense").status_code == 404


def test_nobody_uploads_for_a_strangers_conversation(stranger: Caller, visitor: Guest) -> None:
    assert upload(stranger, pictures.png(), conversation=visitor.conversation).status_code == 404


def test_only_ones_own_upload_can_be_sent(
    visitor: Guest, agent: Caller, come: Callable[..., Guest], shop: Site
) -> None:
    theirs = upload(come(shop), pictures.png()).json()["id"]
    for sender in (visitor, agent):
        for number, reference in enumerate((theirs, "nonsense", "00000000-0000-0000-0000-000000000000")):
            answer = sender.post(
                f"conversations/{visitor.conversation}/messages/",
                {"client_msg_id": f"m{number}", "kind": "image", "attachment": reference},
            )
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_nothing_stays_when_the_row_cannot_be_written(
    visitor: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    def refuse(*args: Any, **kwargs: Any) -> None:
        assert len(files()) == 2, "the files are on disk before the row"
        raise OperationalError("database is locked")

    monkeypatch.setattr(Upload, "save", refuse)
    answer = upload(visitor, pictures.png())
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert files() == []


def test_a_full_disk_is_503_and_leaves_nothing(visitor: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("chat.uploads.store.os.fsync", full)
    answer = upload(visitor, b"hello", "a.txt")
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert answer["Retry-After"]
    assert files() == []


def test_a_disk_that_fills_up_while_a_file_arrives_is_503(
    visitor: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handler: Any, raw_data: bytes, start: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("chat.uploads.receiving.LimitedFileHandler.receive_data_chunk", full)
    answer = upload(visitor, b"hello", "a.txt")
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert answer["Retry-After"]


def test_files_are_for_the_server_alone_and_their_folders_durable(
    visitor: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        real(descriptor)

    monkeypatch.setattr("chat.uploads.store.os.fsync", fsync)
    assert upload(visitor, b"hello", "a.txt").status_code == 201
    (path,) = files()
    assert path.stat().st_mode & 0o077 == 0
    root = Path(settings.MEDIA_ROOT)
    folders = [path.parent, *path.parent.parents]
    assert synced == [path, *folders[: folders.index(root) + 1]]
    assert all(folder.stat().st_mode & 0o077 == 0 for folder in folders[: folders.index(root)])


@pytest.mark.django_db(transaction=True)
def test_no_connection_is_held_while_a_picture_waits(visitor: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import connection

    steps = []
    real_close, real_reencode = connection.close, images.reencode

    def close() -> None:
        steps.append("given back")
        real_close()

    def reencode(file: Any, kind: str) -> Any:
        steps.append("decoded")
        return real_reencode(file, kind)

    monkeypatch.setattr(connection, "close", close)
    monkeypatch.setattr(store, "reencode", reencode)
    assert upload(visitor, pictures.png()).status_code == 201
    assert steps[: steps.index("decoded")] == ["given back"]
