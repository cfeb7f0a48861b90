"""Sums of money: ¥1,299.00, 三百五十块, 三块五, 1.2万, 两千三, "付了299"."""

import re
from decimal import Decimal

from bot.entities.entity import Found, Reading
from bot.entities.numbers import ARABIC, CHINESE, cardinal, plain_decimal

_NUMBER = rf"(?:{ARABIC}|{CHINESE})"
_SCALE = r"\s?[百千万亿kw]?\d?"
# 12块8毛5, 三块五, 八毛, 五分钱
_COINS = re.compile(
    rf"(?:人民币|rmb|¥|\$)?\s?(?P<whole>(?:{ARABIC}){_SCALE}|{CHINESE})(?:来|多|几|余)?(?P<unit>块|元|圆)(?:钱|人民币|整|正)?"
    r"(?:(?:零(?P<cents>[0-9一二三四五六七八九])分?(?![毛角])|零?(?P<jiao>[0-9一二两三四五六七八九])(?:毛|角)?(?:零?(?P<fen>[0-9一二两三四五六七八九])分?)?)(?![0-9个件次号天月点十百千万条折斤只]))?"
    r"(?:钱|整)?"
)
_SMALL = re.compile(
    r"(?<![0-9.十百千万])(?P<jiao>[0-9]|[一二两三四五六七八九])(?:毛|角)(?:(?P<fen>[0-9一二两三四五六七八九])分?)?钱?"
    r"|(?<![0-9.十百千万])(?P<cents>[0-9]{1,2}|[一二两三四五六七八九])分钱"
)
_SIGNED = re.compile(
    rf"(?:人民币|rmb|cny|usd|us\$|hk\$|[¥$€£])\s?(?P<number>(?:{ARABIC}){_SCALE}|{CHINESE})(?:元|块)?整?"
)
_NAMED = re.compile(
    rf"(?P<number>(?:{ARABIC}){_SCALE}|{CHINESE})\s?(?:人民币|rmb|cny|usd|美元|美金|欧元|欧(?![洲美式亚盟冠])|英镑|台币|新币|加元|泰铢|hkd|eur|gbp|jpy|港币|港元|日元|韩元|澳元|卢布|大洋|"
    r"刀(?![具片子])|软妹币|yuan|dollars?|bucks?|euros?|pounds|kuai)(?![a-z])"
)
# Chinese that leaves its last unit out is nearly always a price: 两千三, 一百二, 三万五; so is 1.2万.
_ELLIPTIC = re.compile(
    r"(?<![0-9零一二两三四五六七八九十百千万第.])(?:[一二两三四五六七八九十百千万零]{1,10}[百千万][一二三四五六七八九]|[1-9]\d{0,3}(?:\.\d{1,2})?[万w千k]\d?"
    r"|[一二三四五六七八九]万[一二三四五六七八九]千)"
    r"(?![0-9零二两三四五六七八九十百千万a-z亿.年月日号点%]|一(?![件个双套台盒斤瓶条本份只箱]))"
)
_COUNTED = (
    r"(?:个|件|次|人|位|条|台|瓶|盒|箱|斤|公斤|千克|克|米|公里|毫|升|平|步|字|粉|张|只|双|套|包|份|本|辆|部|册|页|家|户|名|种|样|"
    r"遍|回|天|年|月|周|岁|小时|分|秒|点|度|倍|折|%|kg|g|ml|cm|mm|mah|gb|w(?![a-z])|号|楼|层|室|码|寸|英寸|积分|星|级|期|单|"
    r"多个|多人|多件|款|颗|粒|组|袋|罐|桶|把|支|枝|朵|卷|根|间|排|列|行|代|集|章|课|题|票|杯|碗|头|匹|棵|座|栋|幢|顿|趟)"
)
_COUNT = re.compile(rf"^\s?(?:多|来|几)?{_COUNTED}")
# Words that make the bare number behind them a sum.
_SPENT = re.compile(
    rf"(?:(?:花|付|押|垫|亏|欠|坑|贵|砍|收|扣|退|赔|转账|转给?了|充|给|优惠|便宜|减|补|多收|少|省|涨|降|打|返|抵扣?|交|刷|支付|消费|充值|赔偿|补偿)(?:了|到了|到|去|掉)?(?:我|你们?|他|你|您)?(?:大概|大约|差不多|小|才|近|快|整整|一共|总共)?"
    rf"|(?:价格?|原价|现价|售价|标价|单价|总价|到手价?|差价|运费|邮费|费用|金额|总额|余额|总共|一共|实付|应付|付款，?|券后|优惠后|折后|打完折|活动价|会员价|拼团价|也就|就要|合计|卖|才|只要|仅|要|满|减|定金|押金|尾款|首付|预算|退款|"
    r"price|paid|cost|costs|charged|refund of|total)(?:才|只|都|就|也|了|到了|还|从)?(?:是|为|到|要|了|收|"
    r"变成|变|涨到|降到|只有|显示|有|大概|差不多|:|：)*)\s?"
    rf"(?P<number>(?:{ARABIC})[万千wk]?\d?|[一二两三四五六七八九十百千万零〇]{{2,10}})(?![0-9.\-:/a-z零一二两三四五六七八九十百千万])"
)
_SHIPPED = re.compile(
    rf"(?<![0-9.\-])(?P<number>{ARABIC})(?:包邮|一件|一个|一双|一套|一盒|一斤|一瓶|一包|买的|入手|到手)"
    rf"|(?<![零一二两三四五六七八九十百千万第])(?P<worded>[一二三四五六七八九]?十[一二三四五六七八九]?)(?:块?包邮|买的|入手|到手)"
)
_SPAN = re.compile(rf"(?P<number>{ARABIC}|{CHINESE})(?:-|~|到|至)$")
_GIVEN = re.compile(
    rf"\x00(?:元|块)?(?:送|返|减|得|变成?|降到|涨到)(?P<number>{ARABIC}|[一二三四五六七八九十百千]{{2,10}})"
)
_THRESHOLD = re.compile(rf"满(?P<number>{ARABIC}|{CHINESE})(?:元|块)?(?:减|送|返|打|包邮|可用|免)")
# 两百的鞋
_ROUND = re.compile(
    r"(?<![0-9零一二两三四五六七八九十百千万第])(?P<number>[一二两三四五六七八九][百千])(?=的(?!人|份|量)|出头|左右|以内|以下|以上|不到|就(?:能|可)|到手|包邮|多(?:买|拍|入|的)|买的|一[件个双套台盒斤瓶条本份只箱](?!人))"
)
# 两块电池: pieces, not money.
_PIECES = re.compile(
    r"^(?:电池|香?皂|肥皂|手表|表|石|布|肉|蛋糕|砖|屏|玻璃|面包|巧克力|饼|瓷|板|地|硬盘|主板|显卡|豆腐|糖|木|橡皮|毛巾|面膜|"
    r"抹布|地毯|地垫|窗帘|移动|充电宝|牛排|披萨|姜|冰|铁|钢|骨|腹肌|钟|儿)"
)
# 一块退: together.
_TOGETHER = re.compile(r"^(?:退|去|来(?!钱)|走|买|发|寄|下单|用|送|换|处理|算|给)")
_SURE = re.compile(
    r"(?:花|付|退|便宜|运费|优惠|减|差价?|赔|补|才|涨|降|多收|收|扣|值|价|要|省|给)(?:了|我|你|到)*$"
)


def take_money(reading: Reading) -> None:
    """Every sum of the text, those with a sign or unit first."""
    for match in _SIGNED.finditer(reading.free):
        _keep(reading, match.span(), cardinal(_squeezed(match["number"])))
    for match in _NAMED.finditer(reading.free):
        start = match.start()
        _before_span(reading, start)
        _keep(reading, match.span(), cardinal(_squeezed(match["number"])))
    if any(unit in reading.free for unit in "块元圆"):
        for match in _COINS.finditer(reading.free):
            _coins(reading, match)
    if any(unit in reading.free for unit in ("毛", "角", "分钱")):
        for match in _SMALL.finditer(reading.free):
            _small(reading, match)
    for match in _THRESHOLD.finditer(reading.free):
        _keep(reading, match.span("number"), cardinal(match["number"]))
    for match in _ELLIPTIC.finditer(reading.free):
        _elliptic(reading, match)
    for match in _SPENT.finditer(reading.free):
        if not _COUNT.match(reading.after(match.end("number"), 4)):
            _keep(reading, match.span("number"), cardinal(match["number"]))
    ends = {item.end - 1 for item in reading.found if item.type == "money"}
    for match in _GIVEN.finditer(reading.free):  # 充200送30
        if match.start() in ends and not _COUNT.match(reading.after(match.end("number"), 4)):
            _keep(reading, match.span("number"), cardinal(match["number"]))
    for match in _ROUND.finditer(reading.free):
        _keep(reading, match.span("number"), cardinal(match["number"]))
    for match in _SHIPPED.finditer(reading.free):
        name = "number" if match["number"] else "worded"
        _keep(reading, match.span(name), cardinal(match[name]))


def _keep(reading: Reading, span: tuple[int, int], amount: Decimal | None) -> None:
    if amount is not None and "\x00" not in reading.free[span[0] : span[1]]:
        start, end = span
        while start < end and reading.plain[start] == " ":
            start += 1
        while end > start and reading.plain[end - 1] == " ":
            end -= 1
        reading.take(Found("money", start, end, plain_decimal(amount)))


def _squeezed(written: str) -> str:
    return written.replace(" ", "")


def _coins(reading: Reading, match: re.Match[str]) -> None:
    before, after = reading.before(match.start(), 6), reading.after(match.end(), 4)
    if before.endswith(("第", "每", "某", "单", "公")) and match["unit"] != "元":
        return
    if before.endswith(("第", "几", "好几", "数")):
        return
    if match["unit"] == "元" and re.match(r"^(?:旦|素|气|件|宵)", after):
        return
    bare = not match["jiao"] and not match[0].endswith(("钱", "整"))
    if match["unit"] == "块" and bare:
        if _PIECES.match(after) or (match["whole"] == "一" and _TOGETHER.match(after)):
            return
        if match["whole"] == "一" and not _SURE.search(before):
            return
    amount = cardinal(_squeezed(match["whole"]))
    if amount is None:
        return
    if match["jiao"]:
        amount += (cardinal(match["jiao"]) or 0) * Decimal("0.1")
    if match["fen"] or match["cents"]:
        amount += (cardinal(match["fen"] or match["cents"]) or 0) * Decimal("0.01")
    _before_span(reading, match.start())
    _keep(reading, match.span(), amount)


def _before_span(reading: Reading, start: int) -> None:
    """The other end of "300到500块"."""
    other = _SPAN.search(reading.free[max(0, start - 16) : start])
    if other:
        offset = max(0, start - 16)
        _keep(
            reading, (offset + other.start("number"), offset + other.end("number")), cardinal(other["number"])
        )


def _small(reading: Reading, match: re.Match[str]) -> None:
    after = reading.after(match.end(), 3)
    if match["cents"]:
        if re.match(r"^(?:一分|都|也|没|不)", after):  # 一分钱一分货, 一分钱都没退
            return
        _keep(reading, match.span(), (cardinal(match["cents"]) or Decimal(0)) / 100)
        return
    if re.match(r"^(?:病|衣|巾|钉|度|色|落|形|利|发|笔|线|毛)", after) and not match[0].endswith("钱"):
        return
    amount = (cardinal(match["jiao"]) or 0) * Decimal("0.1")
    if match["fen"]:
        amount += (cardinal(match["fen"]) or 0) * Decimal("0.01")
    _keep(reading, match.span(), amount)


def _elliptic(reading: Reading, match: re.Match[str]) -> None:
    before, after = reading.before(match.start(), 6), reading.after(match.end(), 4)
    if _COUNT.match(after) and not re.match(r"^(?:一件|一个|一双|一套|一台|一盒)", after):
        return
    if (
        match[0] == "二百五"
        and re.search(r"(?:你|他|她|是|真|像|大|个|当|不)$", before)
        and not re.search(r"(?:价|要|卖|费)是$", before)
    ):
        return
    if re.match(r"^(?:分之|分|元素|里|像素|毫|公里|以上?人|零)", after) or re.search(
        r"(?:[a-z\-]|第|粉丝|播放|销量|月销|评论|浏览)$", before
    ):
        return
    if (
        "." not in match[0]
        and match[0][-1] in "万千wk"
        and not (
            _SURE.search(before)
            or re.match(r"^(?:$|[，。！？?,!的多左块]|预算|定金|尾款|押金|以[内下上]|出头)", after)
        )
    ):
        return
    _keep(reading, match.span(), cardinal(match[0]))
