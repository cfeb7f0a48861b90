"""The sentence encoder of this process: the operator's own, else the English one that comes along."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog
from django.conf import settings

from bot.encoders import shipped
from bot.encoders.files import MODEL

if TYPE_CHECKING:
    from bot.encoders.base import Encoder

log = structlog.get_logger(__name__)

_lock: Final = threading.Lock()
_looked = False
_encoder: Encoder | None = None


OWN: Final = "own"
"""The folder in KEFU_DATA_DIR/models/ for an operator's BERT-class ONNX model; see docs/bot/encoders.md."""


def folder() -> Path | None:
    """Where the encoder lies. The English one is built first (3 s) where its weights are installed; None
    without any.
    """
    data_dir = Path(settings.KEFU_DATA_DIR)
    own = data_dir / "models" / OWN
    return own if (own / MODEL).is_file() else shipped.ensure(data_dir)


def english() -> Encoder | None:
    """The encoder, loaded once; None where there is none or it cannot be read."""
    global _looked, _encoder
    with _lock:
        if not _looked:
            _looked = True
            if (found := folder()) is not None:
                from bot.encoders.onnx_folder import OnnxEncoder

                try:
                    _encoder = OnnxEncoder.open(found)
                except Exception as error:
                    # Whatever is wrong with the folder, the bot answers without it.
                    log.warning("encoder_not_loaded", error=type(error).__name__, exc_info=True)
        return _encoder
