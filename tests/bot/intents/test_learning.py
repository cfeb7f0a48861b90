"""Intents are learnt in a process of their own and served without a training library."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.encoders.onnx_folder import OnnxEncoder
from bot.intents import IntentModel
from bot.intents.learning import LearningFailed, Report, learn
from bot.intents.model import UnreadableModel
from knowledge.lexicon import Lexicon
from tests.bot.encoders.tiny import write_folder
from tests.bot.intents.examples import FOREIGN, PAIRS, UNSEEN

ENGLISH = [
    ("where is my order", "order"),
    ("my order never came", "order"),
    ("where is the parcel", "order"),
    ("the parcel never came to you", "order"),
    ("i want a refund", "refund"),
    ("a refund please", "refund"),
    ("refund to you please", "refund"),
    ("i want my refund back", "refund"),
]


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Report]]:
    path = tmp_path_factory.mktemp("models") / "intents.npz"
    yield path, learn(PAIRS, path)


def test_unseen_wordings_are_recognised(learnt: tuple[Path, Report]) -> None:
    model = IntentModel.load(learnt[0])
    found = {text: model.predict(text).intent for text in UNSEEN}
    assert found == UNSEEN


@pytest.mark.parametrize(
    "typed", ["我要退欵", "我要退宽", "我要 退款！！", "我 要 退 款", "我要退款退款退款"]
)
def test_spelling_of_another_kind_changes_nothing(learnt: tuple[Path, Report], typed: str) -> None:
    assert IntentModel.load(learnt[0]).predict(typed).intent == "refund"


def test_what_belongs_nowhere_is_told_apart(learnt: tuple[Path, Report]) -> None:
    model = IntentModel.load(learnt[0])
    inside = [model.predict(text) for text in UNSEEN]
    outside = [model.predict(text) for text in FOREIGN]
    assert sum(found.in_scope for found in inside) >= len(UNSEEN) - 1
    assert sum(found.in_scope for found in outside) <= 1
    assert min(found.scope for found in inside) > max(found.scope for found in outside) - 1


def test_a_prediction_ranks_the_best_five_by_probability(learnt: tuple[Path, Report]) -> None:
    found = IntentModel.load(learnt[0]).predict("我想退款")
    shares = [share for _, share in found.ranking]
    assert len(found.ranking) == 5
    assert shares == sorted(shares, reverse=True)
    assert 0.5 < found.confidence == shares[0] <= 1
    assert sum(shares) <= 1.001
    assert found.margin == pytest.approx(shares[0] - shares[1])


def test_many_texts_are_predicted_as_one_by_one(learnt: tuple[Path, Report]) -> None:
    model = IntentModel.load(learnt[0])
    texts = [*UNSEEN, *FOREIGN, "", " ", "\x00", "退" * 5000] * 25
    together = model.predict_many(texts)
    assert [found.intent for found in together] == [model.predict(text).intent for text in texts]


def test_the_report_says_what_an_operator_should_mend(learnt: tuple[Path, Report]) -> None:
    report = learnt[1]
    assert (report.examples, report.intents) == (36, 6)
    assert 0.4 < report.accuracy <= 1
    assert report.size == learnt[0].stat().st_size
    assert all(pair.intent != pair.taken_for and pair.times > 0 for pair in report.confusions)
    assert report.encoder == ""


def test_the_same_examples_give_the_same_file(learnt: tuple[Path, Report], tmp_path: Path) -> None:
    learn(PAIRS, tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == learnt[0].read_bytes()


def test_an_operators_synonym_carries_an_intent(tmp_path: Path) -> None:
    synonyms = {"syn:瓜瓜卡": ["瓜瓜卡", "豆豆券"]}
    pairs = [
        *PAIRS,
        *((text, "card") for text in ("瓜瓜卡怎么用", "瓜瓜卡过期了", "瓜瓜卡哪里领", "送瓜瓜卡吗")),
    ]
    learn(pairs, tmp_path / "m.npz", synonyms=synonyms)
    knowing = IntentModel.load(tmp_path / "m.npz", lexicon=Lexicon.load(extra=synonyms))
    unaware = IntentModel.load(tmp_path / "m.npz")
    shares = [dict(model.predict("豆豆券").ranking).get("card", 0.0) for model in (knowing, unaware)]
    assert shares[0] > shares[1] + 0.05


def test_too_little_is_refused_and_the_old_model_stays(tmp_path: Path) -> None:
    path = tmp_path / "intents.npz"
    path.write_bytes(b"old")
    with pytest.raises(LearningFailed, match="at least two"):
        learn([("你好", "greet"), ("您好", "greet")], path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_serving_loads_no_training_library(learnt: tuple[Path, Report]) -> None:
    code = (
        "import sys; from pathlib import Path; from bot.intents import IntentModel\n"
        "from bot.intents.learning import learn; from bot.encoders import onnx_folder\n"
        f"print(IntentModel.load(Path({str(learnt[0])!r})).predict('我要退款').intent)\n"
        "print([name for name in ('sklearn', 'scipy', 'onnx', 'torch', 'django') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["refund", "[]"]


@pytest.mark.parametrize("damage", ["empty", "cut", "other"])
def test_a_damaged_file_is_refused(learnt: tuple[Path, Report], damage: str) -> None:
    data = learnt[0].read_bytes()
    broken = {"empty": b"", "cut": data[: len(data) // 2], "other": b"PK\x03\x04" + b"x" * 100}[damage]
    with pytest.raises(UnreadableModel):
        IntentModel.from_bytes(broken)


def test_vectors_take_part_only_with_the_encoder_learnt_with(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "one", name="one", languages=["en"], layers=["middle_hidden_state"])
    other = OnnxEncoder.open(write_folder(tmp_path / "two", name="two"))
    report = learn([*ENGLISH, *PAIRS], tmp_path / "m.npz", encoder=folder)
    assert report.encoder == "one"
    together = IntentModel.load(tmp_path / "m.npz", encoder=OnnxEncoder.open(folder))
    assert together.uses_encoder
    for model in (
        together,
        IntentModel.load(tmp_path / "m.npz"),
        IntentModel.load(tmp_path / "m.npz", encoder=other),
    ):
        assert model.predict("where is my parcel").intent == "order"
        assert model.predict("a refund i want").intent == "refund"
        assert model.predict("我要开发票啊").intent == "invoice"
        if model is not together:
            assert not model.uses_encoder
