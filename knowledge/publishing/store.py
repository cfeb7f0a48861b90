"""Where a release's index is kept as bytes: a file in the data folder, or a row where processes share no
disk. Missing or foreign bytes are no harm: the index is then made of the versions again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
import structlog
from django.conf import settings
from django.db import Error as DatabaseError

from knowledge import lexicon, search, text
from knowledge.models import Release, Snapshot

log = structlog.get_logger(__name__)

KEPT: Final = 3  # releases whose files stay: other processes may be about to read the one before
FOLDER: Final = "knowledge"


class Bundle(msgspec.Struct, frozen=True):
    """An index and a graph as bytes, and the form of the code that made them."""

    form: str
    number: int
    index: bytes
    graph: bytes


@cache
def form() -> str:
    """Names the code and the lexicon that made an index: bytes of another form are not read."""
    digest = hashlib.sha256()
    for package in (search, text, lexicon):
        folder = Path(str(package.__file__)).parent
        for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.toml")]):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:40]


def keep(release: Release, bundle: Bundle) -> None:
    """Keep it for the other processes, and drop what is older than `KEPT` releases."""
    data = msgspec.msgpack.encode(bundle)
    if settings.KEFU_SCALED:
        Snapshot.objects.update_or_create(release=release, defaults={"form": bundle.form, "data": data})
        Snapshot.objects.filter(release__number__lte=release.number - KEPT).delete()
        return
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / _name(release)
    fresh = target.with_suffix(f".{os.getpid()}.part")
    fresh.write_bytes(data)
    fresh.replace(target)  # others see the whole file or none
    for old in folder.glob("release-*.bin"):
        with contextlib.suppress(ValueError, OSError):
            if int(old.name.split("-")[1]) <= release.number - KEPT:
                old.unlink()


def read(release: Release) -> Bundle | None:
    """The kept bundle of this release in today's form; None when there is none."""
    try:
        if settings.KEFU_SCALED:
            row = Snapshot.objects.filter(release=release, form=form()).first()
            data = None if row is None else bytes(row.data)
        else:
            path = _folder() / _name(release)
            data = path.read_bytes() if path.is_file() else None
    except (OSError, DatabaseError) as error:
        log.warning("knowledge_snapshot_unread", release=release.number, error=type(error).__name__)
        return None
    if data is None:
        return None
    try:
        bundle = msgspec.msgpack.decode(data, type=Bundle)
    except msgspec.DecodeError:
        log.warning("knowledge_snapshot_broken", release=release.number)
        return None
    return bundle if bundle.form == form() and bundle.number == release.number else None


def _folder() -> Path:
    return Path(settings.KEFU_DATA_DIR) / FOLDER


def _name(release: Release) -> str:
    return f"release-{release.number}-{release.pk.hex}.bin"
