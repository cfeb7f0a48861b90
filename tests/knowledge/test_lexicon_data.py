"""The shipped concept lexicon: how much it knows, its form, and what it makes of how visitors talk."""

import re
import tomllib

import pytest

from knowledge.lexicon import Lexicon
from knowledge.lexicon.loading import DATA, GAP, Concept, Expressions, read
from knowledge.text import fold

FILES = sorted(DATA.glob("*.toml"))


@pytest.fixture(scope="module")
def told() -> dict[str, tuple[Concept, Expressions]]:
    return read()


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.load()


def test_it_knows_enough(told: dict[str, tuple[Concept, Expressions]]) -> None:
    zh = sum(len(expressions.zh) for _, expressions in told.values())
    en = sum(len(expressions.en) for _, expressions in told.values())
    assert len(told) >= 320
    assert zh >= 3_000
    assert en >= 1_500
    assert zh + en >= 4_500


def test_most_concepts_speak_both_languages(told: dict[str, tuple[Concept, Expressions]]) -> None:
    both = [name for name, (_, expressions) in told.items() if expressions.zh and expressions.en]
    assert len(both) >= 0.95 * len(told)
    thin = [name for name, (_, expressions) in told.items() if len(expressions.zh) < 5]
    assert not thin


def test_ids_and_names_are_of_one_kind(told: dict[str, tuple[Concept, Expressions]]) -> None:
    for name, (concept, _) in told.items():
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name), name
        assert re.search(r"[\u4e00-\u9fff]", concept.zh), name
        assert concept.en.isascii(), name
        assert name not in concept.broader, name


def test_no_concept_is_broader_than_itself(lexicon: Lexicon) -> None:
    for concept in lexicon.all():
        for above in lexicon.broader(concept.id):
            assert concept.id not in lexicon.broader(above), (concept.id, above)


def test_expressions_are_short_and_told_once_as_they_are_compared() -> None:
    for path in FILES:
        for name, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
            for language in ("zh", "en"):
                expressions = table.get(language, [])
                assert len(expressions) == len({fold(expression) for expression in expressions}), name
                for expression in expressions:
                    assert expression == fold(expression), (name, expression)
                    assert 1 <= len(expression) <= 48, (name, expression)
                    assert all(part.strip() for part in expression.split(GAP)), (name, expression)
                if language == "zh":
                    assert all(len(expression) <= 30 for expression in expressions), name


def test_english_expressions_hold_no_chinese() -> None:
    for path in FILES:
        for name, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
            assert not re.search(r"[\u4e00-\u9fff]", " ".join(table.get("en", []))), name


def test_sections_stand_in_order() -> None:
    for path in FILES:
        names = re.findall(r"^\[([a-z0-9_]+)\]$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert names == sorted(names), path.name
        assert names, path.name


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("我那钱呢", {"refund_delay"}),
        ("发漂抬头填错了咋整", {"invoice", "invoice_title", "ask_how"}),
        ("都一周了还没个影儿，总得给个说法吧", {"delivery_delay", "explanation_demand"}),
        ("优慧劵用不了", {"coupon", "unusable"}),
        ("買的東西還沒到，運費誰出", {"delivery_delay", "shipping_fee", "who_pays"}),
        ("統編打錯了能重開嗎", {"tax_number", "information_wrong"}),
        ("用了两天就歇菜了", {"fault"}),
        ("我要找个喘气的说话", {"human_agent"}),
        ("买大了想换小一码", {"size_problem", "exchange"}),
        ("昨天买的今天就降了一百", {"price_drop"}),
        ("一点就闪退，更新也没用", {"crash", "not_solved"}),
        ("啥时候上班", {"ask_when", "working_hours"}),
        ("再不处理我就打12315了", {"threat_to_report"}),
        ("不给开发票是吧", {"invoice", "refuse"}),
        ("孩子偷偷充了两千块", {"minor_protection", "top_up"}),
        ("where's my stuff", {"delivery_delay"}),
        ("i got charged twice for one order", {"charged_twice", "order"}),
        ("the promo code isn't working", {"promo_code", "coupon_unusable"}),
        ("how do i get rid of my account", {"delete_account", "ask_how"}),
        ("do i have to pay for sending it back", {"who_pays", "return_goods"}),
        ("it says delivered but it's not here", {"delivered_not_received"}),
        ("let me talk to a real person", {"human_agent"}),
        ("这机器脱水抖得跟什么似的", {"vibration"}),
        ("取货码一直没发给我", {"pickup_code"}),
        ("能让邻居代领吗", {"collect_for_other"}),
        ("周三那节想调课", {"attend_rescheduled"}),
        ("is a shuttle to the hotel included", {"airport_transfer"}),
    ],
)
def test_what_visitors_say_is_understood(lexicon: Lexicon, said: str, meant: set[str]) -> None:
    named = {mention.concept for mention in lexicon.mentions(fold(said))}
    assert meant <= named


@pytest.mark.parametrize(
    ("said", "not_meant"),
    [
        ("请问你们周末上班吗", {"refund", "invoice", "fault", "complaint", "anger"}),
        ("怎么修改登录密码", {"repair", "invoice", "order"}),
        ("验证码一直不来", {"delivery_delay", "invoice", "coupon"}),
        ("how do I close my account", {"working_hours", "reimbursement", "order_number"}),
        ("is there a person I can talk to", {"feature_request", "non_returnable"}),
    ],
)
def test_what_was_not_said_is_not_heard(lexicon: Lexicon, said: str, not_meant: set[str]) -> None:
    named = {mention.concept for mention in lexicon.mentions(fold(said))}
    assert not (not_meant & named)
