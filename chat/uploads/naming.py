"""File names fit to show and to save: what the client called it, without what could mislead. Pure."""

from __future__ import annotations

import unicodedata
from typing import Final

MAX_NAME: Final = 200  # characters; rows hold 255
_EXTENSIONS: Final[dict[str, tuple[str, ...]]] = {
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg", "jfif"),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "application/pdf": ("pdf",),
    "text/plain": ("txt", "log", "md", "json", "yaml", "yml", "ini", "conf", "srt"),
    "text/csv": ("csv",),
    "application/zip": ("zip",),
    "audio/mpeg": ("mp3",),
    "audio/ogg": ("ogg", "oga", "opus"),
    "audio/wav": ("wav",),
    "audio/mp4": ("m4a",),
    "video/mp4": ("mp4", "m4v"),
    "video/quicktime": ("mov",),
    "video/webm": ("webm",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ("pptx",),
    "application/gzip": ("gz", "tgz"),
    "application/x-7z-compressed": ("7z",),
    "application/vnd.rar": ("rar",),
    "image/svg+xml": ("svg",),
    "text/html": ("html", "htm"),
    "application/xml": ("xml",),
}
_FORBIDDEN: Final = frozenset('\\/:*?"<>|')


def safe_name(claimed: str, kind: str) -> str:
    """The claimed name without folders, control and direction characters, ending as its content says.

    `invoice.exe` that is a picture becomes `invoice.exe.png`: nobody starts it by opening it.
    """
    text = unicodedata.normalize("NFC", claimed).replace("\\", "/").rsplit("/", 1)[-1]
    text = "".join(c for c in text if c not in _FORBIDDEN and unicodedata.category(c)[0] != "C")
    text = " ".join(text.split()).strip(". ")
    extensions = _EXTENSIONS.get(kind, ("bin",))
    stem, dot, extension = text.rpartition(".")
    if not dot or extension.lower() not in extensions:
        stem, extension = text, extensions[0]
    return f"{stem[: MAX_NAME - len(extension) - 1].rstrip('. ') or 'file'}.{extension}"
