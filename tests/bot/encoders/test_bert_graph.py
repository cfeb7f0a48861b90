"""The graph made from weights computes what a BERT computes, whole and quantised."""

from pathlib import Path

import numpy as np
import pytest

from bot.encoders.bert_graph import BertConfig, build
from bot.encoders.files import MODEL
from bot.encoders.onnx_folder import OnnxEncoder
from bot.encoders.quantise import Form, quantise, ranges
from tests.bot.encoders.tiny import CONFIG_OF_TINY, by_hand, random_weights, write_folder

SENTENCES = (
    "where is my order",
    "i want a refund please",
    "the parcel never came back to you",
    "我的快递在哪里",
)


def test_the_graph_agrees_with_the_computation_by_hand(tmp_path: Path) -> None:
    encoder = OnnxEncoder.open(write_folder(tmp_path / "tiny", pooling="mean"))
    for sentence in SENTENCES:
        state = by_hand(random_weights(), encoder.tokens(sentence)).mean(axis=0)
        expected = state / np.linalg.norm(state)
        assert np.allclose(encoder.encode([sentence])[0], expected, atol=2e-5)


@pytest.mark.parametrize("form", ["mixed", "blocks"])
def test_a_quantised_graph_is_far_smaller_and_keeps_its_vectors(tmp_path: Path, form: Form) -> None:
    original = OnnxEncoder.open(write_folder(tmp_path / "whole", pooling="mean"))
    model = build(random_weights(), CONFIG_OF_TINY)
    feeds = [
        {"input_ids": np.array([ids]), "attention_mask": np.ones((1, len(ids)), np.int64)}
        for ids in map(original.tokens, SENTENCES[:2])
    ]
    small = quantise(model, ranges(model, feeds), form)
    quantised = OnnxEncoder.open(write_folder(tmp_path / form, small, pooling="mean"))
    cosines = (original.encode(SENTENCES) * quantised.encode(SENTENCES)).sum(axis=1)
    assert cosines.min() > 0.99
    assert cosines.max() < 1 - 1e-7  # it is another model indeed
    sizes = [(tmp_path / name / MODEL).stat().st_size for name in ("whole", form)]
    assert sizes[1] < sizes[0] * 0.4


@pytest.mark.parametrize(("kind", "bend"), [("roberta", "gelu"), ("bert", "relu")])
def test_another_kind_of_model_is_refused(kind: str, bend: str) -> None:
    config = BertConfig(64, 3, 4, model_type=kind, hidden_act=bend)
    with pytest.raises(ValueError, match="not a BERT"):
        build(random_weights(), config)
