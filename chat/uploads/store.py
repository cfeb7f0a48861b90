"""Storing an upload: look at it, make it harmless, put it on disk, and only then say that it exists."""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import structlog
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from chat.conversation import Participant
from chat.errors import KefuError
from chat.metrics import UPLOADS
from chat.models import Upload, new_uuid
from chat.sites import SiteConfig
from chat.uploads.images import PICTURES, reencode
from chat.uploads.naming import safe_name
from chat.uploads.receiving import too_large
from chat.uploads.sniff import sniff

_LOG = structlog.get_logger(__name__)
_STORED: Final = UPLOADS.labels(outcome="stored")
_REFUSED: Final = UPLOADS.labels(outcome="refused")


def store(file: File[Any], name: str, participant: Participant, site: SiteConfig) -> Upload:
    """Keep a received file for this person and site.

    The bytes are on disk (fsync) before the row exists, and gone again when the row cannot be written.
    Raises `invalid` (empty, unreadable picture), `too_large`, `file_type_not_allowed`, `busy` (disk full,
    too many at once).
    """
    try:
        upload = _store(file, name, participant, site)
    except KefuError:
        _REFUSED.inc()
        raise
    _STORED.inc()
    return upload


def _store(file: File[Any], name: str, participant: Participant, site: SiteConfig) -> Upload:
    if participant.id is None:
        raise KefuError("forbidden", "only people upload")
    if not file.size:
        raise KefuError("invalid", "the file is empty")
    if file.size > site.upload_max_bytes:
        raise too_large(site.upload_max_bytes)
    raw = cast(BinaryIO, file)
    kind = sniff(raw, name)
    if kind not in site.upload_types:
        raise KefuError(
            "file_type_not_allowed", "files of this type are not taken here", details={"type": kind}
        )
    upload = Upload(
        id=new_uuid(),
        site_id=site.id,
        uploader_kind=participant.kind,
        uploader_id=participant.id,
        name=safe_name(name, kind),
        type=kind,
        size=file.size,
    )
    folder = timezone.now().strftime("uploads/%Y/%m/%d")
    written: list[str] = []
    try:
        if kind in PICTURES:
            if not connection.in_atomic_block:
                # A picture may wait 20 s for its turn; eight of them would hold the whole pool meanwhile.
                connection.close()
            picture = reencode(raw, kind)
            upload.width, upload.height, upload.size = picture.width, picture.height, len(picture.data)
            upload.path = _write(folder, ContentFile(picture.data), written)
            upload.thumbnail_path = _write(folder, ContentFile(picture.thumbnail), written)
        else:
            upload.path = _write(folder, file, written)
        upload.save(force_insert=True)
    except BaseException as error:
        _remove(written)
        if isinstance(error, OSError):
            _LOG.error("uploads.not_stored", error=type(error).__name__, errno=error.errno)
            raise KefuError("busy", "the file could not be stored", retry_after_s=30) from error
        raise
    return upload


def _write(folder: str, content: File[Any], written: list[str]) -> str:
    """Save under a random name, and make sure that it is on disk.

    The name says nothing and has no extension.
    """
    name = default_storage.save(f"{folder}/{secrets.token_hex(16)}", content)
    written.append(name)
    try:
        path = Path(default_storage.path(name))
    except NotImplementedError:
        return name  # a storage without local paths promises durability itself
    # The folders, too: a day's first file stands in a new one, whose name a power cut could take back.
    root = Path(default_storage.path(""))
    for target in (path, *itertools.takewhile(lambda folder: folder != root.parent, path.parents)):
        descriptor = os.open(target, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    return name


def _remove(names: list[str]) -> None:
    for name in names:
        with contextlib.suppress(OSError):
            default_storage.delete(name)
