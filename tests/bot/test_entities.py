"""Entities: forms in one notation, look-alikes left alone, hostile texts read in time linear in their
length."""

import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.entities import MAX_LENGTH, EntityLists, ListItem, PatternError, extract
from bot.evaluation import entities as evaluation

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
DATA = Path(__file__).parent / "data"


def named(text: str, lists: EntityLists | None = None) -> list[tuple[str, str]]:
    return [(entity.type, entity.normalized) for entity in extract(text, NOW, lists)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("138 0013 8000", [("phone", "13800138000")]),
        ("＋８６－１３８００１３８０００", [("phone", "13800138000")]),
        ("一三八零零一三八零零零", [("phone", "13800138000")]),
        ("订单13800138000", [("order_id", "13800138000")]),
        ("9138001380001", [("order_id", "9138001380001")]),
        ("卡号6222021234567890123", []),
        ("身份证110105194912310021", []),
        ("11010519491231002x", [("id_card", "11010519491231002X")]),
        ("三块五", [("money", "3.5")]),
        ("三块零五", [("money", "3.05")]),
        ("两千零三块", [("money", "2003")]),
        ("一万二", [("money", "12000")]),
        ("四五百块", [("money", "400")]),
        ("三块电池", []),
        ("大后天", [("date", "2026-11-23")]),
        ("11月31号", []),
        ("2月30号", []),
        ("25号买的", [("date", "2026-10-25")]),
        ("5号能到吗", [("date", "2026-12-05")]),
        ("周三买的", [("date", "2026-11-18")]),
        ("周三能到吗", [("date", "2026-11-25")]),
        ("明晚十二点", [("date", "2026-11-21"), ("time", "00:00")]),
        ("下午1点到3点", [("time", "13:00"), ("time", "15:00")]),
        ("两点建议", []),
        ("一点也不", []),
        ("七天无理由", []),
        ("3个月", []),
        ("next Friday at half past three", [("date", "2026-11-27"), ("time", "03:30")]),
        ("发lisi艾特163点com", [("email", "lisi@163.com")]),
        ("liu_yang（at）163.com", [("email", "liu_yang@163.com")]),
        ("订单号 20261103 5582 1190", [("order_id", "2026110355821190")]),
        ("it's 202611031076", [("order_id", "202611031076")]),
        ("12月25日当天送", [("date", "2026-12-25")]),
        ("bob at gmail dot com", [("email", "bob@gmail.com")]),
        ("look at taobao.com", [("url", "taobao.com")]),
        ("+1 415 555 2671", [("phone", "+14155552671")]),
        ("0755-86013388-808", [("phone", "075586013388")]),
        ("18412345678-1234", [("phone", "18412345678")]),
        ("订单9527", [("order_id", "9527")]),
        ("通行证C12345678", []),
        ("中通的，75345678901234", [("tracking_no", "75345678901234")]),
        ("微信号wx_20261103", []),
        ("五一买的", [("date", "2026-05-01")]),
        ("五一能到吗", [("date", "2027-05-01")]),
        ("双11那会儿", [("date", "2026-11-11")]),
        ("冬至前到", [("date", "2026-12-22")]),
        ("三四天前", [("date", "2026-11-17")]),
        ("10月1号到10月7号", [("date", "2026-10-01"), ("date", "2026-10-07")]),
        ("23号18点前", [("date", "2026-11-23"), ("time", "18:00")]),
        ("大一号", []),
        ("十二点半到一点没人", [("time", "12:30"), ("time", "13:00")]),
        ("二十块零五毛", [("money", "20.5")]),
        ("几十块", []),
        ("30欧", [("money", "30")]),
        ("充200送30", [("money", "200"), ("money", "30")]),
        ("买200件送30个", []),
    ],
)
def test_each_form_has_one_notation(text: str, expected: list[tuple[str, str]]) -> None:
    assert named(text) == expected


@pytest.mark.parametrize(
    "address",
    ["翠湖天地3期7号楼", "锦绣家园小区5栋2单元601室", "6栋1203", "文三路478号金茂梅溪湖12栋2单元903",
     "阳光花园北门菜鸟驿站", "青年路与建国路交叉口", "槐安东路万达广场写字楼C座1508", "海滨新村A区3巷12号",
     "朝阳北路101号大悦城6F-12", "星湖街328号创意产业园5-B301", "Flat 3B, 221 Baker St, London"],
)  # fmt: skip
def test_an_address_ends_at_its_last_part(address: str) -> None:
    assert [(e.type, e.value) for e in extract(f"改到{address}，谢谢", NOW)] == [("address", address)]


@pytest.mark.parametrize(
    "text", ["麻烦放12栋下面", "快递放3号楼楼下", "放菜鸟驿站", "小区5栋", "我们公司3号楼"]
)
def test_a_building_without_a_name_is_no_address(text: str) -> None:
    assert named(text) == []


def test_spans_are_those_of_the_original_text() -> None:
    text = "請把貨改到　杭州市西湖區文三路４７８號，電話１３８－００１３－８０００"
    for entity in extract(text, NOW):
        assert text[entity.start : entity.end] == entity.value
    assert [entity.type for entity in extract(text, NOW)] == ["address", "phone"]


@pytest.mark.parametrize("name", ["entities.zh.jsonl", "entities_more.zh.jsonl"])
def test_the_files_written_before_tuning(name: str) -> None:
    figures = evaluation.run({"file": DATA / name, "now": NOW})
    assert figures["lines"] >= 240
    assert figures["f1"] >= 0.97
    assert figures["normalized_accuracy"] >= 0.97


def test_the_measure_counts_what_is_missing_and_what_is_too_much(tmp_path: Path) -> None:
    lines = [
        '{"text": "订单20261120001", "entities": [{"type": "order_id", "value": "20261120001", '
        '"normalized": "20261120001"}]}',
        '{"text": "付了350块", "entities": []}',
        '{"text": "随便", "entities": [{"type": "phone", "value": "13800138000", "normalized": '
        '"13800138000"}]}',
        '{"text": "下午3点", "entities": [{"type": "time", "value": "下午3点", "normalized": "03:00"}]}',
    ]
    (tmp_path / "e.jsonl").write_text("\n".join(lines), encoding="utf-8")
    figures = evaluation.run({"file": tmp_path / "e.jsonl", "now": NOW})
    assert figures["precision"] == figures["recall"] == pytest.approx(0.6667)
    assert figures["normalized_accuracy"] == 0.5
    assert figures["types"]["money"]["precision"] == 0


def test_own_lists_are_found_by_word_synonym_and_sound() -> None:
    lists = EntityLists(
        {"product": [ListItem("双肩包", ("书包",)), ListItem("X1"), ListItem("保温杯")]}, fuzzy=["product"]
    )
    assert named("我的書包坏了", lists) == [("product", "双肩包")]
    assert named("双间包和保文杯", lists) == [("product", "双肩包"), ("product", "保温杯")]
    assert named("x1好用吗", lists) == [("product", "X1")]
    assert named("x10好用吗", lists) == []
    assert named("X1要350块", lists) == [("product", "X1"), ("money", "350")]


def test_own_patterns_are_re2() -> None:
    lists = EntityLists(patterns={"member": [r"会员(?P<value>[A-Z]\d{4})"]})
    assert named("会员A1001", lists) == [("member", "A1001")]
    with pytest.raises(PatternError):
        EntityLists(patterns={"bad": [r"(a)\1"]})


HOSTILE = {
    "digits": "1" * MAX_LENGTH,
    "spaced digits": "1 " * (MAX_LENGTH // 2),
    "dots": "a." * (MAX_LENGTH // 2),
    "roads": "路" * MAX_LENGTH,
    "districts": "文区" * (MAX_LENGTH // 2),
    "cities": "北京市朝阳区" * (MAX_LENGTH // 6),
    "sums": "满1" * (MAX_LENGTH // 2),
    "months": "1月1" * (MAX_LENGTH // 3),
    "taken": "\x00" * MAX_LENGTH,
    "gifts": "充1送1" * (MAX_LENGTH // 4),
    "mail": "a@" * (MAX_LENGTH // 2),
    "spelt mail": "a艾特b点" * (MAX_LENGTH // 5),
    "buildings": "文12栋" * (MAX_LENGTH // 4),
    "estates": "文三" * (MAX_LENGTH // 2),
    "crossings": "与文路" * (MAX_LENGTH // 3),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_takes_time_by_its_length(text: str) -> None:
    def spent(length: int) -> float:
        best = 9.0
        for _ in range(3):
            began = time.process_time()
            extract(text[:length], NOW, EntityLists(patterns={"evil": ["(a+)+b", "(x+x+)+y"]}))
            best = min(best, time.process_time() - began)
        return best

    extract(text, NOW)
    # Four times as long: four times the time; by the square it would be sixteen.
    assert spent(MAX_LENGTH) < max(0.02, 9 * spent(MAX_LENGTH // 4))


def test_what_is_behind_the_limit_is_not_read() -> None:
    assert named("字" * MAX_LENGTH + "13800138000") == []
