"""Corrections of a part: an ending of a number, a piece of an address; and what people say instead of yes."""

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.dialog import corrections, readings
from bot.dialog.flows import Flows
from bot.dialog.free_text import reason, title
from bot.dialog.state import DialogState
from bot.dialog.step import step
from bot.dialog.turn import Step, Turn
from bot.entities import extract
from bot.evaluation.dialogs import DEMO
from knowledge.text import fold

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
FLOWS = Flows.load(DEMO / "intents.toml")


def talk(*messages: str) -> Step:
    state, made = DialogState(), None
    for text in messages:
        turn = Turn(text=text, folded=fold(text), entities=extract(text, NOW), now_ms=1_800_000_000_000)
        made = step(state, turn, FLOWS)
        state = made.state
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("202611240091", "后两位打错了，是19", "202611240019"),
        ("202611240091", "最后两位看错了，是19", "202611240019"),
        ("202611240091", "尾号应该是0019", "202611240019"),
        ("202611240091", "前四位是2025", "202511240091"),
        ("202611240091", "the last two digits are 19", "202611240019"),
        ("202611240091", "后三位是19", ""),
        ("4521", "后四位是4525", ""),
        ("202611240091", "不对", ""),
    ],
)
def test_an_ending_is_corrected(value: str, text: str, expected: str) -> None:
    assert corrections.ending(value, fold(text)) == expected


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("江南大道588号恒鑫大厦", "不是588，是598号", "江南大道598号恒鑫大厦"),
        ("花园路39号", "不是花园路，是文化路39号", "文化路39号"),
        ("工农路88号3栋502", "是5栋，不是3栋", "工农路88号5栋502"),
        ("工农路88号13栋502", "不是3栋，是5栋", ""),
        ("富力中心", "富力中心写错了，是富力盈凯", ""),
        ("华夏路10号富力中心", "富力中心写错了，是富力盈凯", "华夏路10号富力盈凯"),
        ("厦门市银江路185号", "银江路185号写成158号吧", "厦门市银江路158号"),
        ("花园路39号", "不是这个意思，是问运费", ""),
    ],
)
def test_a_part_is_exchanged(value: str, text: str, expected: str) -> None:
    assert corrections.exchanged(value, text) == expected


def test_a_correction_of_a_part_reaches_the_slot() -> None:
    made = talk("我要退202611240091，尺寸买大了", "后两位打错了，是19")
    assert (made.kind, made.slots["order_id"]) == ("confirm", "202611240019")
    address = "改地址，202611240091，改成杭州市滨江区江南大道588号恒鑫大厦12楼"
    made = talk(address, "不是588号，是598号")
    assert (made.kind, made.slots["address"]) == ("confirm", "杭州市滨江区江南大道598号恒鑫大厦12楼")


def test_another_reason_replaces_the_one_that_was_read_out() -> None:
    made = talk("这衣服我不想要了，退了吧，202611020099", "跟图片色差太大")
    assert made.slots["reason"] == "跟图片色差太大"


def test_two_wishes_joined_by_and_are_done_in_their_order() -> None:
    made = talk("退款和改地址我都要办")
    assert made.intent == "refund_apply"
    assert [frame.intent for frame in made.state.suspended] == ["change_address"]


def test_each_of_two_wishes_keeps_its_own_number() -> None:
    made = talk("把20261103574退了，再帮我把20261103575的地址改到合肥市包河区徽州大道1号")
    assert (made.intent, made.slots["order_id"]) == ("refund_apply", "20261103574")
    (waiting,) = made.state.suspended
    assert waiting.slots == {"order_id": "20261103575", "address": "合肥市包河区徽州大道1号"}


def test_calling_off_what_another_intent_does_calls_off_nothing() -> None:
    made = talk("我要退款，20261103571", "不换了，就退，因为漏气")
    assert (made.kind, made.intent, made.slots["reason"]) == ("confirm", "refund_apply", "漏气")
    assert talk("我要退款，20261103571", "不退了").kind == "cancelled"


def test_whether_another_number_will_do_is_answered_by_asking_for_it() -> None:
    made = talk("帮我查下物流", "用手机号查行不")
    assert (made.kind, made.intent) == ("ask", "order_status")
    assert "手机号" in made.text


def test_traditional_characters_are_read_and_kept() -> None:
    assert title("抬頭寫臺灣晨曦貿易有限公司", False, ()) == "臺灣晨曦貿易有限公司"
    assert title("抬頭寫個人", False, ()) == "個人"
    assert reason("尺碼不對", False, ()) == "尺碼不對"


def test_a_company_of_mine_is_no_title() -> None:
    assert title("我要给公司报销用的", False, ()) == ""


@pytest.mark.parametrize(
    ("reading", "texts"),
    [
        ("agrees", "嗯呐 昂 中 没毛病 妥了 木问题 就这么定了 按这个办 信息没错 没问题，退吧 👌 looks.good"),
        ("denies", "不太对 抬头不对 信息有误 不行"),
        ("calls_off", "懒得弄了 先放着吧 改天再说 拉倒吧 我再想想"),
        ("returns", "刚才说到哪了 咱们继续 那退货那个呢，还没弄完"),
        ("drifts", "题外话 打断一下 我还想问 慢着，"),
        ("chats", "赶紧的 谢谢亲 客服在吗 没别的了 ？"),
        ("corrects", "手误 写反了 漏了一位 以这个为准"),
    ],
)
def test_what_people_say(reading: str, texts: str) -> None:
    heard = getattr(readings, reading)
    assert [text for text in texts.split() if not heard(fold(text))] == []


def test_what_only_looks_like_it() -> None:
    assert not readings.corrects(fold("少了一件"))
    assert not readings.agrees(fold("得赔我钱"))
    assert not readings.chats(fold("客服几点上班"))
    assert not readings.calls_off(fold("不想要了"))


@pytest.mark.parametrize("text", ["不是" * 2_000, "不是是" * 1_500, "后两位" * 1_500, "a写错了" * 1_000])
def test_a_hostile_correction_takes_time_by_its_length(text: str) -> None:
    began = time.process_time()
    corrections.exchanged("文三路1号", text)
    corrections.ending("202611240091", text)
    assert time.process_time() - began < 0.3
