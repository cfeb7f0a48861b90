"""Order numbers and tracking numbers: digits whose meaning the words around them say."""

import re
from datetime import date

from bot.entities.entity import Found, Reading

_TOKEN = re.compile(
    r"(?<![0-9a-z_@])(?<!\d\.)(?:[a-z]{1,8}[\-_ ]?)?\d[0-9a-z]*(?:[\-_][0-9a-z]{1,24}){0,5}(?![0-9a-z@])",
    re.ASCII,
)
_SPACED = re.compile(r"(?<![0-9a-z.\-])(?:[a-z]{1,8} ?)?\d{3,8}(?: \d{1,6}){1,5}(?![0-9a-z\-.])", re.ASCII)

_CARRIERS = (
    "顺丰|圆通|中通|申通|韵达|百世|极兔|德邦|京东快递|京东物流|天天快递|邮政|ems|菜鸟|丰网|跨越|安能|优速|宅急送|"
    "fedex|dhl|ups|usps|快递|运单|物流|包裹|面单|tracking|waybill|parcel|courier|shipment"
)
_ORDERS = "订单|定单|单子|下单|购买|交易|流水|order|purchase"
_CUE = re.compile(
    rf"(?P<track>{_CARRIERS})|(?P<order>{_ORDERS})|(?P<single>单号)|"
    r"(?P<other>银行卡|信用卡|储蓄卡|卡号|账号|帐号|账户|尾号|微信|qq|v信|邮编|会员|工号|护照|通行证|居住证|驾照|驾驶证|社保|公积金|学号|桌号|批号|批次|保单|航班|车次|手机尾|验证码|序列号|券码|取件码|提货码|提取码|优惠券|"
    r"型号|货号|款号|条码|条形码|商品编号|身份证|证件|密码|群号|税号|信用代码|分机|imei|sn码|sku|房间号|车牌|口令|兑换码|"
    r"优惠码|激活码|passcode|code|account|card|model|member)"
)
# A cue counts over these characters between it and the number.
_JOINT = re.compile(
    r"^(?:[\s:：=#\"“”'’(（【\[]|号码?|编号|单号|no\.?|number|num|id|是|为|的|我|这个|那个|it|is|was|单|呢|就|应该|填|写)*$"
)
_CODES = re.compile(
    r"(?:sf\d{10,15}|cnsf\d{8,14}|yt\d{11,18}|jt\d{11,15}|zto\d{8,15}|sto\d{8,15}|jd(?:[a-z]{1,3})?\d{8,18}(?:-\d-\d-?)?|"
    r"dp[kl]\d{8,14}|lp\d{10,18}|yd\d{11,15}|zt\d{10,15}|st\d{11,15}|ht\d{11,15}|uc\d{10,15}|ems\d{8,15}|"
    r"[a-z]{2}\d{9}[a-z]{2}|1z[0-9a-z]{16}|jdx\d{8,18}|kye\d{10,14}|best\d{8,15}|db\d{9,12}|ane\d{8,14}|fw\d{10,14})"
)
_DAY_FIRST = r"20[2-4]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{2,}$"
_NUMBERED = re.compile(r"(?:单号|运单号?|编号|面单)(?:是|为)?[\s:#]{0,3}$")
_NUMBER = re.compile(r"[0-9a-z\-_ ]*", re.ASCII)
# "20261120001这单"
_ORDER_BEHIND = re.compile(r"^\s?(?:这|那|的)?(?:个|一)?(?:订单|单(?!位|独|元|间))")
_UNITS = re.compile(
    r"^\s?(?:元|块|毛|角|件|个|条|台|瓶|盒|箱|斤|公斤|千克|克|kg|g(?![a-z])|mah|毫安|ml|毫升|米|cm|mm|人|次|天|小时|分钟|秒|"
    r"积分|分|万|亿|%|度|号线|步|字|年(?!的?单)|位|美元|美金|dollars|bucks|rmb)"
)


def take_numbers(reading: Reading) -> None:
    """Tracking numbers and order numbers; what a card, an account or a product is called is neither."""
    if not reading.has_digit:
        return
    if " " in reading.free:
        for match in _SPACED.finditer(reading.free):
            _decide(reading, *_trimmed(reading, *match.span()))
    for match in _TOKEN.finditer(reading.free):
        _decide(reading, *_trimmed(reading, *match.span()))


def _trimmed(reading: Reading, start: int, end: int) -> tuple[int, int]:
    """Without a word in front that only tells what follows ("order 2026…", "no 2026…")."""
    word = re.match(
        r"(?:orders?|no|number|num|id|is|was|ems|qq|tel|my|the|for|of|to|ups|usps|dhl|fedex|tnt|"
        r"parcel|package|tracking|waybill|code|call|phone|mail|from|and|nr|iphone)[\-_ ]",
        reading.plain[start:end],
    )
    if word is None:  # "it's 2026…", "called 2026…": a small word is no part of a number, SF 10… is
        word = re.match(r"(?!(?:sf|yt|jt|jd|sto|zto|dd|no)\b)[a-z]+ ", reading.original[start:end])
    return (start + word.end(), end) if word else (start, end)


def _decide(reading: Reading, start: int, end: int) -> None:
    written = reading.plain[start:end].rstrip("-_")
    end = start + len(written)
    compact = written.replace(" ", "")
    digits = sum(character.isdigit() for character in compact)
    if _UNITS.match(reading.after(end, 6)) or (
        reading.before(start, 1) in {"¥", "$", "€", "£", "#"} and digits < 6
    ):
        return
    cue = _cue(reading, start)
    if cue == "other":
        return
    if _is_date(compact) and not (cue and compact.isdigit()):
        return
    if re.fullmatch(r"\d{1,2}-\d{1,2}(?:-\d{2,4})?", compact):
        return
    if _CODES.fullmatch(compact) and cue != "order":
        reading.take(Found("tracking_no", start, end, compact.upper()))
        return
    if cue == "track" and re.match(_DAY_FIRST, compact) and not _NUMBERED.search(reading.before(start, 8)):
        cue = None  # 查物流20261026001: the number begins with a day, as order numbers do
    if cue == "track":
        if digits >= 8 and len(compact) <= 24:
            reading.take(Found("tracking_no", start, end, compact.upper()))
        return
    least, most = (4, 32) if cue in {"order", "single"} else (8, 20)
    if not least <= digits or not 4 <= len(compact) <= 32 or (compact.isdigit() and digits > most):
        return
    if " " in written and not cue and not (compact.isdigit() and digits >= 11 and _even_groups(written)):
        return
    letters = re.match(r"[a-z]*", compact)
    if letters and len(letters[0]) > 6 and not cue:
        return
    if "-" in compact and not cue and digits < (8 if letters and letters[0] else 9):
        return
    reading.take(Found("order_id", start, end, compact.upper()))


def _cue(reading: Reading, start: int) -> str | None:
    """The kind of the nearest word in front that says what the number is; behind it only "…这单"."""
    left = reading.before(start, 16)
    last = None
    for match in _CUE.finditer(left):
        last = match
    if last is not None:
        kind = last.lastgroup or ""
        gap = left[last.end() :]
        if kind in {"single", "order"}:  # 快递单号: the word before it is the one that tells
            earlier = _CUE.search(left[max(0, last.start() - 6) : last.start()])
            if kind == "single" and earlier and earlier.lastgroup == "track":
                kind = "track"
        if _JOINT.match(gap) or (kind == "track" and not re.search(r"订单|[。；;]|[，,].", gap)):
            return kind
    if _ORDER_BEHIND.match(reading.after(_end(reading, start), 6)):
        return "order"
    return None


def _end(reading: Reading, start: int) -> int:
    match = _NUMBER.match(reading.plain, start)
    return match.end() if match else start


def _even_groups(written: str) -> bool:
    groups = written.split(" ")
    return all(3 <= len(group) <= 6 for group in groups)


def _is_date(compact: str) -> bool:
    match = re.fullmatch(r"((?:19|20)\d{2})([\-_]?)(\d{1,2})\2(\d{1,2})", compact)
    if not match or (not match[2] and len(compact) != 8):
        return False
    try:
        date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        return False
    return True
