"""Reading a multipart upload: to disk chunk by chunk, counted as it comes, refused as soon as it is too
much.
"""

from __future__ import annotations

from typing import Any, Final

from django.core.files.uploadhandler import TemporaryFileUploadHandler

from chat.errors import KefuError

HARD_LIMIT: Final = 60 * 2**20
"""No site may allow more bytes a file than this: the server takes no request body above 64 MiB."""


class LimitedFileHandler(TemporaryFileUploadHandler):
    """Takes one file of at most `limit` bytes.

    `limit` may be lowered until the first chunk is read: who is calling, and so which site's limit counts,
    is known only after the handler had to be installed.
    """

    def __init__(self, limit: int = HARD_LIMIT) -> None:
        super().__init__()
        self.limit = limit
        self._received = 0
        self._files = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """A part that is a file begins. Raises `invalid` for the second one."""
        self._files += 1
        if self._files > 1:
            raise KefuError("invalid", "one file a request")
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Count and write. Raises `too_large` at the first byte too many."""
        self._received += len(raw_data)
        if self._received > self.limit:
            self._forget()
            raise too_large(self.limit)
        super().receive_data_chunk(raw_data, start)

    def upload_interrupted(self) -> None:
        """The client hung up: nothing of it stays."""
        self._forget()

    def _forget(self) -> None:
        if hasattr(self, "file"):
            self.file.close()


def too_large(limit: int) -> KefuError:
    """The refusal of a file above `limit` bytes."""
    return KefuError("too_large", f"a file has at most {limit} bytes here", details={"max_bytes": limit})
