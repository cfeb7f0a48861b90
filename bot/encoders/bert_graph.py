"""A BERT as an ONNX graph, made from its weights alone: what PyTorch's exporter would do, without PyTorch.

The graph uses ONNX Runtime's own fused operators (`com.microsoft`): attention, GELU and the residual
normalisation are one node each. Inputs `input_ids` and `attention_mask` (int64 [batch, length]; 1 where a
token stands, 0 for padding); outputs `last_hidden_state` and `middle_hidden_state` (what two thirds of the
layers made; float32 [batch, length, width]).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

MICROSOFT = "com.microsoft"
OPSETS = (helper.make_opsetid("", 18), helper.make_opsetid(MICROSOFT, 1))
IR_VERSION = 9  # the oldest that knows opset 18 well; newer ones need a newer runtime

LAST, MIDDLE = "last_hidden_state", "middle_hidden_state"

Array = NDArray[Any]


class BertConfig(msgspec.Struct, frozen=True):
    """What a `config.json` of the transformers library says about the shape of a BERT."""

    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    layer_norm_eps: float = 1e-12
    hidden_act: str = "gelu"
    model_type: str = "bert"


class Graph:
    """Nodes and weights as they are added; every method returns the name of what it added."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, Array] = {}

    def weight(self, name: str, values: Array) -> str:
        """Store a constant."""
        self.weights[name] = values
        return name

    def node(self, kind: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        """Add one operator with one output."""
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def model(self, width: int, outputs: tuple[str, ...]) -> onnx.ModelProto:
        """The finished model."""
        shape = ["batch", "length"]
        graph = helper.make_graph(
            self.nodes,
            "bert",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, shape)
                for name in ("input_ids", "attention_mask")
            ],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, [*shape, width]) for name in outputs],
            [numpy_helper.from_array(values, name) for name, values in self.weights.items()],
        )
        return helper.make_model(graph, opset_imports=OPSETS, ir_version=IR_VERSION)


def build(weights: Mapping[str, Array], config: BertConfig) -> onnx.ModelProto:
    """The float32 graph. Raises `KeyError` for a missing weight and `ValueError` for a model of
    another kind.
    """
    if config.model_type != "bert" or config.hidden_act != "gelu":
        raise ValueError(f"not a BERT with GELU: {config.model_type}, {config.hidden_act}")
    graph = Graph()
    state = _embeddings(graph, weights, config)
    graph.node("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)
    names = {config.num_hidden_layers * 2 // 3 - 1: MIDDLE, config.num_hidden_layers - 1: LAST}
    for index in range(config.num_hidden_layers):
        state = _layer(graph, weights, config, index, state, names.get(index, f"{index}.out"))
    return graph.model(config.hidden_size, (LAST, MIDDLE))


def _embeddings(graph: Graph, weights: Mapping[str, Array], config: BertConfig) -> str:
    # Single sentences only: every token is of type 0, so its vector is a constant added to each position.
    places = (
        weights["embeddings.position_embeddings.weight"]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    graph.node("Shape", ["input_ids"], "shape")
    graph.node("Gather", ["shape", graph.weight("axis.length", np.array([1], np.int64))], "length")
    zero = graph.weight("zero", np.array([0], np.int64))
    graph.node("Slice", [graph.weight("places", places), zero, "length", zero], "place")
    words = graph.weight("words", weights["embeddings.word_embeddings.weight"])
    graph.node("Gather", [words, "input_ids"], "word")
    graph.node("Add", ["word", "place"], "embedding")
    gamma = graph.weight("embedding.gamma", weights["embeddings.LayerNorm.weight"])
    beta = graph.weight("embedding.beta", weights["embeddings.LayerNorm.bias"])
    return graph.node(
        "LayerNormalization", ["embedding", gamma, beta], "in", axis=-1, epsilon=config.layer_norm_eps
    )


def _layer(
    graph: Graph, weights: Mapping[str, Array], config: BertConfig, index: int, state: str, output: str
) -> str:
    def own(name: str) -> Array:
        return weights[f"encoder.layer.{index}.{name}"]

    def linear(source: str, weight: Array, bias: Array, name: str) -> str:
        name = f"{index}.{name}"
        columns = graph.weight(f"{name}.weight", np.ascontiguousarray(weight.T))
        product = graph.node("MatMul", [source, columns], f"{name}.product")
        return graph.node("Add", [product, graph.weight(f"{name}.bias", bias)], name)

    def normalised(before: str, change: str, prefix: str, name: str) -> str:
        gamma = graph.weight(f"{index}.{prefix}.gamma", own(f"{prefix}.LayerNorm.weight"))
        beta = graph.weight(f"{index}.{prefix}.beta", own(f"{prefix}.LayerNorm.bias"))
        return graph.node(
            "SkipLayerNormalization",
            [before, change, gamma, beta],
            name,
            MICROSOFT,
            epsilon=config.layer_norm_eps,
        )

    parts = [f"attention.self.{part}" for part in ("query", "key", "value")]
    joined = linear(
        state,
        np.concatenate([own(f"{part}.weight") for part in parts]),
        np.concatenate([own(f"{part}.bias") for part in parts]),
        "joined",
    )
    thirds = [f"{index}.{part}" for part in ("query", "key", "value")]
    graph.nodes.append(helper.make_node("Split", [joined], thirds, axis=-1, num_outputs=3))
    graph.node(
        "MultiHeadAttention",
        [*thirds, "", "mask"],
        f"{index}.seen",
        MICROSOFT,
        num_heads=config.num_attention_heads,
    )
    seen = linear(
        f"{index}.seen", own("attention.output.dense.weight"), own("attention.output.dense.bias"), "mixed"
    )
    middle = normalised(state, seen, "attention.output", f"{index}.middle")
    wide = linear(middle, own("intermediate.dense.weight"), own("intermediate.dense.bias"), "wide")
    bent = graph.node("Gelu", [wide], f"{index}.bent", MICROSOFT)
    narrow = linear(bent, own("output.dense.weight"), own("output.dense.bias"), "narrow")
    return normalised(middle, narrow, "output", output)
