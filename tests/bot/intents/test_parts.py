"""The pure parts of an intent model."""

import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command

from bot.intents.features import LONGEST, features, spelling
from bot.intents.kernel import kernel
from bot.intents.letters import count_letters
from bot.intents.scope import signals, threshold
from knowledge.lexicon import Lexicon
from tests.bot.intents.examples import FOREIGN, PAIRS, UNSEEN

LEXICON = Lexicon.load()


def _keys(text: str) -> set[int]:
    return set(features(text, LEXICON).keys.tolist())


@pytest.mark.parametrize(
    ("one", "other"),
    [("我要退款", "我要退欵"), ("訂單狀態", "订单状态"), ("ＡＢＣ", "abc"), ("编号12345", "编号98765")],
)
def test_what_means_the_same_has_the_same_features(one: str, other: str) -> None:
    shared = len(_keys(one) & _keys(other)) / len(_keys(one) | _keys(other))
    assert shared > (0.3 if "欵" in other else 0.95)


def test_homophones_share_their_sound() -> None:
    parcel, alike, invoice = map(_keys, ("快递", "块第", "发票"))
    assert len(parcel & alike) >= len(parcel & invoice) + 3


def test_keys_are_sorted_and_single_and_long_texts_are_cut() -> None:
    found = features("退款" * 3000 + "发票", LEXICON)
    assert (np.diff(found.keys.astype(np.int64)) > 0).all()
    assert _keys("退款" * 3000 + "发票") == _keys("退款" * (LONGEST // 2))
    assert len(features("", LEXICON).keys) < 5


def test_kernel_is_one_for_the_same_and_falls_with_distance() -> None:
    points = np.array([[0, 0], [1, 0], [3, 0]], np.float32)
    found = kernel(points, points, 0.5)
    assert np.allclose(np.diag(found), 1)
    assert found[0, 1] == pytest.approx(np.exp(-0.5))
    assert found[0, 1] > found[0, 2]


def test_the_threshold_loses_no_more_than_allowed() -> None:
    values = np.arange(100, dtype=np.float32)
    right = values >= 10  # the ten lowest are recognised wrongly: refusing them costs nothing
    limit = threshold(values, right, lost=0.05)
    assert (values[right] < limit).sum() == 5
    assert threshold(values, np.zeros(100, np.bool_)) < -1e8


def test_signals_are_best_lead_likeness_and_known_share() -> None:
    scores = np.array([[3, 1, 2]], np.float32)
    found = signals(scores, np.array([0.5], np.float32), np.array([0.25], np.float32))
    assert found.tolist() == [[3, 1, 0.5, 0.25]]


def test_bot_eval_measures_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def write(name: str, lines: list[dict[str, str]]) -> str:
        path = tmp_path / name
        path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
        return str(path)

    train = write("train.jsonl", [{"text": text, "intent": intent} for text, intent in PAIRS])
    test = write("test.jsonl", [{"text": text, "intent": intent} for text, intent in UNSEEN.items()])
    oos = write("oos.jsonl", [{"text": text} for text in FOREIGN])
    call_command("bot_eval", "intents", "--train", train, "--test", test, "--oos-test", oos, "--lang", "zh")
    found = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert found["accuracy"] == 1.0
    assert found["oos_recall"] >= 0.8
    assert {"train_s", "p50_ms", "p99_ms", "rss_mb"} <= found.keys()
    assert 0 < found["p50_ms"] < found["p99_ms"] + 1e-9


def test_a_new_name_belongs_where_names_keep_changing() -> None:
    films = ["播放红楼梦", "播放西游记", "播放大宅门", "播放闯关东"]
    radio = ["播放音乐台", "播放新闻台", "播放音乐台啊", "播放新闻台吧"]
    labels = np.array([0] * len(films) + [1] * len(radio))
    letters = count_letters([spelling(text) for text in films + radio], labels, 2)
    assert letters.scores(spelling("播放琅琊榜")).argmax() == 0
    assert letters.scores(spelling("播放新闻台")).argmax() == 1
    for text in ("", "?", "琅琊榜", "abc"):
        scores = letters.scores(spelling(text))
        assert np.isfinite(scores).all()
        assert abs(float(scores.sum())) < 1e-4


def test_an_intent_without_examples_is_the_least_likely() -> None:
    letters = count_letters([spelling("我要退款"), spelling("开发票")], np.array([0, 2]), 3)
    assert letters.scores(spelling("退款")).argmin() == 1
