"""What a file is, by its content; and what it is called afterwards."""

from __future__ import annotations

import io

import pytest

from chat.uploads.naming import safe_name
from chat.uploads.sniff import UNKNOWN, sniff
from tests.uploads import pictures

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (pictures.png(), "a.exe", "image/png"),
        (pictures.jpeg(), "a.png", "image/jpeg"),
        (pictures.animation("GIF"), "a", "image/gif"),
        (pictures.animation("WEBP"), "a", "image/webp"),
        (b"%PDF-1.7\n...", "a.txt", "application/pdf"),
        ("你好, world".encode(), "a.txt", "text/plain"),
        ("姓名,电话\n".encode(), "a.CSV", "text/csv"),
        ("\ufeffBOM first".encode(), "a", "text/plain"),
        ("你好".encode("gbk") + b"\xff", "a.txt", UNKNOWN),
        (b"ab\x00cd", "a.txt", UNKNOWN),
        (b"a" * 5000 + b"\x00", "a.txt", UNKNOWN),
        (b"a" * 65535 + "你".encode(), "a.txt", "text/plain"),
        (b"a" * 70000 + "你".encode()[:2], "a.txt", UNKNOWN),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "a.png", "image/svg+xml"),
        (b"<?xml version='1.0'?><!-- x --><svg></svg>", "a.png", "image/svg+xml"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "a.txt", "text/html"),
        (b"  \n<html>", "a.txt", "text/html"),
        (b"MZ\x90\x00", "photo.png", "application/vnd.microsoft.portable-executable"),
        (b"\x7fELF\x02", "photo.png", "application/x-elf"),
        (pictures.archive("a.txt"), "a.docx", "application/zip"),
        (pictures.archive("[Content_Types].xml", "word/document.xml"), "a.zip", DOCX),
        (pictures.archive("[Content_Types].xml", "xl/workbook.xml"), "a.xlsx", XLSX),
        (
            pictures.archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
            "a.docx",
            UNKNOWN,
        ),
        (b"PK\x03\x04 not a zip", "a.zip", UNKNOWN),
        (b"\x00\x00\x00\x18ftypmp42....", "a.mp4", "video/mp4"),
        (b"\x00\x00\x00\x18ftypheic....", "a.jpg", "image/heic"),
        (b"ID3\x04\x00", "a.mp3", "audio/mpeg"),
        (b"\xff\xfb\x90\x64" + bytes(50), "a.mp3", "audio/mpeg"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "a.wav", "audio/wav"),
        (bytes(range(256)), "a.png", UNKNOWN),
    ],
)
def test_kinds(content: bytes, name: str, kind: str) -> None:
    file = io.BytesIO(content)
    assert sniff(file, name) == kind
    assert file.tell() == 0


@pytest.mark.parametrize(
    ("claimed", "kind", "name"),
    [
        ("photo.jpg", "image/jpeg", "photo.jpg"),
        ("photo.JPEG", "image/jpeg", "photo.JPEG"),
        ("invoice.exe", "image/png", "invoice.exe.png"),
        ("run.bat", "text/plain", "run.bat.txt"),
        ("../../etc/passwd", "text/plain", "passwd.txt"),
        ("C:\\Users\\me\\发票.pdf", "application/pdf", "发票.pdf"),
        ("a\u202egnp.exe", "image/png", "agnp.exe.png"),
        ('a"b<c>|d\r\n.png', "image/png", "abcd.png"),
        ("..", "image/png", "file.png"),
        ("", "text/plain", "file.txt"),
        (".htaccess", "text/plain", "htaccess.txt"),
        ("x" * 500 + ".png", "image/png", "x" * 196 + ".png"),
        ("nothing", UNKNOWN, "nothing.bin"),
    ],
)
def test_names(claimed: str, kind: str, name: str) -> None:
    assert safe_name(claimed, kind) == name
