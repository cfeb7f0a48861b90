"""Slots that are filled with the visitor's own words: the reason of a refund, the title of an invoice."""

import re
from collections.abc import Iterable

from bot.entities import Entity
from knowledge.text import fold

# Why things go back, as people say it; the longest run of such words around it is kept.
_REASON = re.compile(
    r"(?:有|是|存在)?(?:质量|做工|品质)(?:有|存在)?(?:问题|太?差|不好|不行|不过关|堪忧|很差)|(?:尺码|尺寸|大小|码数|号码?)(?:不对|不合适?|不合|偏?小|偏?大|太大|太小|买错|选错|拍错)了?|"
    r"不?太?合[适身脚]了?(?<=不合[适身脚]|合[适身脚]了)|(?:不想要|不喜欢|用不[着到上]|不需要)了?|(?:买|拍|下|选)(?:错|重|多)了?(?:尺码|颜色|型号|单|款)?|"
    r"发错(?:了?(?:货|颜色|尺码|型号|款|东西))?了?|(?:少|漏)(?:发|寄|件|了)(?:了?[一-龥0-9]{0,4})?|(?:破|坏|碎|裂|烂|瘪|变形|掉色|褪色|开胶|起球|漏水|漏气|生锈|发霉|过期|变质)(?:损|掉|了|的)?|"
    r"有(?:瑕疵|破损|划痕|污渍|异味|味道|裂痕|毛病|色差)|色差(?:太?大|严重)?|(?:与|跟|和)?(?:描述|图片|照片|实物|宣传)(?:不符|不一样|不一致|差太?多|严重不符)|(?:是)?假(?:货|的)|"
    r"(?:一直|还|都)?没(?:有)?(?:收到|发货|到)(?:货)?|(?:发货|物流|快递|到货)(?:太|实在太?)?慢了?|等(?:太|得太|不)(?:久|及)了?|(?:降价|掉价|贵)了|买贵了|"
    r"(?:七|7)天无理由|不(?:好用|好吃|好看|舒服|保暖|显示|亮|工作|能用|通电|充电|开机)|用不了|没法用|打不开|开不了机|充不进电|连不上|太(?:大|小|紧|松|长|短|厚|薄|硬|重)了?|磨脚|过敏|"
    r"(?:买|拍|穿)?(?:大|小|长|短|宽|窄)了(?:一|半|两)?(?:号|码|点|圈)|(?:买|拍|穿)(?:大|小|长|短)了|穿不(?:上|了|下|进)(?:去)?|太(?![谢感好棒多])[一-龥]{1,2}了?|"
    r"(?:跟|和|与)我?(?:想象|想|预期|预想|期待|描述|图)[一-龥]{0,3}(?:不一样|不同|不符|差)|(?:效果|手感|质感|口感|音质|颜色|款式)(?:不好|一般|很差|不行|不对|差)|"
    r"(?:别家|别的|其他|隔壁|网上)[一-龥]{0,4}便宜|(?:迟迟|一直|还|都)(?:不|没)(?:给)?(?:发货|到货)|没有?(?:声音|反应|效果|配件|信号|用|作用)|"
    r"个人原因|冲动消费|反悔了?|家人不(?:同意|喜欢)|"
    r"(?:it(?:'s| is| was| arrived| came)? )?(?:broken|damaged|too (?:small|big|late|tight|large)|"
    r"wrong (?:size|item|colou?r)|defective|not as described|poor quality|bad quality|don't (?:like|"
    r"want) it(?: anymore)?|changed my mind|doesn't (?:fit|work)|never arrived)"
)
_REASON_GIVEN = re.compile(
    r"(?:因为|由于|原因(?:是|就是|改成|改为|:|写)|理由(?:是|就是|改成|:|写)|主要是|because(?: of)?|"
    r"reason(?: is|:)?)\s?(?P<said>[^，。,！!？?；;\n]{2,40})"
)
_LEAD = re.compile(
    r"^(?:因为|由于|就是|主要是|原因是|理由是|是因为|那就写|就写|就说|写|填|嗯+|恩|呃|那个|就|是|我觉得|"
    r"感觉|因|原因|理由|because|it's because|the reason is)[，,:\s]*"
)
_TRAIL = re.compile(r"[\s。，,.!！~吧呀啊呢哦啦]+$")

_COMPANY = re.compile(
    r"(?P<said>[\w（）()·&]{2,30}?(?:有限责任公司|股份有限公司|有限公司|分公司|公司|集团|工作室|事务所|研究院|研究所|合作社|商行|个体户|经营部|大学|学院|中学|小学|医院|银行|协会|基金会|委员会|"
    r"co\.?,? ltd\.?|inc\.?|llc|gmbh|limited))",
    re.ASCII,
)
_COMPANY_ZH = re.compile(
    r"(?P<said>[\u4e00-\u9fffa-z0-9（）()·&]{2,30}?(?:有限责任公司|股份有限公司|有限公司|分公司|公司|集团|工作室|事务所|研究院|研究所|合作社|商行|个体户|经营部|大学|学院|中学|小学|医院|银行|"
    r"协会|基金会|委员会|中心|局|厂|店|社))"
)
_TITLE_GIVEN = re.compile(
    r"(?:抬头|开票名称|单位名称|公司名称|公司名|名称|开给|title(?: is)?|made out to|name(?: is)?)(?:错了|"
    r"不对|写错了|搞错了|填错了)?[，,\s]*(?:应该|要|就|得|请|帮我|给我|还是|其实)?(?:是|为|写成?|开成?|填成?|用|改成?|改为|换成?|:|：)*\s*(?P<said>[^，。,！!？?；;\n\s]{2,40})"
)
_TITLE_LEAD = re.compile(
    r"^.{0,12}?(?:抬头|名称|开给|开票给)(?:是|为|写成?|开成?|填|用|改成|改为|换成|:|：)*|^(?:请|就|那就|帮我|给我|麻烦)?(?:开|写|填|用|改成|换成|是|要|开给|叫|改为|应该是|不是.{1,20}是|不对)+(?:一张|个)?|^(?:我们?的?|的|咱们?|单位是|公司是|全称是?)"
)
_PERSONAL = re.compile(r"(?<!不是)(?:个人|私人|personal|my own name)(?!原因)")
_NOT_TITLE = re.compile(
    r"^(?:要|开|给|用|是|帮|我们?|你们?|他们?|贵|这个?|那个?|哪个?|什么|给?我?们?|单位|某){0,3}(?:公司|单位|店|社|局|厂|中心)$"
)


def reason(text: str, asked: bool, entities: Iterable[Entity]) -> str:
    """Why, in the visitor's words; empty when they do not say. `asked`: the message answers that question."""
    plain = simplified(text)
    return _as_written(_reason(plain, asked, entities), text, plain)


def title(text: str, asked: bool, entities: Iterable[Entity]) -> str:
    """Whom an invoice is made out to; empty when they do not say."""
    plain = simplified(text)
    return _as_written(_title(plain, asked, entities), text, plain)


def simplified(text: str) -> str:
    """The text in simplified characters, one for one, so that positions stay."""
    if text.isascii():
        return text
    return "".join(one if one.isascii() or len(plain := fold(one)) != 1 else plain for one in text)


def _as_written(value: str, text: str, plain: str) -> str:
    """The value in the visitor's own characters."""
    at = plain.find(value) if value else -1
    return text[at : at + len(value)] if at >= 0 else value


def _reason(text: str, asked: bool, entities: Iterable[Entity]) -> str:
    given = _REASON_GIVEN.search(text)
    if given:
        return _TRAIL.sub("", given["said"])
    bare = without(text, entities)
    if asked:
        return _TRAIL.sub("", _LEAD.sub("", bare.strip()))[:200]
    found = _REASON.search(bare.lower())
    return _clause(bare, *found.span()) if found else ""


def _title(text: str, asked: bool, entities: Iterable[Entity]) -> str:
    bare = without(
        text, [entity for entity in entities if entity.type in {"email", "order_id", "phone", "url"}]
    )
    bare = re.sub(r"我的?(?:名字|姓名)(?:是|叫)?\s*", "", bare)
    parts = re.split(r"不是[^，。,是]{1,30}[，,。是]", bare)
    newest = parts[-1] if len(parts) > 1 and parts[-1].strip() else bare
    for piece in (newest, bare):
        given = _TITLE_GIVEN.search(piece)
        said = given["said"] if given else piece
        if _PERSONAL.search(said):
            return "个人" if re.search("个人|私人", said) else "personal"
        for text in dict.fromkeys((said, piece)):
            name = _company(text)
            if name:
                return name
        if given and not re.search(r"错|不对|什么|啥|怎么|个票|发票", said):
            return _TRAIL.sub("", _TITLE_LEAD.sub("", said))
    if asked:
        return _TRAIL.sub("", _TITLE_LEAD.sub("", bare.strip("，。, ")))[:100]
    return ""


def _company(text: str) -> str:
    """The first company, school, office … of the text by its own name; "我公司" is none."""
    lower = text.lower()
    for pattern in (_COMPANY_ZH, _COMPANY):
        for match in pattern.finditer(lower):
            start, end = match.span("said")
            name = _TITLE_LEAD.sub("", text[start:end]).strip()
            if name and not _NOT_TITLE.match(name):
                longer = re.match(r"(?:[（(][^）)]{1,12}[）)])?(?:第?[^，。,\s]{1,6}分公司)?", text[end:])
                return name + (longer[0] if longer else "")
    return ""


def without(text: str, entities: Iterable[Entity]) -> str:
    """The text without what was recognised in it, and without the words that only announce it."""
    bare = text
    for entity in sorted(entities, key=lambda one: -one.start):
        if entity.type not in {"date", "time", "money"}:
            bare = bare[: entity.start] + "，" + bare[entity.end :]
    bare = re.sub(
        r"(?:我的|我|这个|那个)?(?:订单号?|单号|邮箱|手机号?|电话|地址|新地址)(?:是|为|:|：|就是|填)*\s*，",
        "，",
        bare,
    )
    return bare.strip("，,。 \n:：")


def _clause(text: str, start: int, end: int) -> str:
    """The words around a finding up to the signs, without the wish itself (我要退款)."""
    left = max(text.rfind(sign, 0, start) for sign in "，。！？；,!?; \n") + 1
    rights = [at for sign in "，。！？；,!?; \n" if (at := text.find(sign, end)) >= 0]
    clause = text[left : min(rights, default=len(text))]
    clause = re.sub(
        r"^(?:退了吧|退掉吧|退吧|退款|退货|我|东西|这个|那个|它|收到的?|因为|但是|可是|就是|而且|结果|发现)+(?=.{3,})",
        "",
        clause,
    )
    clause = re.sub(
        r"(?:所以)?(?:我)?(?:想|要求?|给我|帮我|申请|麻烦|能|可以|得|请)*(?:退款|退货|退钱|退了|退掉|退)(?:了|吧|吗|款|货)*$",
        "",
        clause,
    )
    return _TRAIL.sub("", clause) or text[start:end]
