"""Days: 2026年11月3日, 11.11, 上周三, 下个月5号, 三天前, 大后天, 这个月底, 国庆节."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from bot.entities.entity import Found, Reading
from bot.entities.festivals import AMBIGUOUS, NAMES, festival, nearest_festival
from bot.entities.numbers import digit_string, whole
from bot.entities.tense import day_of_month, last_day, make, month_day, months_later, shift, tense

_N = "0-9零〇一二两三四五六七八九十"
_MONTH = "(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_DAY = (
    "(?:3[01]|[12][0-9]|0?[1-9]|三十一?|二十[一二三四五六七八九]?|十[一二三四五六七八九]?|"
    "廿[一二三四五六七八九]?|[一二三四五六七八九])"
)
_ABOUT = "一两|两三|三四|三五|四五|五六|六七|七八|八九"
_COUNT = (
    rf"(?:[0-9]{{1,3}}|{_ABOUT}|[一二两俩仨三四五六七八九]|"
    r"[二三四五六七八九]?十[一二三四五六七八九]?|一百|半)"
)
_YEARS = {"前年": -2, "去年": -1, "上年": -1, "今年": 0, "本年": 0, "明年": 1, "来年": 1, "后年": 2}
_YEAR_WORD = "|".join(_YEARS)
_DAYS = {
    "大前天": -3, "大前日": -3, "大后天": 3, "大后日": 3, "前天": -2, "前日": -2, "前晚": -2, "前儿": -2,
    "昨天": -1, "昨日": -1, "昨儿个": -1, "昨儿": -1, "昨晚": -1, "昨夜": -1, "昨早": -1, "昨": -1, "今天":
    0, "今日": 0, "今儿个": 0, "今儿": 0, "今晚": 0, "今夜": 0, "今早": 0, "今晨": 0, "明天": 1, "明日": 1,
    "明儿个": 1, "明儿": 1, "明晚": 1, "明早": 1, "明晨": 1, "明": 1, "今": 0, "后天": 2, "后日": 2, "后晚":
    2, "后儿": 2,
}  # fmt: skip
_WEEKS = {"上上": -2, "上": -1, "这": 0, "本": 0, "当": 0, "下": 1, "下下": 2}
_WEEKDAY = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6, "末": 5}
_WEEKDAY |= {str(day): day - 1 for day in range(1, 7)}

_FULL = re.compile(
    r"(?<![0-9.\-/])((?:19|20)\d{2}|\d{2}(?=年))(?:年\s?|([-/.]))(\d{1,2})(?:月\s?|\2)(\d{1,2})(?![0-9.])(?:日|号)?"
)
_FULL_CHINESE = re.compile(rf"([一二][零〇一二三四五六七八九]{{3}})年({_MONTH})月({_DAY})(?:日|号)?")
_COMPACT = re.compile(r"(?<![0-9a-z.\-_])(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?![0-9a-z\-])")
_MONTH_DAY = re.compile(
    rf"(?<![{_N}.个])(?:(?P<year>{_YEAR_WORD})的?\s?)?(?P<month>{_MONTH})月(?:份的?)?\s?(?P<day>{_DAY})(?![{_N}个.])(?:(?:日|号)(?!线|楼))?"
)
_IN_MONTH = re.compile(
    rf"(?P<which>上上|下下|上|下|这|本|当)(?:一)?个?月的?(?:(?P<day>{_DAY})(?:号|日)|(?P<part>初|底|末|中(?!旬)|月底|月初))"
)
_PART = re.compile(
    rf"(?:(?P<year>{_YEAR_WORD})的?)?(?:(?<![{_N}个])(?P<month>{_MONTH}))?(?:月(?P<part>初|底|末|中(?!旬|间|心|国|奖))|(?P<annual>(?<!大)年(?:底|末|初(?![一二三四五六七八九十]))))"
)
_DAY_ONLY = re.compile(
    rf"(?<![{_N}.\-/第月a-z])(?:(?P<from>{_DAY})(?:-|~|到|至))?(?P<day>{_DAY})(?P<unit>号|日)(?![a-z]|[0-9](?!\d?[点时:]))"
)
_NOT_DAY = re.compile(
    r"^(?:线|店|楼|院|机|位|码|色|房|门|仓|库|柜|尺|电池|字|球|员|客服|选手|型|链|款|车|桌|床|馆|厅|厂|井|台|出口|站|航站|公馆|"
    r"内|游|间|无理由|本|语|元|常|用|子|历|期|益|后付|技师|会员|产品|商品|包|球衣|短信|卡|洗)"
)
_WORD_DAY = re.compile(
    "大前[天日]|大后[天日]|[前昨今明后](?:天|日(?!报)|晚|夜|早(?!就)|晨|儿个?)|[昨今明](?=中午|上午|下午|凌晨)"
)
_NOT_WORD = re.compile(r"^(?:气|然|赋|性|生|体|努|学)")
_WEEK = re.compile(
    rf"(?<![{_N}几每隔])(?:(?P<which>上上|下下|上|下|这|本)(?:一)?个?)?(?:周|星期|礼拜)(?P<day>[一二三四五六日天末1-6])(?![0-9.]|年庆|[次回个]|期)"
)
_EVERY_DAY = re.compile(r"(?:每|每个|逢|平时|平常)(?:周|星期|礼拜)?$")
_OFFSET = re.compile(
    rf"(?<![{_N}几提第])(?:(?P<again>再过|过)(?=[^前]{{1,8}}$|.))?(?P<count>{_COUNT})(?:多|来)?(?P<extra>个半)?个?(?P<unit>天|日|周|星期|礼拜|月|年)(?:半)?(?:多|来)?"
    rf"(?P<side>以前|之前|前|以后|之后|后)?(?!悔|台|面|天|续|果|付|者|端|代|提|期|缀|置|排|半|起)"
)
_DOTTED = re.compile(
    r"(?<![0-9a-z.\-/:¥$])(1[0-2]|0?[1-9])([./\-])(3[01]|[12]\d|0?[1-9])(?![0-9.:/%a-z]|-\d)(日|号)?"
)
_DAY_CUE = re.compile(
    r"^\s?(?:号|日|晚|早|上午|下午|中午|凌晨|当天|那天|这天|前(?!置)|之前|以前|后(?!置)|之后|以后|左右|买|下的?单|拍|付|订|预|发|寄|到|"
    r"收|签|活动|大促|开始|开抢|截止|促销|的(?:订单|单|快递|活动|货|飞机|车|票|航班|会|券)|退|取|能|会|要|可以|送|-|~|至|出|抢|见|才|又|就(?:到|收|发|买|签|下|说|寄)|$)"
)
_DAY_BEFORE = re.compile(r"(?:从|在|到|至|-|~|日期|时间|截止|截至|是|于|等|约|预计|改到|号?[:：])\s?$")
_FEAST = re.compile(
    "(?:(?P<year>"
    + _YEAR_WORD
    + r")|(?P<digits>20\d\d|2\d)年)?的?(?P<name>"
    + "|".join(map(re.escape, NAMES))
    + ")(?P<tail>节|假期|期间)?"
)
_FEAST_CUE = re.compile(
    r"^(?:节|假|期间|黄金周|长假|放假|前|后|那天|当天|之前|之后|活动|大促|买|下单|抢|囤|还|发货|上班|送|的(?:时候|活动|单|订单|券|假)|会场|价|能|要|拍|付|满减)"
)
_TEN_ONE = re.compile(
    r"(?<![0-9一二三四五六七八九十第双年月周])十一(?=假期|期间|黄金周|长假|放假|国庆|那几天)"
)


def take_dates(reading: Reading) -> None:
    """Every day of the text, the fullest notations first."""
    plain = reading.plain
    if reading.has_digit:
        _each(reading, _FULL, _full)
        _each(reading, _COMPACT, lambda _, m: make(int(m[1]), int(m[2]), int(m[3])))
    if "月" in plain:
        _each(reading, _FULL_CHINESE, _full_chinese)
        _each(reading, _MONTH_DAY, _month_day)
        _each(reading, _IN_MONTH, _in_month)
    if "月" in plain or "年" in plain:
        _each(reading, _PART, _part)
    if any(unit in plain for unit in "天日周期拜月年"):
        _each(reading, _OFFSET, _offset)
    if any(word in plain for word in "前昨今明后"):
        _each(reading, _WORD_DAY, _word_day)
    if any(word in plain for word in "周期拜"):
        _each(reading, _WEEK, _week)
    _each(reading, _FEAST, _feast)
    _each(reading, _TEN_ONE, lambda r, _: nearest_festival("国庆", r.now.date()))
    if "号" in plain or "日" in plain:
        _days_of_month(reading)
    if reading.has_digit:
        _each(reading, _DOTTED, _dotted)


def _each(
    reading: Reading, pattern: re.Pattern[str], rule: Callable[[Reading, re.Match[str]], date | None]
) -> None:
    for match in pattern.finditer(reading.free):
        day = rule(reading, match)
        if day is not None:
            reading.take(Found("date", *match.span(), day.isoformat()))


def _full(_: Reading, match: re.Match[str]) -> date | None:
    year = int(match[1])
    return make(year if year > 99 else 2000 + year, int(match[3]), int(match[4]))


def _full_chinese(_: Reading, match: re.Match[str]) -> date | None:
    month, day = whole(match[2]), whole(match[3])
    return make(int(digit_string(match[1])), month, day) if month and day else None


def _month_day(reading: Reading, match: re.Match[str]) -> date | None:
    month, day = whole(match["month"]), whole(match["day"].replace("廿", "二十"))
    if not month or not day:
        return None
    today = reading.now.date()
    if match["year"]:
        return make(today.year + _YEARS[match["year"]], month, day)
    previous = _joined(reading, match.start())
    if previous:
        return month_day(previous, month, day, "future")
    return month_day(today, month, day, tense(reading.plain, *match.span()))


def _in_month(reading: Reading, match: re.Match[str]) -> date | None:
    today = reading.now.date()
    year, month = shift(today.year, today.month, _WEEKS[match["which"]])
    if match["part"]:
        return _part_of(year, month, match["part"][-1])
    day = whole(match["day"].replace("廿", "二十"))
    return make(year, month, day) if day else None


def _part(reading: Reading, match: re.Match[str]) -> date | None:
    today = reading.now.date()
    year = today.year + _YEARS.get(match["year"] or "", 0)
    if match["annual"]:
        if match["month"]:
            return None
        return date(year, 1, 1) if match["annual"].endswith("初") else date(year, 12, 31)
    if re.search(r"(?:[0-9个半每]|几个?|满)$", reading.before(match.start(), 2)):
        return None
    month = whole(match["month"]) if match["month"] else today.month
    if not month or (match["year"] and not match["month"]):
        return None
    if match["month"] and not match["year"] and month != today.month:
        near = month_day(today, month, 15, tense(reading.plain, *match.span()))
        year = near.year if near else year
    return _part_of(year, month, match["part"])


def _part_of(year: int, month: int, part: str) -> date:
    return date(year, month, {"初": 1, "中": 15}.get(part, last_day(year, month)))


def _offset(reading: Reading, match: re.Match[str]) -> date | None:
    side, unit = match["side"], match["unit"]
    if not side and match["again"] != "再过":
        return None
    if side and match["again"] == "过" and side.endswith("前"):
        return None
    if unit == "月" and "个" not in match[0] and match["count"][-1] not in "俩仨":
        return None
    if re.search(r"(?:提前|最近|近|前|后|头|连续|每|隔|大|小)$", reading.before(match.start(), 2)):
        return None
    half = match["count"] == "半"
    written = match["count"]
    count = (
        0
        if half
        else whole(
            written[0] if len(written) == 2 and "十" not in written and not written.isdigit() else written
        )
    )
    if count is None or (half and unit not in "月年"):
        return None
    sign = -1 if side and side.endswith("前") else 1
    today = reading.now.date()
    days = 0
    if unit in {"周", "星期", "礼拜"}:
        days = 7 * count
    elif unit == "月":
        if half or match["extra"]:
            days = 15
    elif unit in "天日":
        days = count
    if unit == "年":
        return months_later(today, sign * (6 if half else 12 * count))
    if unit == "月" and count:
        moved = months_later(today, sign * count)
        return moved + timedelta(days=sign * days) if moved else None
    return today + timedelta(days=sign * days)


def _word_day(reading: Reading, match: re.Match[str]) -> date | None:
    if _NOT_WORD.match(reading.after(match.end(), 1)) and not reading.plain.startswith("气", match.end()):
        return None
    if match[0] in {"后天", "前天", "前儿", "后儿", "后日", "前日"} and re.search(
        r"(?:[0-9一二两三四五六七八九十几]天|先)$", reading.before(match.start(), 3)
    ):
        return None
    return reading.now.date() + timedelta(days=_DAYS[match[0]])


def _week(reading: Reading, match: re.Match[str]) -> date | None:
    today = reading.now.date()
    weekday = _WEEKDAY[match["day"]]
    monday = today - timedelta(days=today.weekday())
    if match["which"]:
        return monday + timedelta(days=7 * _WEEKS[match["which"]] + weekday)
    before, after = reading.before(match.start(), 4), reading.after(match.end(), 4)
    if _EVERY_DAY.search(before):
        return None
    if match["day"] == "末" and reading.plain.startswith("愉快", match.end()):
        return None
    previous = _joined(reading, match.start())
    if previous:
        return next(
            (d for n in range(1, 8) if (d := previous + timedelta(days=n)).weekday() == weekday), None
        )
    if match["day"] == "一" and re.match(
        r"^(?:到|至|-|~)(?:周|星期|礼拜)[五六日天]", after + reading.after(match.end() + 4, 2)
    ):
        return None
    if re.search(r"(?:周|星期|礼拜)一(?:到|至|-|~)$", before):
        return None
    when = tense(reading.plain, *match.span())
    if when == "past":
        return today - timedelta(days=(today.weekday() - weekday) % 7)
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def _feast(reading: Reading, match: re.Match[str]) -> date | None:
    name, today = match["name"], reading.now.date()
    if name in AMBIGUOUS and not match["tail"] and not match["year"]:
        if re.search(r"[0-9a-z一二三四五六七八九十.¥$第]$", reading.before(match.start(), 1)):
            return None
        if not _FEAST_CUE.match(reading.after(match.end(), 4)):
            return None
    if (name[-1].isdigit() and reading.after(match.end(), 1).isdigit()) or (
        name[0].isdigit() and reading.before(match.start(), 1).isdigit()
    ):
        return None
    if match["digits"]:
        return festival(name, int(match["digits"]) % 100 + 2000)
    if match["year"]:
        return festival(name, today.year + _YEARS[match["year"]])
    return nearest_festival(name, today, tense(reading.plain, *match.span()))


def _days_of_month(reading: Reading) -> None:
    for match in _DAY_ONLY.finditer(reading.free):
        if _NOT_DAY.match(reading.after(match.end(), 3)) or re.search(
            r"(?:尾号|编号|第|楼|栋|路|街|弄|型|款|星期|周|礼拜|生|大|小|[一-龥]区)$",
            reading.before(match.start(), 2),
        ):
            continue
        number = whole(match["day"].replace("廿", "二十"))
        if match["unit"] == "日" and not match["day"].isdigit() and not match["from"]:
            continue  # 七日, 三日 are spans; 3日 is a day
        previous = _joined(reading, match.start())
        when = tense(reading.plain, *match.span())
        today = reading.now.date()
        if match["from"]:
            first = whole(match["from"])
            day = day_of_month(today, first, when) if first else None
            if day:
                reading.take(Found("date", *match.span("from"), day.isoformat()))
                previous = day
        if number and previous:
            day = make(previous.year, previous.month, number)
        else:
            day = day_of_month(today, number, when) if number else None
        if day:
            reading.take(Found("date", match.start("day"), match.end(), day.isoformat()))


def _dotted(reading: Reading, match: re.Match[str]) -> date | None:
    before, after = reading.before(match.start(), 6), reading.after(match.end(), 5)
    famous = (match[1], match[3]) in {("11", "11"), ("12", "12"), ("6", "18")} and match[2] == "."
    if (
        re.search(
            r"(?:版本|比例|比分|评分|v|价|比|约|付|退|花|款|号|(?<!下)(?<!下的)单|差|费|共|卖|仅|才|只要|满|减|重|长|宽|高)(?:是|为|了)?\s?$",
            before,
        )
        and not famous
    ):
        return None
    if not (
        famous
        or match[4]
        or (_DAY_CUE.match(after) and (after.strip() or len(before) == 0))
        or _DAY_BEFORE.search(before)
    ):
        return None
    if match[2] == "-" and not (match[4] or (_DAY_CUE.match(after) and after.strip())):
        return None
    if match[2] == "-" and re.match(r"^(?:天|个|件|号(?!楼)|日)", after) and not match[4]:
        return None
    if match[2] == "-" and match[4]:  # 3-5号 is two days of one month
        return None
    return month_day(reading.now.date(), int(match[1]), int(match[3]), tense(reading.plain, *match.span()))


def _joined(reading: Reading, start: int) -> date | None:
    """The day this one ends a span with ("12月24日到26日")."""
    link = re.search(r"(?:到|至|-|~)\s?$", reading.before(start, 3))
    if not link:
        return None
    end = start - (len(reading.before(start, 3)) - link.start())
    for item in reversed(reading.found):
        if item.type == "date" and item.end == end:
            return date.fromisoformat(item.normalized)
    return None
