"""Pictures are decoded and encoded again: what leaves is pixels, without EXIF, GPS, comments or anything
hidden behind them, turned the way the camera meant, and small enough to be looked at.
"""

from __future__ import annotations

import io
import os
import struct
import threading
from typing import Any, BinaryIO, Final

import msgspec
from PIL import Image, ImageOps, ImageSequence

from chat.errors import KefuError

MAX_PIXELS: Final = 40_000_000
"""A 40 megapixel picture takes 160 MB while it is open; phones make 12 to 24."""

MAX_FRAMES: Final = 400
MAX_SIDE: Final = 4096
"""Longer sides are scaled down: no chat shows more, and every reader would pay for it."""

THUMBNAIL_SIDE: Final = 320

PICTURES: Final = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
"""Types that are re-encoded, and shown rather than downloaded. No other type ever is."""

_KEPT_INFO: Final = ("transparency", "icc_profile", "duration", "loop", "background")
_WAIT_S: Final = 20.0
_FRAME_MS: Final = 100
"""What browsers show a frame for that names no time."""

_slots = threading.BoundedSemaphore(max(1, min(2, os.cpu_count() or 1)))


class Picture(msgspec.Struct, frozen=True):
    """A re-encoded picture and its thumbnail, as bytes of the given type. Pixels."""

    data: bytes
    width: int
    height: int
    thumbnail: bytes


def reencode(file: BinaryIO, kind: str) -> Picture:
    """The picture anew. `kind` is one of `PICTURES`, as sniffed.

    Raises `invalid` for what cannot be decoded, `too_large` for what would not fit in memory, `busy` when
    too many others are being decoded.
    """
    if not _slots.acquire(timeout=_WAIT_S):
        raise KefuError("busy", "too many pictures at once", retry_after_s=5)
    try:
        file.seek(0)
        with Image.open(file, formats=(PICTURES[kind],)) as image:
            return _reencode(image, PICTURES[kind])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _bomb() from None
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, OverflowError, KeyError, IndexError):
        raise KefuError("invalid", "the picture cannot be read") from None
    finally:
        _slots.release()


def _reencode(image: Image.Image, form: str) -> Picture:
    frames = int(getattr(image, "n_frames", 1))
    pixels = image.width * image.height
    if pixels > MAX_PIXELS or frames > MAX_FRAMES or (frames > 1 and pixels * frames > MAX_PIXELS):
        raise _bomb()
    if frames > 1 and form in ("GIF", "WEBP", "PNG"):
        return _animation(image, form)
    if form == "JPEG":
        image.draft("RGB", (MAX_SIDE, MAX_SIDE))  # decode large photographs at a half or a quarter at once
    still = ImageOps.exif_transpose(image)
    _strip(still)
    still.thumbnail((MAX_SIDE, MAX_SIDE))
    if form == "JPEG" and still.mode not in ("RGB", "L"):
        still = still.convert("RGB")
    out = io.BytesIO()
    still.save(out, form, **_options(form))
    return Picture(out.getvalue(), still.width, still.height, _thumbnail(still))


def _animation(image: Image.Image, form: str) -> Picture:
    """Every frame with its own time; larger ones are not scaled, since their pixels are bounded together."""
    durations: list[int] = []
    frames: list[Image.Image] = []
    for frame in ImageSequence.Iterator(image):
        frame.load()  # WebP tells a frame's time only then
        durations.append(int(frame.info.get("duration") or _FRAME_MS))
        frames.append(frame.convert("RGBA") if form == "WEBP" else _stripped_copy(frame))
    extra: dict[str, Any] = {"loop": int(image.info["loop"])} if "loop" in image.info else {}
    if form == "GIF" and "transparency" in image.info:
        extra["disposal"] = 2  # frames are whole pictures by now: the one before must not shine through
    out = io.BytesIO()
    frames[0].save(
        out,
        form,
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        **extra,
        **_options(form),
    )
    return Picture(out.getvalue(), image.width, image.height, _thumbnail(frames[0]))


def _thumbnail(image: Image.Image) -> bytes:
    """At most 320 pixels a side; JPEG, or PNG where something shines through."""
    see_through = "A" in image.getbands() or "transparency" in image.info
    small = image.convert("RGBA" if see_through else "RGB")
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    _strip(small)
    out = io.BytesIO()
    if see_through:
        small.save(out, "PNG")
    else:
        small.save(out, "JPEG", quality=82)
    return out.getvalue()


def _strip(image: Image.Image) -> None:
    """Forget what travels beside the pixels; encoders write some of `info` without being asked."""
    image.info = {key: value for key, value in image.info.items() if key in _KEPT_INFO}


def _stripped_copy(frame: Image.Image) -> Image.Image:
    copy = frame.copy()
    _strip(copy)
    return copy


def _options(form: str) -> dict[str, Any]:
    match form:
        case "JPEG":
            return {"quality": 88, "optimize": True, "progressive": True}
        case "WEBP":
            return {"quality": 85, "method": 3}
        case _:
            return {}


def _bomb() -> KefuError:
    return KefuError(
        "too_large",
        "the picture has too many pixels",
        details={"max_pixels": MAX_PIXELS, "max_frames": MAX_FRAMES},
    )
