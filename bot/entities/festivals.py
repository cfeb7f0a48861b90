"""The days of feasts and sales by name. The lunar ones stand as a table, 2023 to 2040."""

from datetime import date, timedelta

from bot.entities.tense import Tense

FIRST_YEAR = 2023
# Month and day of 春节, 端午, 七夕, 中秋, 重阳 by year.
_LUNAR = """
0122 0622 0822 0929 1023  0210 0610 0810 0917 1011  0129 0531 0829 1006 1029  0217 0619 0819 0925 1018
0206 0609 0808 0915 1008  0126 0528 0826 1003 1026  0213 0616 0816 0922 1016  0203 0605 0805 0912 1005
0123 0624 0824 1001 1024  0211 0612 0812 0919 1012  0131 0601 0801 0908 1001  0219 0620 0820 0927 1020
0208 0610 0810 0916 1009  0128 0530 0828 1004 1027  0215 0618 0817 0924 1017  0204 0607 0807 0913 1007
0124 0527 0826 1002 1026  0212 0614 0814 0920 1014
""".split()  # noqa: SIM905
_COLUMNS = {"春节": 0, "端午": 1, "七夕": 2, "中秋": 3, "重阳": 4}

# Names of days in the sun's calendar. The longest name wins where one begins another.
_SOLAR = {
    "元旦": (1, 1), "情人节": (2, 14), "妇女节": (3, 8), "三八节": (3, 8), "女神节": (3, 8), "植树节": (3,
    12), "愚人节": (4, 1), "劳动节": (5, 1), "五一": (5, 1), "青年节": (5, 4), "儿童节": (6, 1), "六一": (6,
    1), "618": (6, 18), "六一八": (6, 18), "教师节": (9, 10), "国庆": (10, 1), "万圣节": (10, 31), "双11":
    (11, 11), "双十一": (11, 11), "光棍节": (11, 11), "双12": (12, 12), "双十二": (12, 12), "平安夜": (12,
    24), "圣诞": (12, 25), "跨年夜": (12, 31), "跨年": (12, 31), "christmas eve": (12, 24), "christmas": (12,
    25), "new year's eve": (12, 31), "new year's day": (1, 1), "halloween": (10, 31), "valentine's day": (2,
    14), "national day": (10, 1), "singles' day": (11, 11), "singles day": (11, 11),
}  # fmt: skip
_LUNAR_NAMES = {
    "春节": ("春节", 0), "过年": ("春节", 0), "大年初一": ("春节", 0), "年初一": ("春节", 0), "初一":
    ("春节", 0), "除夕": ("春节", -1), "大年三十": ("春节", -1), "年三十": ("春节", -1), "年夜": ("春节", -1),
    "大年初二": ("春节", 1), "大年初三": ("春节", 2), "元宵": ("春节", 14), "小年": ("春节", -7),
    "端午": ("端午", 0), "七夕": ("七夕", 0), "中秋": ("中秋", 0), "重阳": ("重阳", 0),
    "chinese new year": ("春节", 0), "spring festival": ("春节", 0), "mid-autumn": ("中秋", 0),
}  # fmt: skip
# The n-th weekday (Monday 0) of a month, and days after it.
_FLOATING = {
    "母亲节": (5, 6, 2, 0), "父亲节": (6, 6, 3, 0), "感恩节": (11, 3, 4, 0), "黑五": (11, 3, 4, 1),
    "黑色星期五": (11, 3, 4, 1), "thanksgiving": (11, 3, 4, 0), "black friday": (11, 3, 4, 1),
    "cyber monday": (11, 3, 4, 4), "mother's day": (5, 6, 2, 0), "father's day": (6, 6, 3, 0),
}  # fmt: skip

# 五一 and 六一 are also parts of numbers; these need a word behind them that says they are days.
AMBIGUOUS = {"五一", "六一", "618", "六一八", "初一", "小年", "跨年", "年夜", "过年"}
NAMES = sorted({"清明", "冬至", *_SOLAR, *_LUNAR_NAMES, *_FLOATING}, key=len, reverse=True)


def festival(name: str, year: int) -> date | None:
    """The day of that name in that year; None when the table does not reach so far."""
    if name == "清明":
        short = year % 100  # it moves with the sun: the 4th or 5th of April (valid for 2000 to 2099)
        return date(year, 4, int(short * 0.2422 + 4.81) - short // 4)
    if name == "冬至":
        short = year % 100
        return date(year, 12, int(short * 0.2422 + 21.94) - short // 4)
    if name in _SOLAR:
        return date(year, *_SOLAR[name])
    if name in _FLOATING:
        month, weekday, nth, later = _FLOATING[name]
        first = date(year, month, 1)
        day = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
        return day + timedelta(days=later)
    base, offset = _LUNAR_NAMES[name]
    row = (year - FIRST_YEAR) * 5 + _COLUMNS[base]
    if not 0 <= row < len(_LUNAR) or year < FIRST_YEAR:
        return None
    return date(year, int(_LUNAR[row][:2]), int(_LUNAR[row][2:])) + timedelta(days=offset)


def nearest_festival(name: str, today: date, when: Tense = "") -> date | None:
    """The day of that name that is nearest to today: in November 国庆 was, 元旦 will be; the last or the next
    one where the words look back or forward (五一买的)."""
    days = [festival(name, today.year + step) for step in (-1, 0, 1)]
    known = [day for day in days if day is not None]
    if when:
        known = [day for day in known if (day <= today if when == "past" else day >= today)] or known
    return min(known, key=lambda day: abs((day - today).days), default=None)
