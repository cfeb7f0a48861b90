"""The demo knowledge base that comes with the project: it can be read whole, fits itself, and is of use."""

import json
from pathlib import Path
from typing import Any

import pytest

import knowledge
from knowledge.graph import Graph, Link, Node
from knowledge.importing.items import ArticleItem, QuestionItem
from knowledge.importing.lines import read_jsonl
from knowledge.importing.markdown import read_markdown
from knowledge.lexicon import Lexicon
from knowledge.text import fold

DEMO = Path(knowledge.__file__).with_name("demo")
LEAST = {"zh": 85, "en": 42}
LEAST_GOLDEN = {"zh": 60, "en": 30}


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DEMO / name).read_text(encoding="utf-8").splitlines()]


def categories() -> set[str]:
    return {one["name"] for one in json.loads((DEMO / "categories.json").read_text(encoding="utf-8"))}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_question_is_imported(language: str) -> None:
    items = list(read_jsonl((DEMO / f"questions.{language}.jsonl").read_bytes()))
    questions = [item for item in items if isinstance(item, QuestionItem)]
    assert len(questions) == len(items) >= LEAST[language]
    assert len({item.key for item in questions}) == len(items)
    assert {item.language for item in questions} == {language}
    assert {item.category for item in questions} <= categories()
    for item in questions:
        assert 3 <= len(item.wordings) <= 8, item.key
        assert len(item.answer) >= 30, item.key


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_two_questions_share_a_wording(language: str) -> None:
    wordings = [
        fold(wording)
        for row in lines(f"questions.{language}.jsonl")
        for wording in (row["question"], *row["similar"])
    ]
    assert len(wordings) == len(set(wordings))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_golden_questions_are_fresh_and_expect_what_there_is(language: str) -> None:
    rows = lines(f"questions.{language}.jsonl")
    keys = {row["id"] for row in rows}
    known = {fold(wording) for row in rows for wording in (row["question"], *row["similar"])}
    golden = lines(f"golden.{language}.jsonl")
    assert len(golden) >= LEAST_GOLDEN[language]
    assert {one.get("expect") for one in golden} <= {*keys, None}
    assert sum(one.get("to_people", False) for one in golden) >= 1
    assert sum(one.get("expect") is None and not one.get("to_people") for one in golden) >= 4
    assert not {fold(one["query"]) for one in golden} & known


def test_every_article_is_imported_with_its_sections() -> None:
    files = sorted((DEMO / "articles").glob("*.md"))
    assert len(files) >= 6
    for path in files:
        items = list(read_markdown(path.read_bytes(), path.stem))
        assert len(items) == 1, path.name
        article = items[0]
        assert isinstance(article, ArticleItem), path.name
        assert len(article.sections) >= 4, path.name
        assert article.summary, path.name
        assert article.category in categories(), path.name
        assert article.language == path.stem.split(".")[-1], path.name


def graph(lexicon: Lexicon) -> Graph:
    facts = json.loads((DEMO / "graph.json").read_text(encoding="utf-8"))
    nodes = [Node(one["name"], one["name"], tuple(one["aliases"]), one["kind"]) for one in facts["entities"]]
    links = [
        Link(
            str(number), one["subject"], one["predicate"], one["object"], one["condition"], one["answer"],
            one["language"],
        )
        for number, one in enumerate(facts["relations"])
    ]  # fmt: skip
    assert len(nodes) >= 25
    assert len(links) >= 50
    built = Graph.build(nodes, links, lexicon.concepts)
    assert len(built) == len(links)  # none points at an entity that is not told
    return built


def test_the_graph_answers_what_names_its_entities() -> None:
    lexicon = Lexicon.load()
    facts = graph(lexicon)
    for asked, said in (
        ("温控壶保修多久", "1 年"),
        ("寄到新疆邮费多少", "18 元"),
        ("寄到香港要几天", "3–6 天"),
        ("上海店几点关门", "10:00–21:00"),
        ("雨前茶多少钱", "¥128"),
        ("金毫有什么权益", "9 折"),
    ):
        folded = fold(asked)
        found = facts.answer(facts.mentions(folded), lexicon.concepts(folded), folded, language="zh")
        assert found, asked
        assert said in found[0].text, (asked, found[0].text)
