"""Risk words in disguise, personal data masked, anger told from haste."""

import time

import pytest

from bot.safety import RiskWord, Sensitive, anger, mask
from bot.safety.sensitive import MAX_READ
from knowledge.text import fold

WORDS = Sensitive(
    [
        RiskWord("加微信", "contact"),
        RiskWord("刷单", "fraud"),
        RiskWord("代开发票", "fraud"),
        RiskWord("fraud", "fraud"),
        RiskWord("赌钱", "gambling", site="club"),
    ]
)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("快加微信聊", "加微信"),
        ("加 微.信", "加微信"),
        ("加薇信", "加微信"),
        ("jia wei xin", "加微信"),
        ("加Ｖ信", "加微信"),
        ("加vx聊", "加微信"),
        ("刷★单", "刷单"),
        ("代開發票", "代开发票"),
        ("dai开发票", "代开发票"),
        ("f.r.a.u.d", "fraud"),
    ],
)
def test_disguises_are_seen_through(text: str, word: str) -> None:
    assert [found.word for found in WORDS.find(fold(text))] == [word]


@pytest.mark.parametrize(
    "text", ["defrauded", "用微信付款可以吗", "单刷信用卡", "我要发票", "唰一下单子就到了"]
)
def test_the_innocent_pass(text: str) -> None:
    assert WORDS.find(fold(text)) == []


def test_a_word_of_one_site_counts_there_only() -> None:
    assert WORDS.find(fold("贝者钱"), "club")[0].category == "gambling"
    assert WORDS.find(fold("赌钱"), "shop") == []


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我是138 0013 8000", "我是[phone ..8000]"),
        ("电话一三八零零一三八零零零", "电话[phone ..8000]"),
        ("身份证11010519491231002x", "身份证[id ..002X]"),
        ("卡4111 1111 1111 1111", "卡[card ..1111]"),
        ("银行卡6222021234567890123", "银行卡[number ..0123]"),
        ("邮箱Li.Lei＠example.com谢谢", "邮箱[email]谢谢"),
        ("寄到浙江省杭州市西湖区文三路478号3栋502，谢谢", "寄到[address]，谢谢"),
        ("快递SF1234567890123", "快递[tracking ..0123]"),
        ("订单20261120001", "订单[number ..0001]"),
        ("2026-11-20 15:30付了1,299.00元", "2026-11-20 15:30付了1,299.00元"),
        ("看https://example.com/a?id=1", "看https://example.com/a?id=1"),
    ],
)
def test_personal_data_is_masked_and_the_rest_stays(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert mask(masked) == masked


def test_a_long_text_is_masked_to_its_end_in_linear_time() -> None:
    text = "我的电话是13800138000。" * 4_000
    began = time.perf_counter()
    assert "13800138000" not in mask(text)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    "text",
    [
        "你们是骗子！！！",
        "我要去12315投诉你们",
        "再不处理我找律师曝光你们",
        "什么破玩意，气死我了",
        "垃圾平台，等了十天还不发货！！！",
        "This is UNACCEPTABLE, worst service ever!!!",
    ],
)
def test_the_angry_go_to_people(text: str) -> None:
    assert anger(text) >= 0.7


@pytest.mark.parametrize(
    "text",
    [
        "我没生气，就是问问",
        "不是要投诉，就问问",
        "投诉电话多少",
        "怎么还没到啊？？？",
        "质量太差了我要退货",
        "垃圾袋有货吗",
        "滚筒洗衣机包安装吗",
        "not angry, just asking",
    ],
)
def test_the_calm_and_the_hasty_stay(text: str) -> None:
    assert anger(text) < 0.5


def test_intensifiers_and_signs_make_it_more() -> None:
    assert anger("失望") < anger("太失望了") < anger("太失望了！！！")


def test_only_so_much_is_read() -> None:
    assert WORDS.find("字" * MAX_READ + "刷单") == []
