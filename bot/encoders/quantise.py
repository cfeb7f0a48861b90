"""Makes a BERT's ONNX graph four times smaller and about twice as fast, and keeps its vectors.

Weights become int8 with one scale per output channel; a table of word vectors becomes int8 with one scale
per row. Activations are quantised while computing. A transformer's activations have a few channels a
hundred times larger than the rest, which one scale for all channels would crush; two measures against it,
both measured in docs/bot/encoders.md:

- the range is moved from activations into weights, channel by channel (SmoothQuant, Xiao et al. 2022);
- what follows GELU, where that is not enough, is quantised in blocks of 64 instead (`MatMulNBits`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from bot.encoders.bert_graph import MICROSOFT, OPSETS

Array = NDArray[Any]
Form = Literal["mixed", "blocks"]

SMOOTHING = (
    0.65  # the share of the range that moves into the weights; of 0.3 … 0.8 the one nearest to the original
)
BLOCK = 64  # inputs that share one scale, in a matrix quantised by blocks
LARGE = 1 << 16  # numbers; smaller constants stay as they are


def ranges(model: onnx.ModelProto, feeds: Iterable[Mapping[str, Array]]) -> dict[str, Array]:
    """The largest magnitude of every channel that goes into a matrix product, seen while running `feeds`."""
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    constant = {weight.name for weight in model.graph.initializer}
    outputs = {output.name for output in model.graph.output}
    wanted = {
        node.input[0] for node in model.graph.node if node.op_type == "MatMul" and node.input[1] in constant
    }
    for name in sorted(wanted - outputs):
        watched.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(watched.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    found: dict[str, Array] = {}
    for feed in feeds:
        for name, values in zip(names, session.run(names, dict(feed)), strict=True):
            channels = np.abs(np.asarray(values)).reshape(-1, np.asarray(values).shape[-1]).max(axis=0)
            found[name] = np.maximum(found[name], channels) if name in found else channels
    return {name: found[name] for name in wanted}


def quantise(model: onnx.ModelProto, seen: Mapping[str, Array], form: Form) -> onnx.ModelProto:
    """A smaller copy of `model`; `seen` is what `ranges` found.

    "mixed" is the fast form, "blocks" quantises every matrix by blocks: slower, and right on processors
    without VNNI, whose 8-bit products overflow.
    """
    constants = {weight.name: numpy_helper.to_array(weight) for weight in model.graph.initializer}
    tables = {name for name, values in constants.items() if values.ndim == 2 and values.size >= LARGE}
    bent = {node.output[0] for node in model.graph.node if node.op_type == "Gelu"}
    nodes: list[onnx.NodeProto] = []
    new: dict[str, Array] = {}
    for node in model.graph.node:
        if node.op_type == "MatMul" and node.input[1] in tables:
            weight = constants[node.input[1]]
            if (form == "blocks" or node.input[0] in bent) and weight.shape[0] % BLOCK == 0:
                nodes.append(_by_blocks(node, weight, new))
            else:
                nodes.extend(_by_channels(node, weight, seen.get(node.input[0]), new))
        elif node.op_type == "Gather" and node.input[0] in tables and node.input[1] == "input_ids":
            nodes.extend(_table(node, constants[node.input[0]], new))
        else:
            nodes.append(node)
    used = {name for node in nodes for name in node.input}
    new.update({name: values for name, values in constants.items() if name in used and name not in new})
    graph = helper.make_graph(
        nodes,
        model.graph.name,
        model.graph.input,
        model.graph.output,
        [numpy_helper.from_array(values, name) for name, values in new.items()],
    )
    return helper.make_model(graph, opset_imports=OPSETS, ir_version=model.ir_version)


def _by_channels(
    node: onnx.NodeProto, weight: Array, largest: Array | None, new: dict[str, Array]
) -> list[onnx.NodeProto]:
    name, source = node.output[0], node.input[0]
    nodes = []
    if largest is not None:
        factor = np.maximum(largest, 1e-3) ** SMOOTHING
        factor /= np.maximum(np.abs(weight).max(axis=1), 1e-4) ** (1 - SMOOTHING)
        factor /= np.exp(np.log(factor).mean())
        weight = weight * factor[:, None]
        new[f"{name}.smooth"] = (1 / factor).astype(np.float32)
        nodes.append(helper.make_node("Mul", [source, f"{name}.smooth"], [f"{name}.smoothed"]))
        source = f"{name}.smoothed"
    scale = np.maximum(np.abs(weight).max(axis=0), 1e-12) / 127
    new[f"{name}.int8"] = np.round(weight / scale).astype(np.int8)
    new[f"{name}.scale"] = scale.astype(np.float32)
    inputs = [source, f"{name}.int8", f"{name}.scale"]
    return [*nodes, helper.make_node("DynamicQuantizeMatMul", inputs, [name], domain=MICROSOFT)]


def _by_blocks(node: onnx.NodeProto, weight: Array, new: dict[str, Array]) -> onnx.NodeProto:
    name = node.output[0]
    inputs, outputs = weight.shape
    blocks = weight.T.reshape(outputs, inputs // BLOCK, BLOCK)
    scale = np.maximum(np.abs(blocks).max(axis=2), 1e-12) / 127
    new[f"{name}.blocks"] = (np.round(blocks / scale[:, :, None]) + 128).astype(np.uint8)
    new[f"{name}.scales"] = scale.astype(np.float32)
    return helper.make_node(
        "MatMulNBits",
        [node.input[0], f"{name}.blocks", f"{name}.scales"],
        [name],
        domain=MICROSOFT,
        K=inputs,
        N=outputs,
        bits=8,
        block_size=BLOCK,
        accuracy_level=4,  # 8-bit products, summed exactly
    )


def _table(node: onnx.NodeProto, table: Array, new: dict[str, Array]) -> list[onnx.NodeProto]:
    # Scaled after the look-up: the runtime would otherwise unfold the table to float32 when it loads.
    name = node.output[0]
    scale = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-12) / 127
    new[f"{name}.rows"] = np.round(table / scale).astype(np.int8)
    new[f"{name}.scales"] = scale.astype(np.float32)
    return [
        helper.make_node("Gather", [f"{name}.rows", node.input[1]], [f"{name}.row"]),
        helper.make_node("Cast", [f"{name}.row"], [f"{name}.plain"], to=TensorProto.FLOAT),
        helper.make_node("Gather", [f"{name}.scales", node.input[1]], [f"{name}.scaling"]),
        helper.make_node("Mul", [f"{name}.plain", f"{name}.scaling"], [name]),
    ]
