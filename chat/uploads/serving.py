"""Giving files out by their signed addresses: never as a page, pictures shown, everything else downloaded."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import IO, Any, Final

from django.core.files.storage import default_storage
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from chat.api.errors import error_response
from chat.errors import KefuError
from chat.models import Upload
from chat.uploads.images import PICTURES
from chat.uploads.signing import Variant, seconds_left

_CHUNK: Final = 256 * 1024
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; media-src 'self'; sandbox"
)


@csrf_exempt
@require_safe
def serve_file(
    request: HttpRequest, upload_id: uuid.UUID, name: str, variant: Variant = "original"
) -> HttpResponseBase:
    """`GET /files/<id>/[thumbnail/]<name>?expires=…&signature=…`. Whatever is wrong with it: 404."""
    left = seconds_left(
        str(upload_id), variant, request.GET.get("expires", ""), request.GET.get("signature", "")
    )
    upload = Upload.objects.filter(pk=upload_id).first() if left is not None else None
    if upload is None or left is None:
        return error_response(KefuError("not_found", "no such file, or its address has ended"))
    thumbnail = variant == "thumbnail" and upload.thumbnail_path != ""
    try:
        file = default_storage.open(upload.thumbnail_path if thumbnail else upload.path)
    except FileNotFoundError:
        return error_response(KefuError("not_found", "no such file"))
    kind = _kind_of(file) if thumbnail else upload.type
    return _answer(request, file, upload, kind, f'"{upload.id}-{variant}"', left)


def _answer(
    request: HttpRequest, file: Any, upload: Upload, kind: str, etag: str, left: int
) -> HttpResponseBase:
    size = file.size
    span = _span(request, size, etag)
    response: HttpResponseBase
    if etag in request.headers.get("If-None-Match", ""):
        file.close()
        response = HttpResponse(status=304)
    elif span is None:
        file.close()
        response = error_response(KefuError("invalid", "the range lies outside the file"))
        response.status_code = 416
        response["Content-Range"] = f"bytes */{size}"
    else:
        first, last = span
        response = _stream(request, file, first, last)
        response["Content-Length"] = str(last - first + 1)
        response["Content-Type"] = "text/plain; charset=utf-8" if kind == "text/plain" else kind
        if "Range" in request.headers and (first, last) != (0, size - 1):
            response.status_code = 206
            response["Content-Range"] = f"bytes {first}-{last}/{size}"
    shown = upload.type in PICTURES
    response["Content-Disposition"] = content_disposition_header(not shown, upload.name) or "attachment"
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = f"private, max-age={left}, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = _POLICY
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _span(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """First and last byte to send (RFC 9110 section 14): everything unless one range is asked for.

    None when the range cannot be satisfied. Several ranges and unknown units are answered with the whole
    file.
    """
    whole = (0, size - 1)
    found = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if found is None or request.headers.get("If-Range", etag) != etag:
        return whole
    first, last = found.groups()
    if first == "":
        if last == "":
            return whole
        return (max(0, size - int(last)), size - 1) if int(last) > 0 else None
    if last != "" and int(last) < int(first):
        return whole
    return (int(first), min(int(last), size - 1) if last else size - 1) if int(first) < size else None


def _stream(request: HttpRequest, file: IO[bytes], first: int, last: int) -> StreamingHttpResponse:
    """The bytes in pieces: from threads under ASGI, where reading in the loop would hold everyone up."""
    body: AsyncIterator[bytes] | Iterator[bytes]
    if isinstance(request, ASGIRequest):
        body = _pieces_async(file, first, last)
    else:
        body = _pieces(file, first, last)
    response = StreamingHttpResponse(body)
    response._resource_closers.append(file.close)  # type: ignore[attr-defined]
    return response


def _pieces(file: IO[bytes], first: int, last: int) -> Iterator[bytes]:
    file.seek(first)
    left = last - first + 1
    while left > 0 and (piece := file.read(min(_CHUNK, left))):
        left -= len(piece)
        yield piece


async def _pieces_async(file: IO[bytes], first: int, last: int) -> AsyncIterator[bytes]:
    pieces = _pieces(file, first, last)
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece


def _kind_of(file: IO[bytes]) -> str:
    """A thumbnail's type: we wrote it, as one of two."""
    start = file.read(2)
    file.seek(0)
    return "image/jpeg" if start == b"\xff\xd8" else "image/png"
