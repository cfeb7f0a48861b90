"""The demo's examples, rules and risk words: enough of each, apart from what the knowledge base answers."""

import json
import tomllib
from collections import Counter
from pathlib import Path

import pytest

import bot
import knowledge
from bot.models.rules import SensitiveCategory
from bot.safety.sensitive import RiskWord, Sensitive
from bot.strategies.rules import RuleBook, RuleSpec
from knowledge.text import fold

DEMO = Path(bot.__file__).with_name("demo")
KNOWLEDGE = Path(knowledge.__file__).with_name("demo")
INTENTS = {"order_status", "refund_apply", "change_address", "invoice", "human"}
LEAST = {"zh": 60, "en": 40}


def texts(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_intent_has_enough_examples_of_its_own(language: str) -> None:
    rows = texts(DEMO / f"intents.{language}.jsonl")
    count = Counter(row["intent"] for row in rows)
    assert set(count) == INTENTS
    assert min(count.values()) >= LEAST[language]
    folded = [fold(row["text"]) for row in rows]
    assert len(folded) == len(set(folded))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_example_is_what_the_knowledge_base_answers(language: str) -> None:
    asked = {
        fold(wording)
        for row in texts(KNOWLEDGE / f"questions.{language}.jsonl")
        for wording in (row["question"], *row["similar"])
    }
    beyond = {fold(row["text"]) for row in texts(DEMO / "oos.jsonl")}
    examples = {fold(row["text"]) for row in texts(DEMO / f"intents.{language}.jsonl")}
    assert not examples & (asked | beyond)


def book() -> RuleBook:
    with (DEMO / "rules.toml").open("rb") as file:
        rules = tomllib.load(file)
    return RuleBook(
        RuleSpec(
            id=name, name=name, kind=rule["kind"], expressions=tuple(rule["expressions"]),
            answer=rule["answer"].strip(), conditions=rule["conditions"], priority=rule["priority"],
        )
        for name, rule in rules.items()
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ("你好！", "greeting"),
        ("在吗？", "greeting"),
        ("谢谢～", "thanks"),
        ("没有了，谢谢", "bye"),
        ("你是机器人吗", "are_you_a_robot"),
        ("你是真人还是机器人？", "are_you_a_robot"),
        ("你能做什么", "what_can_you_do"),
        ("客服几点上班", "working_hours"),
        ("Hello!", "greeting_en"),
        ("Are you a robot?", "are_you_a_robot_en"),
        ("that's all, thanks", "bye_en"),
    ],
)
def test_courtesy_is_answered_by_rules(said: str, rule: str) -> None:
    assert rule in {found.name for found in book().matching(fold(said))}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_rules_leave_business_alone(language: str) -> None:
    rules = book()
    for row in texts(DEMO / f"intents.{language}.jsonl"):
        assert not rules.matching(fold(row["text"])), row["text"]


def risk_words() -> Sensitive:
    words = []
    for language in ("zh", "en"):
        category = ""
        for line in (DEMO / f"sensitive.{language}.txt").read_text(encoding="utf-8").splitlines():
            if line.startswith("["):
                category = line.strip("[]")
                assert category in SensitiveCategory.values
            elif line and not line.startswith("#"):
                assert category, line
                assert len(line) <= 60
                words.append(RiskWord(line, category))
    assert len({word.word for word in words}) == len(words) >= 150
    return Sensitive(words)


def test_risk_words_are_found_and_business_holds_none() -> None:
    words = risk_words()
    for said, category in (
        ("再不处理我就打12315了", "legal"),
        ("我活不下去了", "harm"),
        ("有没有人要刷单的", "fraud"),
        ("加-我-微-信 便宜卖你", "contact"),
        ("I will go to the press", "exposure"),
    ):
        assert category in {found.category for found in words.find(fold(said))}, said
    for language in ("zh", "en"):
        for row in texts(DEMO / f"intents.{language}.jsonl"):
            assert not words.find(fold(row["text"])), row["text"]
        for row in texts(KNOWLEDGE / f"questions.{language}.jsonl"):
            for wording in (row["question"], *row["similar"]):
                assert not words.find(fold(wording)), wording
