"""Postal addresses: province, city, district, town, road, number, compound, building, unit, room.

An address is a run of such parts. It starts with a place's name, or with the name of a road or compound,
which has no sign where it begins: what stands in front of it (寄到, 地址是, 住在) is cut away by its words.
"""

import re
from collections import deque

from bot.entities.address_parts import BARE, GOES_ON, HEAD, PARTS, RANK, plain_names
from bot.entities.entity import Found, Reading

_LEADING = re.compile(
    r"^(?:.{0,8}?(?:收货地址|收件地址|新地址|地址|住址|位置|家(?!园)|公司|学校|宿舍|单位)(?=[^区县市镇村]{2,})|快递|货物?|包裹|麻烦|帮忙?|今天|明天|后天|现在|东西|直接|重新|订单|派|邮|转|移|放|搁|存|刚|都|也|只|叫|另外|对了|其实|应该|可以|就|错|变|之前|原来)+"
)
_GENERIC = re.compile(
    r"^(?:哪|那|这|某|本|各|每|整|全|同|几|一|两|条|个|马|公|铁|线|思|网|电|半|走|老|新|大|小|旁|问|带|上|下|修|跑|养|赶|套|出|多|城|住宅|该|逛|我家|附近|隔壁|所在|服务|地|偏远|郊|山|市|景|社|灰|时|无人|保税|跨境|活动|专|评论|"
    r"讨论|自营|收货地|优惠|什么|乡|农|超|楼|股|夜|门|都|菜|上市|商业|步行|学)+(?:路|街|道|巷|区|县|市|村|镇|小区|花园|广场|大厦|公寓|大学|街道)$"
)
_STREET = re.compile(
    r"\b(?:(?:apt|suite|unit|flat|room)\.?\s?#?\w{1,6},\s)?(?:no\.?\s?)?\d{1,5}[a-z]?\s(?:[a-z]+\s){1,4}(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|way|court|ct|square|parkway|pkwy|plaza|place|circle|"
    r"terrace|highway)\b\.?"
    r"(?:,?\s(?:apt|suite|unit|flat|room|floor)\.?\s?#?\w{1,6})?(?:,\s[a-z][a-z .]{1,30}?(?=[,.!?，。！？]|$|"
    r" please))?(?:,?\s[a-z]{2}\s\d{5})?",
    re.ASCII,
)
_ENGLISH = re.compile(r"\d [a-z]")
_NEVER_FIRST = {"number", "unit", "floor", "room", "cross", "station"}
_ANY = re.compile("[省市区县镇乡村路街道巷弄号栋幢座苑园厦室楼院厂]")


def take_addresses(reading: Reading) -> None:
    """Every address of the text."""
    if _ANY.search(reading.plain):
        position = 0
        # Looked for once: a search from each position anew would take time by the square of the text's
        # length.
        text = plain_names(reading.free)
        heads = deque(HEAD.finditer(text))
        while position < len(text):
            while heads and heads[0].start() < position:
                heads.popleft()
            span = _next(text, position, heads[0] if heads else None)
            if span is None:
                break
            start, end, good = span
            if good:
                reading.take(Found("address", start, end, reading.original[start:end].strip()))
            position = max(end, position + 1)
    if _ENGLISH.search(reading.plain):
        for match in _STREET.finditer(reading.free):
            reading.take(Found("address", *match.span(), reading.original[match.start() : match.end()]))


def _next(text: str, position: int, head: re.Match[str] | None) -> tuple[int, int, bool] | None:
    """Start, end and worth of the first run of parts from `position` on; `head`: the next name of a place."""
    bare = BARE.search(text, position)
    if head is None and bare is None:
        return None
    if head is not None and (
        bare is None
        or (head.start() < bare.end() and (head.start() <= bare.start() or _inside(text, bare, head)))
    ):
        kinds, end = _run(text, head.start())
        if _worth(kinds):
            return head.start(), end, True
        return head.start(), max(head.end(), head.start() + 1), False
    assert bare is not None
    start = bare.start()
    lead = _LEADING.match(text[start : bare.end() - 1])
    if lead and lead.end() < bare.end() - start - 1:
        start += lead.end()
    if _GENERIC.match(text[start : bare.end()]):
        return start, bare.end(), False
    kinds, end = _run(text, start)
    return start, max(end, bare.end()), _worth(kinds)


def _inside(text: str, bare: re.Match[str], head: re.Match[str]) -> bool:
    """Whether a city's name in the middle of a road's is where the address starts (发货到|杭州文三路)."""
    return (head.start() > bare.start() and head.end() < bare.end() - 1) or _LEADING.fullmatch(
        text[bare.start() : head.start()]
    ) is not None


def _run(text: str, start: int) -> tuple[list[str], int]:
    """The kinds of the parts from `start`, and where the last one ends."""
    kinds: list[str] = []
    end = position = start
    rank = -1
    while position < len(text) and len(kinds) < 16 and position - start < 120:
        if text[position] in " ,，-" and kinds and position == end:
            position += 1
            if text[position - 1] in ",，" and not _goes_on(text, position):
                break
            continue
        best: tuple[int, int, str] | None = None
        for kind, pattern in PARTS:
            if RANK[kind] < rank and not (
                kind in {"place", "estate", "station", "building", "number", "road"}
                and rank <= RANK["building"]
            ):
                continue
            match = pattern.match(text, position)
            if match is None or (not kinds and kind in _NEVER_FIRST):
                continue
            # The nearest end wins: 西湖区 before 西湖区文三路; among equals the lower rank.
            if best is None or match.end() < best[0] or (match.end() == best[0] and RANK[kind] < best[1]):
                if kind == "room" and best is not None:
                    continue
                best = (match.end(), RANK[kind], kind)
        if best is None:
            break
        kinds.append(best[2])
        end = position = best[0]
        rank = max(rank, best[1]) if best[2] != "number" else max(rank, 3)
    return kinds, end


def _goes_on(text: str, position: int) -> bool:
    """Whether the address goes on behind a comma: with a building, a unit, a floor, a room or a district."""
    return any(
        pattern.match(text, position) for kind, pattern in PARTS if kind in {"building", "unit", "floor"}
    ) or bool(GOES_ON.match(text[position : position + 10]))


def _worth(kinds: list[str]) -> bool:
    """Whether the parts make an address: 北京 or 上海市 alone is none, 文三路478号 is one."""
    fine = {"number", "building", "unit", "room", "floor", "station", "cross"}
    exact = sum(kind in fine for kind in kinds)
    named = sum(kind in {"road", "place", "estate", "village", "town"} for kind in kinds)
    admin = sum(kind == "admin" for kind in kinds)
    if kinds[:1] == ["building"] and {"unit", "room"} & set(kinds):
        return True
    return bool((named and exact) or (admin >= 1 and named) or (admin >= 2 and exact) or admin >= 3)
