"""Small files of every kind, made in memory."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from PIL import Image


def jpeg(width: int = 40, height: int = 20, orientation: int | None = None, comment: bytes = b"") -> bytes:
    """A photograph: red on the left, blue on the right, with GPS and camera in its EXIF."""
    image = Image.new("RGB", (width, height), "red")
    image.paste("blue", (width // 2, 0, width, height))
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif[0x8825] = {2: (39.0, 54.0, 20.0)}
    if orientation:
        exif[0x0112] = orientation
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=comment, quality=95)
    return out.getvalue()


def png(width: int = 40, height: int = 20, mode: str = "RGB", text: str = "") -> bytes:
    """A plain picture; `text` goes into a tEXt chunk."""
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    if text:
        info.add_text("Comment", text)
    out = io.BytesIO()
    Image.new(mode, (width, height)).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def animation(form: str, frames: int = 4) -> bytes:
    """A short film that runs for ever, 120 ms a frame."""
    images = [Image.new("RGB", (30, 30), (n * 60 % 256, 30, 200)) for n in range(frames)]
    out = io.BytesIO()
    images[0].save(out, form, save_all=True, append_images=images[1:], duration=120, loop=0)
    return out.getvalue()


def png_bomb(side: int) -> bytes:
    """A PNG of side² black pixels in a few kilobytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + (side + 7) // 8)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def archive(*names: str) -> bytes:
    """A ZIP with these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name in names:
            packed.writestr(name, "x")
    return out.getvalue()
