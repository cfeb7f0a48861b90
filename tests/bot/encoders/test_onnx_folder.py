"""Any BERT-class folder: what is averaged, which output is taken, what is said of a bad one."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from bot.encoders.bert_graph import build
from bot.encoders.files import CONFIG, MODEL
from bot.encoders.onnx_folder import OnnxEncoder, UnusableModel
from tests.bot.encoders.tiny import CONFIG_OF_TINY, by_hand, random_weights, write_folder

SHORT, LONG = "my order", "i want a refund please the parcel never came back to you"


def _with(model: onnx.ModelProto, *, inputs: list[str] = [], pooled: str = "") -> onnx.ModelProto:  # noqa: B006
    for name in inputs:
        model.graph.input.append(helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]))
    if pooled:
        model.graph.node.append(
            helper.make_node("ReduceMax", ["last_hidden_state", "one"], [pooled], keepdims=0)
        )
        model.graph.initializer.append(helper.make_tensor("one", TensorProto.INT64, [1], [1]))
        model.graph.output.append(helper.make_tensor_value_info(pooled, TensorProto.FLOAT, ["batch", 64]))
    return model


def test_a_vector_does_not_depend_on_its_neighbours_in_the_batch(tmp_path: Path) -> None:
    encoder = OnnxEncoder.open(write_folder(tmp_path / "tiny"))
    alone = encoder.encode([SHORT])[0]
    beside = encoder.encode([LONG, SHORT, LONG])
    assert np.allclose(beside[1], alone, atol=1e-5)
    assert np.allclose(beside[0], beside[2], atol=1e-6)
    assert np.allclose(np.linalg.norm(beside, axis=1), 1, atol=1e-5)
    assert encoder.dimensions == 64


def test_many_texts_come_back_in_their_order(tmp_path: Path) -> None:
    encoder = OnnxEncoder.open(write_folder(tmp_path / "tiny"))
    texts = [" ".join(LONG.split()[: 1 + number % 12]) for number in range(150)]
    vectors = encoder.encode(texts)
    for number in (0, 7, 80, 149):
        assert np.allclose(vectors[number], encoder.encode([texts[number]])[0], atol=1e-5)
    assert encoder.encode([]).shape == (0, 64)


def test_pooling_follows_the_configuration(tmp_path: Path) -> None:
    mean = OnnxEncoder.open(write_folder(tmp_path / "mean", pooling="mean"))
    first = OnnxEncoder.open(write_folder(tmp_path / "cls", pooling="cls"))
    state = by_hand(random_weights(), first.tokens(LONG))[0]
    assert np.allclose(first.encode([LONG])[0], state / np.linalg.norm(state), atol=2e-5)
    assert not np.allclose(first.encode([LONG]), mean.encode([LONG]), atol=1e-2)


def test_a_vector_for_the_whole_sentence_is_taken_where_the_graph_gives_one(tmp_path: Path) -> None:
    model = _with(build(random_weights(), CONFIG_OF_TINY), pooled="sentence_embedding")
    encoder = OnnxEncoder.open(write_folder(tmp_path / "whole", model))
    state = by_hand(random_weights(), encoder.tokens(SHORT)).max(axis=0)
    assert np.allclose(encoder.encode([SHORT])[0], state / np.linalg.norm(state), atol=2e-5)


def test_a_pooler_is_not_preferred_to_the_tokens(tmp_path: Path) -> None:
    model = _with(build(random_weights(), CONFIG_OF_TINY), pooled="pooler_output")
    encoder = OnnxEncoder.open(write_folder(tmp_path / "pooler", model))
    plain = OnnxEncoder.open(write_folder(tmp_path / "plain"))
    assert np.allclose(encoder.encode([SHORT]), plain.encode([SHORT]), atol=1e-6)


def test_token_types_are_given_where_they_are_asked_for(tmp_path: Path) -> None:
    model = _with(build(random_weights(), CONFIG_OF_TINY), inputs=["token_type_ids"])
    encoder = OnnxEncoder.open(write_folder(tmp_path / "typed", model))
    assert np.allclose(np.linalg.norm(encoder.encode([SHORT, LONG]), axis=1), 1, atol=1e-5)


def test_inner_layers_widen_what_is_learnt_from(tmp_path: Path) -> None:
    encoder = OnnxEncoder.open(write_folder(tmp_path / "wide", layers=["middle_hidden_state"]))
    states = encoder.states([SHORT, LONG])
    assert states.shape == (2, 128)
    assert np.allclose(states[:, :64], encoder.encode([SHORT, LONG]))
    assert not np.allclose(states[:, :64], states[:, 64:], atol=1e-2)


def test_a_text_is_cut_to_the_models_length_and_may_get_a_prefix(tmp_path: Path) -> None:
    encoder = OnnxEncoder.open(write_folder(tmp_path / "short", max_length=6, prefix="where is "))
    assert len(encoder.tokens(LONG * 30)) == 6
    assert encoder.tokens("my order") == encoder.tokens("my order ")
    assert encoder.tokens("order")[1:3] == [4, 5]


def test_the_name_says_which_weights(tmp_path: Path) -> None:
    one = OnnxEncoder.open(write_folder(tmp_path / "a" / "m", name=""))
    other = OnnxEncoder.open(
        write_folder(tmp_path / "b" / "m", build(random_weights(2), CONFIG_OF_TINY), name="")
    )
    assert one.name.startswith("m-")
    assert one.name != other.name


@pytest.mark.parametrize("missing", [MODEL, CONFIG, "tokenizer.json"])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    folder = write_folder(tmp_path / "tiny")
    (folder / missing).unlink()
    with pytest.raises(UnusableModel, match=missing):
        OnnxEncoder.open(folder)


def test_a_damaged_folder_is_refused_with_a_reason(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "tiny")
    (folder / MODEL).write_bytes(b"not a model")
    with pytest.raises(UnusableModel, match="tiny"):
        OnnxEncoder.open(folder)
    (folder / CONFIG).write_text(json.dumps({"pooling": "median"}))
    with pytest.raises(UnusableModel, match="median"):
        OnnxEncoder.open(folder)


@pytest.mark.parametrize(
    ("config", "inputs", "reason"),
    [({}, ["pixel_values"], "pixel_values"), ({"layers": ["nowhere"]}, [], "nowhere")],
)
def test_a_model_of_another_shape_is_refused(
    tmp_path: Path, config: dict[str, object], inputs: list[str], reason: str
) -> None:
    model = _with(build(random_weights(), CONFIG_OF_TINY), inputs=inputs)
    with pytest.raises(UnusableModel, match=reason):
        OnnxEncoder.open(write_folder(tmp_path / "odd", model, **config))
