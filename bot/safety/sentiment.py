"""How angry somebody is, 0 to 1, by words, threats and typography; Chinese and English. Pure.

A score from signs that people agree on, not a learnt model: whoever is handed to a person because of it must
be told why, and an operator must be able to see it. Signs add up as independent chances: 1 - Π(1 - sign).
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

_Signs = tuple[tuple[float, tuple[str, ...]], ...]

#: (weight, expressions). Weights are judgements, not measurements; docs/bot.md says what they give.
_ZH: Final[_Signs] = (
    (0.75, (
        "骗子|骗人|坑人|黑店|奸商|狗屁|放屁|扯淡|无耻|不要脸|缺德|丧良心|恶心死|神经病|有病吧|脑残",
        "垃圾(?:平台|公司|店|客服|东西|玩意|服务|态度)|太垃圾|真垃圾",
        "^垃圾[!！。]*$|滚(?:远点|一边|开|$)|你们(?:就是|真是|都是)?(?:一群|一帮)?(?:垃圾|骗子|废物)|什么(?:破|烂|垃圾|鬼)(?:东西|玩意|平台|公司|服务|店|质量)",
        "王八蛋|混蛋|滚蛋|去死|妈的|他妈|傻逼|煞笔|sb|nmd|tmd",
    )),
    (0.7, (
        "(?:我要|必须|一定|马上|去|就|直接|再不).{0,6}(?:投诉|举报|曝光|起诉|报警|维权|告你|差评)",
        "12315|12345热线|市场监管|消协|工商局|消费者协会|律师函|法院见|找律师|请律师|媒体曝光|曝光你们|曝光(?:到|给)|发(?:微博|抖音|小红书)曝光|黑猫",
    )),
    (0.6, (
        "气死|气炸|忍无可忍|受够了|受不了你们|欺人太甚|欺负人|耍我|玩我|逗我|糊弄|敷衍|推卸|推脱|踢皮球",
        "没人管|不管不问|无语死|火大|怒了|暴躁|太过分|过分了|欺骗消费者|把我当傻",
    )),
    (0.45, (
        "什么态度|什么服务|坑死|真坑|太坑|崩溃|恶心|生气|愤怒|气愤|恼火|寒心|心寒|烦死|烦透|烦人|什么破|什么玩意|破公司|破平台|烂透|太差劲|差劲|太烂|差评|失望透顶|太失望",
        "再也不(?:买|来|用)|最后一次|说法|有完没完|没完没了|搞什么|搞毛|离谱|无语|还要我(?:等|说)",
        "到底(?:管不管|处不处理|退不退|发不发|有没有人|行不行|什么时候|怎么回事)",
        "(?:问|催|说|打)了(?:好)?(?:多少|几|好几|无数|[三四五六七八九十百]+)(?:次|遍|回)",
        "等了.{0,8}(?:还|都).{0,4}(?:没|不)",
    )),
    (0.2, ("投诉|举报|失望|不满|着急|急死|催|快点|赶紧",)),
)  # fmt: skip
_EN: Final[_Signs] = (
    (0.75, (
        r"\b(?:scam(?:mers?)?|fraud(?:sters?)?|thieves|liars?|bullshit|crap|fuck\w*|wtf|damn|idiots?)\b",
        r"\b(?:stupid|pathetic|disgusting|screw you|rip.?off)\b",
    )),
    (0.65, (
        r"\b(?:sue you|lawyer|attorney|legal action|small claims|chargeback|report you|bbb)\b",
        r"\b(?:trading standards|go public|bad review|one star)\b",
    )),
    (0.55, (
        r"\b(?:furious|outrag\w+|unacceptable|ridiculous|fed up|had enough|sick of|worst|terrible)\b",
        r"\b(?:awful|horrible|joke|never again|waste of (?:time|money))\b",
    )),
    (0.3, (
        r"\b(?:angry|annoy\w*|frustrat\w*|disappoint\w*|complain\w*|still waiting|again and again)\b",
        r"\b(?:how many times|(?:third|fourth|fifth|tenth) time)\b",
    )),
)  # fmt: skip
_CALM_ZH: Final = re.compile(
    r"(?:没有?|不是|不|别|并不|不用|不要)(?:要|想|会|是要|打算)?(?:太|很|那么|在)?(?:生气|着急|愤怒|投诉|失望|怪)"
)
_CALM_EN: Final = re.compile(
    r"\b(?:not|n't|no|never|isn't|don't) (?:\w+ )?(?:angry|annoyed|upset|frustrated)\b"
)
#: Asking how one complains is a question like any other.
_ASKS_ZH: Final = re.compile(
    r"(?:怎么|如何|哪里|在哪|想问|请问|咨询|渠道|电话|方式|流程).{0,8}(?:投诉|举报|差评)"
    r"|(?:投诉|举报).{0,4}(?:流程|渠道|电话|入口|方式|怎么)"
)
#: Words that make a feeling stronger, near it.
_STRONG: Final = re.compile(
    r"太|很|非常|特别|真的?|极其|十分|实在|简直|超级?|好(?=生气|烦|失望|恶心)|死了|透了|极了|至极|\\b(?:very|so|really|absolutely|totally|extremely)\\b"
)
_SHOUT: Final = re.compile(r"[!！]{2,}|[?？]{3,}|[!！?？]{4,}")
_CAPITALS: Final = re.compile(r"\b[A-Z]{4,}\b(?:\W+[A-Z]{2,}\b){2,}")
_SIGNS: Final = {
    "zh": [(weight, re.compile("|".join(patterns))) for weight, patterns in _ZH],
    "en": [(weight, re.compile("|".join(patterns))) for weight, patterns in _EN],
}
MAX_READ: Final = 1_000
MAX_HITS: Final = 8
STRONGER: Final = 0.3


def anger(text: str, language: str = "zh") -> float:
    """How angry, 0 to 1. `text` may be folded or as written; in mixed talk signs of both languages count."""
    read = text[:MAX_READ]
    lower = read.lower()
    if language == "zh":
        lower = _ASKS_ZH.sub(" ", lower)
    lower = _CALM_EN.sub(" ", _CALM_ZH.sub(" ", lower))
    calm = 1.0
    for signs in _SIGNS.values():
        for weight, pattern in signs:
            found = {match[0]: match for match in islice(pattern.finditer(lower), MAX_HITS)}
            if not found:
                continue
            strong = any(
                _STRONG.search(lower[max(0, match.start() - 4) : match.end() + 3]) for match in found.values()
            )
            felt = weight + (1 - weight) * STRONGER if strong else weight
            calm *= (1 - felt) * (0.8 if len(found) > 1 else 1.0)
    if calm < 1 and _SHOUT.search(read):
        calm *= 0.6
    elif _CAPITALS.search(read):
        calm *= 0.7
    return round(1 - calm, 4)
