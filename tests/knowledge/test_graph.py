"""Facts: naming entities, following links, conditions, and the picture."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from knowledge.graph import Graph, Link, Node, draw
from knowledge.text import fold

WORDS = {"退": "refund", "寄": "shipping", "多久": "how_long", "包邮": "postage", "保存": "storage"}


def concepts_of(folded: str) -> list[str]:
    return [concept for word, concept in WORDS.items() if word in folded]


NODES = (
    Node("tea", "龙井茶", ("龙井", "Longjing"), "商品"),
    Node("cup", "青瓷杯", kind="商品"),
    Node("policy", "生鲜退货规则", kind="规则"),
    Node("east", "江浙沪", kind="地区"),
    Node("west", "新疆", kind="地区"),
    Node("days", "7 天", kind="时限"),
    Node("other", "别店的茶", kind="商品", site="another"),
)
LINKS = (
    Link("1", "tea", "退货按", "policy"),
    Link("2", "policy", "退货时限", "days", answer="签收后 7 天内可退。"),
    Link("3", "tea", "寄到", "east", answer="江浙沪 1–2 天送达。"),
    Link("4", "tea", "寄到", "west", answer="新疆 5–7 天送达。"),
    Link("5", "cup", "包邮", "east", "满 99 元", "满 99 元包邮。"),
    Link("6", "cup", "包邮", "east", "会员", "会员一律包邮。"),
)


@pytest.fixture(scope="module")
def graph() -> Graph:
    return Graph.build(NODES, LINKS, concepts_of)


def asked(graph: Graph, question: str) -> list[str]:
    folded = fold(question)
    return [
        found.text for found in graph.answer(graph.mentions(folded), concepts_of(folded), folded, site="shop")
    ]


def test_names_are_found_by_alias_and_script_and_as_whole_words(graph: Graph) -> None:
    def named(text: str, site: str | None = None) -> list[str]:
        return [seen.node for seen in graph.mentions(fold(text), site)]

    assert named("你们的龍井怎么卖") == ["tea"]
    assert named("LONGJING please") == ["tea"]
    assert named("longjings") == []
    assert named("龙井茶和青瓷杯") == ["tea", "cup"]
    assert named("别店的茶") == [] and named("别店的茶", "another") == ["other"]


def test_one_link_to_what_was_named(graph: Graph) -> None:
    assert asked(graph, "龙井寄到新疆多久")[0] == "新疆 5–7 天送达。"


def test_two_links_lead_to_a_rule_of_a_rule(graph: Graph) -> None:
    assert "签收后 7 天内可退。" in asked(graph, "龙井可以退吗")


def test_the_condition_that_was_named_decides(graph: Graph) -> None:
    assert asked(graph, "青瓷杯会员包邮吗")[0] == "会员一律包邮。"


def test_without_a_condition_all_are_told(graph: Graph) -> None:
    assert asked(graph, "青瓷杯包邮吗")[0] == "- 满 99 元：满 99 元包邮。\n- 会员：会员一律包邮。"


def test_nothing_named_or_nothing_asked_finds_nothing(graph: Graph) -> None:
    assert asked(graph, "可以退吗") == []
    assert asked(graph, "龙井怎么保存") == []


def test_a_link_without_a_text_says_what_it_links(graph: Graph) -> None:
    assert "龙井茶退货按生鲜退货规则" in asked(graph, "龙井可以退吗")


def test_bytes_bring_back_the_same_answers(graph: Graph) -> None:
    again = Graph.from_bytes(graph.to_bytes())
    assert asked(again, "龙井寄到新疆多久") == asked(graph, "龙井寄到新疆多久")


def test_a_hub_with_thousands_of_links_is_bounded() -> None:
    nodes = [Node("hub", "中心"), *(Node(f"n{at}", f"叶{at}号") for at in range(3000))]
    links = [Link(f"l{at}", "hub", "寄到", f"n{at}") for at in range(3000)]
    links += [Link(f"m{at}", f"n{at}", "寄到", "n0") for at in range(1, 3000)]
    big = Graph.build(nodes, links, concepts_of)
    answers = asked(big, "中心寄到哪")
    assert answers[0].count("\n") == 7 and len(answers) == 3


def test_the_neighbourhood_is_what_two_links_reach(graph: Graph) -> None:
    assert set(graph.around("policy").nodes) == {"policy", "tea", "days", "east", "west"}
    assert len(graph.around("policy", most=2).nodes) == 2
    assert not graph.around("nobody").nodes


def test_the_picture_is_plain_svg_and_always_the_same(graph: Graph) -> None:
    svg = draw(graph, "tea", label="龙井 & co", addresses={"tea": "/x/?a=1&b=2"})
    assert svg == draw(graph, "tea", label="龙井 & co", addresses={"tea": "/x/?a=1&b=2"})
    root = ET.fromstring(svg)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert "script" not in tags and "style" not in tags
    assert not any("style" in element.attrib for element in root.iter())
    width, height = (float(part) for part in root.attrib["viewBox"].split()[2:])
    boxes = [element for element in root.iter() if element.tag.endswith("rect")]
    assert len(boxes) == len(graph.nodes)
    for box in boxes:
        assert 0 <= float(box.attrib["x"]) <= width and 0 <= float(box.attrib["y"]) <= height


def test_names_of_a_picture_cannot_break_out_of_it() -> None:
    evil = Graph([Node("a", '<script>"x"</script>'), Node("b", "b")], [Link("1", "a", "<b>&", "b")])
    ET.fromstring(draw(evil, label='"><x'))
    assert "<script" not in draw(evil)
    assert draw(Graph()) == ""
