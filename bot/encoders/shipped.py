"""Where the encoder that comes with the project lives, and how it gets there."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from bot.encoders.files import MODEL

logger = logging.getLogger(__name__)

NAME = "minilm-en"
ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 180  # it takes three


def folder(data_dir: Path) -> Path | None:
    """The folder of the English encoder, None where it was never built."""
    path = data_dir / "models" / NAME
    return path if (path / MODEL).is_file() else None


def ensure(data_dir: Path) -> Path | None:
    """The folder, built first where the wheel is installed and it is missing; None (and a log line)
    without either.
    """
    if found := folder(data_dir):
        return found
    if find_spec("all_minilm_l6_v2") is None:
        logger.info("The English encoder is not installed; English intents are learnt without it.")
        return None
    path = data_dir / "models" / NAME
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bot.encoders.minilm", str(path.absolute())],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            timeout=TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            logger.warning("The English encoder was not built: %s", done.stderr.strip()[-300:])
    except (OSError, subprocess.TimeoutExpired) as error:
        logger.warning("The English encoder was not built: %s", error)
    return folder(data_dir)
