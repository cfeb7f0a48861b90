"""Times of day: 下午三点半, 15:30, 三点一刻, 差五分八点, 凌晨12点, 中午."""

import re

from bot.entities.entity import Found, Reading
from bot.entities.numbers import whole

_HOUR = "(?:2[0-4]|1[0-9]|0?[0-9]|二十[一二三四]?|十[一二三四五六七八九]?|[零一二两三四五六七八九])"
_MINUTE = (
    "(?:[0-5][0-9]|[0-9](?=分)|[二三四五]?十[一二三四五六七八九]?|零[一二三四五六七八九五]|"
    "[一二三四五六七八九](?=分))"
)
_PERIOD = (
    "(?:凌晨|清晨|清早|大早|一早|早晨|早上|早间|早(?!就)|上午|中午|正午|午间|下午|午后|傍晚|黄昏|晚上|"
    "晚间|夜里|夜间|夜晚|半夜|深夜|晚|夜)"
)
_N = "0-9零〇一二两三四五六七八九十"
_COLON = re.compile(
    rf"(?:(?P<period>{_PERIOD})的?\s?)?(?<![0-9.:/])(?P<hour>2[0-4]|1[0-9]|0?[0-9]):(?P<minute>[0-5][0-9])(?::[0-5][0-9](?:\.\d{{1,3}})?)?(?![0-9:%])"
)
_OCLOCK = re.compile(
    rf"(?:(?P<period>{_PERIOD})的?\s?)?(?<![{_N}.第几])(?P<hour>{_HOUR})(?P<unit>点|时(?!间|候|段|尚|代|长|刻|常|不|时|效|装|差))(?P<clock>钟|整)?"
    rf"(?:(?P<half>半(?!价|天|折|年|个))|(?P<quarter>[一三])刻钟?|过?(?P<minute>{_MINUTE})(?![折%个块元米岁件条项])(?:分(?!钟后|之|期|享))?|差(?P<less>{_MINUTE})分)?(?:钟|整)?"
)
_LACKING = re.compile(rf"差(?P<less>{_MINUTE}|[一二三四五六七八九])分钟?(?:就|到)?(?P<hour>{_HOUR})点")
_NOON = re.compile("中午|正午|午夜|零时(?!间)")
_INHERITED = re.compile(r"[今昨明前后]?(晚|夜|早|晨)\s?$")
_NOT_CLOCK = re.compile(
    r"^(?:建议|意见|要求|问题|看法|疑问|原因|想法|理由|希望|说明|需要|内容|:|：|儿|也|都|小|点|赞|击|评|餐|歌|名|头|心|水|滴|反馈|"
    r"不(?!到|行|能|可)|用|共|注意|事|缺点|优点|好处|错|亮|卡|疑|作用|好|我|你|你们|请|差别|区别|方向|[0-9零一二两三四五六七八九十a-z])"
)
_CLOCK_AFTER = re.compile(
    r"^\s?(?:之?前|之?后|以前|以后|左右|来|送|取|到|至|-|~|多|能|可以|行|吗|打|上班|下班|开|发|见|过来|去|准时|结束|下的?单|抢|截|才|就|派|"
    r"收|拿|吧|呢|了|那|还|关|出|有人|会|有空|方便|的(?:时候|话|快递|飞机|车|票)|营业|钟|$|[，。！？,!?；])"
)
_CLOCK_BEFORE = re.compile(
    r"(?:到|在|约|至|-|~|于|等|每天|从|是|截止|大概|差不多|大约|都|成|才|就|不到|[天日号晚早一二三四五六末])\s?$"
)
_EVENING = {"晚", "晚上", "晚间", "夜里", "夜间", "夜晚", "半夜", "深夜", "夜", "傍晚", "黄昏"}
_AFTERNOON = {"下午", "午后"}


def take_times(reading: Reading) -> None:
    """Every time of the text; the second of a span takes the first one's half of the day."""
    plain = reading.plain
    if ":" in plain:
        for match in _COLON.finditer(reading.free):
            if (
                re.search(r"(?:比例|比分|比率|尺寸|屏幕)\S{0,2}$", reading.before(match.start(), 5))
                or reading.before(match.start("hour"), 1) == ":"
            ):
                continue
            _keep(reading, match, int(match["hour"]), int(match["minute"]))
    if "点" in plain or "时" in plain:
        for match in _LACKING.finditer(reading.free):
            hour, less = whole(match["hour"]), whole(match["less"])
            if hour is not None and less and hour > 0:
                _keep(reading, match, hour - 1, 60 - less)
        for match in _OCLOCK.finditer(reading.free):
            _oclock(reading, match)
    for match in _NOON.finditer(reading.free):
        reading.take(Found("time", *match.span(), "12:00" if match[0] in {"中午", "正午"} else "00:00"))


def _oclock(reading: Reading, match: re.Match[str]) -> None:
    hour = whole(match["hour"])
    if hour is None:
        return
    exact = (
        match["period"]
        or match["half"]
        or match["quarter"]
        or match["minute"]
        or match["clock"]
        or match["less"]
    )
    after = reading.after(match.end(), 5)
    ends_span = _joined(reading, match.start()) is not None and not re.match(
        r"^(?:建议|意见|要求|[小不也])", after
    )
    if not exact and not ends_span and not _plausible(reading, match, hour, after):
        return
    if re.match(r"^(?:方向|位置|钟方向)", after):
        return
    if (
        match["period"]
        and not (match["half"] or match["minute"])
        and re.match(r"^(?:儿|赞|餐|单|也|都没)", after)
    ):
        return
    if (
        match["period"] in {"早", "晚", "夜"}
        and hour == 1
        and match["hour"] == "一"
        and not re.match(r"^(?:前|后|左右|半|到)", after)
    ):
        return  # 早一点, 晚一点
    minute = 0
    if match["half"]:
        minute = 30
    elif match["quarter"]:
        minute = 15 if match["quarter"] == "一" else 45
    elif match["minute"]:
        minute = whole(match["minute"]) or 0
    elif match["less"]:
        hour, minute = (hour - 1) % 24, 60 - (whole(match["less"]) or 0)
    _keep(reading, match, hour, minute)


def _plausible(reading: Reading, match: re.Match[str], hour: int, after: str) -> bool:
    """Whether "三点" alone is a time: 两点建议, 一点也不 and 这三点 are none."""
    before = reading.before(match.start(), 4)
    if match["unit"] == "时":
        return (
            match["hour"].isdigit()
            and not re.search(r"[小同当]$", before)
            and bool(_CLOCK_AFTER.match(after) or _CLOCK_BEFORE.search(before))
        )
    if _NOT_CLOCK.match(after) or re.search(
        r"(?:有|这|那|几|讲|说|提|早|快|慢|多|少|差|大|小|高|低|轻|便宜|前|后|哪)$", before
    ):
        return not _NOT_CLOCK.match(after) and (
            re.search(r"(?:今|昨|明)[晚早]$", before) is not None
            or re.match(r"^(?:到|至|-|~)[0-9零一二两三四五六七八九十]{1,2}[点时]", after) is not None
        )
    linked = bool(_CLOCK_BEFORE.search(before)) or not before
    if hour == 1 and match["hour"] == "一":
        return bool(re.search(r"(?:到|至|-|~|在|[天日号晚早])$", before)) and bool(_CLOCK_AFTER.match(after))
    if hour == 2 and not match["hour"].isdigit():
        return bool(re.search(r"(?:到|至|-|~|在|等|约|成|是|[天日号晚早])$", before)) or bool(
            re.match(r"^(?:之?前|之?后|以前|以后|左右|来|送|取|到|至|-|打|过来|见)", after)
        )
    return linked or bool(_CLOCK_AFTER.match(after))


def _keep(reading: Reading, match: re.Match[str], hour: int, minute: int) -> None:
    if "\x00" in match[0]:
        return
    groups = match.groupdict()
    period = groups.get("period")
    inherited = None
    if not period:
        said = _INHERITED.search(reading.before(match.start(), 3))
        if said and any(
            item.type == "date" and item.end in {match.start(), match.start() - 1} for item in reading.found
        ):
            period = {"夜": "晚", "晨": "早"}.get(said[1], said[1])
        else:
            inherited = _joined(reading, match.start())
    hour = _of_day(hour, period)
    if inherited is not None and hour < inherited <= 23 and hour < 12 <= inherited:
        hour += 12
    if hour > 24 or (hour == 24 and minute):
        return
    reading.take(Found("time", *match.span(), f"{hour % 24:02d}:{minute:02d}"))


def _of_day(hour: int, period: str | None) -> int:
    if not period:
        return hour
    if period in _EVENING:
        if hour == 12:
            return 24
        late = period in {"半夜", "深夜", "夜里"}
        return hour if hour > 12 or (late and hour < 6) else hour + 12
    if period in _AFTERNOON:
        return hour + 12 if hour < 12 else hour
    if period in {"中午", "正午", "午间"}:
        return hour + 12 if hour < 6 else hour
    return 0 if period == "凌晨" and hour == 12 else hour


def _joined(reading: Reading, start: int) -> int | None:
    """The hour this time ends a span with ("下午两点到四点")."""
    link = re.search(r"(?:到|至|-|~)\s?$", reading.before(start, 3))
    if not link:
        return None
    end = start - (len(reading.before(start, 3)) - link.start())
    for item in reversed(reading.found):
        if item.type == "time" and item.end == end:
            return int(item.normalized[:2])
    return None
