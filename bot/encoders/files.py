"""The files of a folder that holds an encoder. By themselves, for to look for them needs no library."""

from typing import Final

MODEL: Final = "model.onnx"
TOKENIZER: Final = "tokenizer.json"
CONFIG: Final = "config.json"
