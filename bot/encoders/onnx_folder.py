"""Any BERT-class model from a folder with `model.onnx`, `tokenizer.json` and `config.json`.

Needs onnxruntime, and tokenizers where the vocabulary is not written like BERT's. The graph's inputs are
`input_ids`, `attention_mask` and, where it has one, `token_type_ids`; its output is one vector a token
(`last_hidden_state`, averaged here over the tokens that are not padding, or the first one's) or one vector a
sentence (`sentence_embedding`, `pooler_output`).
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bot.encoders.base import Vectors
from bot.encoders.files import CONFIG, MODEL, TOKENIZER
from bot.encoders.wordpiece import WordPiece

BATCH_TOKENS = (
    512  # of one inference, padding included: larger ones leave the processor's cache and gain nothing
)
KEPT = 512  # newest single sentences whose vectors are kept, 2 KB each
Tokenize = Callable[[Sequence[str]], list[list[int]]]
_SENTENCE_OUTPUTS = ("sentence_embedding", "text_embeds", "pooler_output")


class UnusableModel(Exception):
    """The folder does not hold a model this loader can use; the text says what is missing."""


class FolderConfig(msgspec.Struct, frozen=True):
    """What `config.json` may say; a configuration of the transformers library fits as it is.

    `pooling` is "mean", "cls" or "" (what the graph's output suggests: mean for one vector a token);
    `layers` are further outputs of one vector a token, whose means `states` adds.
    """

    name: str = ""
    languages: tuple[str, ...] = ()
    pooling: Literal["", "mean", "cls"] = ""
    layers: tuple[str, ...] = ()
    max_length: int = 128
    prefix: str = ""


class OnnxEncoder:
    """An encoder of one folder; safe to use from several threads."""

    def __init__(
        self, session: onnxruntime.InferenceSession, tokenize: Tokenize, config: FolderConfig
    ) -> None:
        self._session = session
        self._tokenize = tokenize
        self._config = config
        self._inputs = {entry.name for entry in session.get_inputs()}
        if not {"input_ids", "attention_mask"} <= self._inputs:
            raise UnusableModel(f"inputs are {sorted(self._inputs)}; input_ids and attention_mask are needed")
        if unknown := self._inputs - {"input_ids", "attention_mask", "token_type_ids"}:
            raise UnusableModel(f"unknown inputs {sorted(unknown)}")
        outputs = {entry.name: entry.shape for entry in session.get_outputs()}
        self._output, self._tokenwise = _choose_output(outputs, config)
        if missing := [name for name in config.layers if len(outputs.get(name, ())) != 3]:
            raise UnusableModel(f"there is no output of one vector a token named {missing}")
        self._kept: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()
        self.name = config.name
        self.languages = config.languages
        self.dimensions, self._width = self._measure()

    @classmethod
    def open(cls, folder: Path) -> OnnxEncoder:
        """Load the model. Raises `UnusableModel`, whose text an operator can act on."""
        for name in (MODEL, TOKENIZER, CONFIG):
            if not (folder / name).is_file():
                raise UnusableModel(f"{folder.name} has no {name}")
        try:
            config = msgspec.json.decode((folder / CONFIG).read_bytes(), type=FolderConfig)
            tokenize = _tokenize(folder / TOKENIZER, config.max_length)
        except Exception as error:  # tokenizers raises bare Exception
            raise UnusableModel(f"{folder.name}: {error}") from None
        if not config.name:
            config = msgspec.structs.replace(config, name=f"{folder.name}-{_fingerprint(folder / MODEL)}")
        try:
            session = onnxruntime.InferenceSession(
                str(folder / MODEL), _options(), providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's exceptions have no common base but Exception
            raise UnusableModel(f"{folder.name}: {error}") from None
        return cls(session, tokenize, config)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder.encode`. A single text seen lately costs nothing."""
        return self.states(texts)[:, : self.dimensions]

    def states(self, texts: Sequence[str]) -> Vectors:
        """See `Encoder.states`: the sentence's vector, and the mean of each of `layers`, each of unit
        length.
        """
        if len(texts) != 1:
            return self._encode(texts)
        text = texts[0]
        with self._lock:
            if text in self._kept:
                self._kept.move_to_end(text)
                return self._kept[text]
        vector = self._encode(texts)
        vector.flags.writeable = False
        with self._lock:
            self._kept[text] = vector
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return vector

    def tokens(self, text: str) -> list[int]:
        """The token numbers of a text, with the special ones and cut to the model's length."""
        return self._tokenize([self._config.prefix + text])[0]

    def _encode(self, texts: Sequence[str]) -> Vectors:
        prefix = self._config.prefix
        tokens = self._tokenize([prefix + text for text in texts])
        vectors = np.zeros((len(tokens), self._width), np.float32)
        # Sentences of like length go together: a batch is computed as long as its longest.
        waiting: list[int] = []
        for index in sorted(range(len(tokens)), key=lambda index: len(tokens[index])):
            if not tokens[index]:
                continue
            if waiting and (len(waiting) + 1) * len(tokens[index]) > BATCH_TOKENS:
                vectors[waiting] = self._run([tokens[place] for place in waiting])
                waiting = []
            waiting.append(index)
        if waiting:
            vectors[waiting] = self._run([tokens[place] for place in waiting])
        return vectors

    def _run(self, tokens: Sequence[Sequence[int]]) -> Vectors:
        """Unit vectors of token lists of at least one token each."""
        shape = (len(tokens), max(map(len, tokens)))
        ids, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for row, entry in enumerate(tokens):
            ids[row, : len(entry)] = entry
            mask[row, : len(entry)] = 1
        feed: dict[str, NDArray[Any]] = {"input_ids": ids, "attention_mask": mask}
        if "token_type_ids" in self._inputs:
            feed["token_type_ids"] = np.zeros(shape, np.int64)
        found = [
            np.asarray(values, np.float32)
            for values in self._session.run([self._output, *self._config.layers], feed)
        ]
        weights = mask.astype(np.float32) / mask.sum(axis=1, keepdims=True)
        # Padding stands in the batch but not in the mean, or a sentence's vector would depend on its
        # neighbours.
        parts = [np.einsum("bld,bl->bd", values, weights) for values in found[1:]]
        if not self._tokenwise:
            parts.insert(0, found[0])
        elif self._config.pooling == "cls":
            parts.insert(0, found[0][:, 0])
        else:
            parts.insert(0, np.einsum("bld,bl->bd", found[0], weights))
        lengths = (np.linalg.norm(part, axis=1, keepdims=True) for part in parts)
        unit = [part / np.maximum(length, 1e-12) for part, length in zip(parts, lengths, strict=True)]
        return np.asarray(np.concatenate(unit, axis=1), np.float32)

    def _measure(self) -> tuple[int, int]:
        """The length of a sentence's vector and that of its states, from one token."""
        width = int(self._run([[0]]).shape[1])
        if not self._config.layers:
            return width, width
        alone = np.ones((1, 1), np.int64)
        feed = {name: alone * (name == "attention_mask") for name in self._inputs}
        return int(np.asarray(self._session.run([self._output], feed)[0]).shape[-1]), width


def _tokenize(path: Path, longest: int) -> Tokenize:
    """From texts to token numbers, the special ones with them. Raises bare Exception, as tokenizers does."""
    own = WordPiece.read(path.read_bytes(), longest)
    if own is not None:
        return lambda texts: list(map(own.encode, texts))
    from tokenizers import Tokenizer  # 14 MB, for vocabularies of another kind

    tokenizer: Tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    return lambda texts: [list(entry.ids) for entry in tokenizer.encode_batch(list(texts))]


def _choose_output(outputs: dict[str, list[Any]], config: FolderConfig) -> tuple[str, bool]:
    tokenwise = [name for name, shape in outputs.items() if len(shape) == 3]
    whole = [name for name in _SENTENCE_OUTPUTS if len(outputs.get(name, ())) == 2]
    # A pooler's output was trained for another task than likeness; it is used when nothing better is there.
    if config.pooling == "" and whole and whole[0] != "pooler_output":
        return whole[0], False
    if tokenwise:
        return ("last_hidden_state" if "last_hidden_state" in tokenwise else tokenwise[0]), True
    whole = whole or [name for name, shape in outputs.items() if len(shape) == 2]
    if not whole or config.pooling == "cls":
        raise UnusableModel(f"outputs are {outputs}; a vector for each token or each sentence is needed")
    return whole[0], False


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # the arena keeps the largest batch ever seen
    options.enable_mem_pattern = (
        False  # lengths differ from call to call, a plan of one length serves no other
    )
    options.log_severity_level = 3
    return options


def _fingerprint(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]
