"""What can be known to be wrong before Django is imported, said in one sentence each.

Plain standard library, so that a broken environment still gets a sentence and not a traceback.
"""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

OLDEST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 64 * 1024 * 1024
"""Below this a start is refused: SQLite's two write-ahead logs alone may take tens of megabytes."""

TEMPORARY = "tmp"
"""Below the data folder: the system's own may be a small one in memory, and is not ours to fill."""


class Refusal(Exception):
    """A start that cannot succeed; its text is the whole sentence that a person reads on stderr."""


def default_data_dir() -> Path:
    """The data folder named by KEFU_DATA_DIR, or `var/` in the checkout; absolute, not yet created."""
    named = os.environ.get("KEFU_DATA_DIR", "").strip()
    return (Path(named) if named else Path(__file__).resolve().parent.parent / "var").absolute()


def check_python(version: Sequence[object]) -> None:
    """Raise Refusal when the interpreter is older than OLDEST_PYTHON; `version` is like sys.version_info."""
    found = tuple(int(str(part)) for part in version[:2])
    if found < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        raise Refusal(f"Python {wanted} or newer is needed, this is {'.'.join(map(str, found))}.")


def _empty_temporary(folder: Path) -> None:
    """Make the folder where bodies of requests wait, and drop what a killed server left there a day ago."""
    folder.mkdir(exist_ok=True, mode=0o700)
    long_ago = time.time() - 86_400
    for left in folder.iterdir():
        with contextlib.suppress(OSError):  # another server is at it, too
            if left.stat().st_mtime < long_ago:
                left.unlink()


def check_data_dir(folder: Path) -> None:
    """Create `folder` (0700) when missing and prove that a file can be written in it; Refusal when not."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"kefu")
        _empty_temporary(folder / TEMPORARY)
    except FileExistsError:
        raise Refusal(f"The data folder {folder} is not a folder.") from None
    except OSError as error:
        if error.errno in (28, 122):  # ENOSPC, EDQUOT
            raise Refusal(f"The disk that holds the data folder {folder} is full.") from None
        raise Refusal(f"The data folder {folder} cannot be written: {error.strerror}.") from None
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise Refusal(
            f"The disk that holds the data folder {folder} is full: "
            f"{free // 2**20} MiB are free, {LEAST_FREE_BYTES // 2**20} MiB are needed."
        )


def before_settings(arguments: Sequence[str]) -> None:
    """Checks of `serve` that come before settings are read, then reading them; raises Refusal."""
    if "-h" in arguments or "--help" in arguments:
        return
    check_data_dir(default_data_dir())
    from django.core.exceptions import ImproperlyConfigured

    try:
        from kefu_project import settings  # noqa: F401  (reads and validates the environment)
    except ImproperlyConfigured as error:
        raise Refusal(str(error)) from None
