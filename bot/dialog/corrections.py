"""Corrections of a part of what was given: "后两位是45", "不是588，是598号". Pure."""

import re

from bot.entities.numbers import whole

_COUNT = "[0-9一二两三四五六七八]"
_WRONG = r"(?:是?(?:打|写|输|填|发|说|记|搞|弄|看|读|抄|复制)?错了?)?[，,\s]*"
_TAIL = re.compile(
    rf"(?:最后面?|后面?|末尾?|尾|结尾)(?P<count>{_COUNT})?(?:个?位)?(?:数字?|号码?)?{_WRONG}(?:应该|其实|实际上?)?"
    r"(?:是|为|改成|改为|换成|:)\s?(?P<new>[0-9a-z]{1,8})(?![0-9a-z])"
    r"|(?:last (?P<words>\w{1,6} )?(?:digits?|numbers?|characters?) (?:should be|are|is)|ends? (?:in|with)) "
    r"(?P<english>[0-9a-z]{1,8})(?![0-9a-z])"
)
_HEAD = re.compile(
    rf"(?:前面?|开头|头)(?P<count>{_COUNT})?(?:个?位)?(?:数字?|号码?)?{_WRONG}(?:应该|其实|实际上?)?(?:是|为|改成|改为|换成|:)\s?"
    r"(?P<new>[0-9a-z]{1,8})(?![0-9a-z])"
)
_OLD = r"(?P<old>[^，。,；;！!？?是\n]{1,40}?)"
_NEW = r"(?P<new>[^，。,；;！!？?\n]{1,40})"
_PAIRS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:不是|并非)\s?{_OLD}[，,。；\s]*(?:而是|应该是|应是|是|改成)\s?{_NEW}",
        r"是\s?(?P<new>[^，。,；;！!？?是\n]{1,40}?)[，,。；\s]*(?:不是|而不是)\s?(?P<old>[^，。,；;！!？?\n]{1,40})",
        rf"{_OLD}(?:写|打|填|输|搞|弄|说)错了?[，,。\s]*(?:应该)?(?:是|改成|改为|换成)\s?{_NEW}",
        rf"把?{_OLD}(?:改成|改为|换成|换为|写成)\s?{_NEW}",
        rf"\bnot {_OLD}[，,\s]+(?:but |it's |it is ){_NEW}",
    )
)
_NUMBERED = re.compile(r"\d{1,6}\D{1,3}$")
_EDGES = re.compile(r"^(?:那个|这个|的|把|将|哦|噢|嗯|啊)+|[\s吧呀啊呢哦啦哈嘛的]+$")


def ending(value: str, folded: str) -> str:
    """The number with the ending (or the beginning) the message gives it; empty when it gives none that fits.

    `folded`: the message as compared.
    """
    for pattern, last in ((_TAIL, True), (_HEAD, False)):
        match = pattern.search(folded)
        if match is None:
            continue
        new = (match["new"] or match.groupdict().get("english") or "").upper()
        count = whole(match["count"]) if match["count"] else len(new)
        if not new or count != len(new) or len(new) >= len(value):
            return ""
        return value[: -len(new)] + new if last else new + value[len(new) :]
    return ""


def exchanged(value: str, text: str) -> str:
    """The value with the part the message replaces; empty when it replaces no part of it.

    Of "不是花园路，是文化路39号" the 39号 that stands behind 花园路 already is not written twice.
    """
    for pattern in _PAIRS:
        match = pattern.search(text)
        if match is None:
            continue
        old, new = (_EDGES.sub("", match[name].strip()) for name in ("old", "new"))
        if new[:1].isdigit() and old[-1:] == new[-1:] and (number := _NUMBERED.search(old)):
            old = number[0]  # 银江路185号写成158号: the number only
        if not old or not new or old in (new, value):
            continue
        # 3栋 is no part of 13栋.
        ahead, behind = ("(?<![0-9])" if old[0].isdigit() else ""), ("(?![0-9])" if old[-1].isdigit() else "")
        found = re.search(ahead + re.escape(old) + behind, value)
        if found is None:
            continue
        rest = value[found.end() :]
        again = next(
            (size for size in range(min(len(new), len(rest)), 0, -1) if new.endswith(rest[:size])), 0
        )
        return value[: found.start()] + new + rest[again:]
    return ""
