"""What a file is, by its content alone. A client's Content-Type and file name are claims; only bytes count
here.

The types that sites usually allow are told by their own marks; `puremagic` names the rest, so that a
refusal can say what it found. Pure but for reading the file.
"""

from __future__ import annotations

import codecs
import zipfile
from typing import BinaryIO, Final

UNKNOWN: Final = "application/octet-stream"
_HEAD: Final = 4096
_CHUNK: Final = 64 * 1024
_MAX_ZIP_ENTRIES: Final = 20_000

_STARTS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x7fELF", "application/x-elf"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_OFFICE_FOLDERS: Final = {
    "word/": _OFFICE + "wordprocessingml.document",
    "xl/": _OFFICE + "spreadsheetml.sheet",
    "ppt/": _OFFICE + "presentationml.presentation",
}
_RIFF: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS: Final = {
    b"qt  ": "video/quicktime", b"M4A ": "audio/mp4", b"avif": "image/avif", b"avis": "image/avif",
    b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heif", b"3gp4": "video/3gpp",
}  # fmt: skip
_CONTROLS: Final = frozenset(range(32)) - frozenset(b"\t\n\r\f\x1b")


def sniff(file: BinaryIO, name: str) -> str:
    """The media type of a seekable file; `application/octet-stream` when nobody knows.

    `name` decides only between the kinds of plain text, which have no marks of their own. Leaves the file
    at its beginning.
    """
    file.seek(0)
    head = file.read(_HEAD)
    found = _by_marks(file, head) or _as_text(file, head, name) or _by_library(head)
    file.seek(0)
    return found or UNKNOWN


def _by_marks(file: BinaryIO, head: bytes) -> str | None:
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF" and len(head) >= 12:
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zip_kind(file)
    if len(head) > 4 and head[0] == 0xFF and head[1] in (0xFB, 0xF3, 0xF2, 0xFA):
        return "audio/mpeg"
    return None


def _zip_kind(file: BinaryIO) -> str:
    """A plain archive or an office document, by the archive's list of contents; nothing is unpacked."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()[:_MAX_ZIP_ENTRIES]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeError):
        return UNKNOWN
    if "[Content_Types].xml" not in names:
        return "application/zip"
    for folder, kind in _OFFICE_FOLDERS.items():
        if any(entry.startswith(folder) for entry in names):
            # A document that carries macros is not the document type it looks like.
            return UNKNOWN if any(entry.endswith("vbaProject.bin") for entry in names) else kind
    return "application/zip"


def _as_text(file: BinaryIO, head: bytes, name: str) -> str | None:
    """A kind of text when the whole file is UTF-8 without control characters."""
    if any(byte in _CONTROLS for byte in head):
        return None
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while chunk := file.read(_CHUNK):
            if b"\x00" in chunk:
                return None
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    start = head.decode("utf-8", errors="ignore").lstrip("\ufeff \t\r\n").lower()
    if "<svg" in start:
        return "image/svg+xml"
    if start.startswith(("<!doctype html", "<html", "<head", "<body", "<script", "<iframe")):
        return "text/html"
    if start.startswith("<?xml"):
        return "application/xml"
    return "text/csv" if name.lower().endswith(".csv") else "text/plain"


def _by_library(head: bytes) -> str | None:
    import puremagic

    try:
        found = puremagic.from_string(head, mime=True)
    except (puremagic.PureError, ValueError):
        return None
    # Never let a guess pass for one of the types that have been ruled out above.
    guessed = found if isinstance(found, str) else ""
    checked = {kind for _, kind in _STARTS} | {*_RIFF.values(), *_OFFICE_FOLDERS.values()}
    return None if not guessed or guessed in checked or guessed.startswith("text/") else guessed
