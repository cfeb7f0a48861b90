"""The parts of a postal address in China and what each looks like, from the province down to the room."""

import re

from bot.entities.places import CITIES, PROVINCES

# Characters that end a name to their left: verbs and words of speech, hardly ever part of a road's name.
_STOP = (
    "寄送到改成是为住请把我你您他她给了吗呢吧，。！？；、的在往搬换填写错不用发收去从和跟或就先再让要想能这那哪个还有没什么"
    "怎们它"
)
_NAME = f'[^{re.escape(_STOP)}\\s\\x00-\\x2f:;<=>?@\\[\\]0-9（）【】“”"]'
_NUMBER = "[0-9零一二三四五六七八九十百]"
_WORDED = f"(?:{_NAME}|[一二三四五六七八九十])"

PROVINCE = "|".join(PROVINCES)
CITY = "|".join(sorted(CITIES, key=len, reverse=True))
# 中山路, 南京东路, 朝阳区: the name of a city, but no city.
ROADLIKE = "[路街巷弄镇乡村区县]|大道|大街|[东西南北中一二三四][路街]|公园|人(?!民)"

# Words of places that hold one of those characters: 和平区, 从化区, 发展大道.
_NAMES = re.compile(
    "和平|和谐|和顺|和县|和安|祥和|人和|太和|永和|中和|从化|成华|成功|成龙|大成|天成|建成|发展|改革|为民|什邡|那曲|那坡|收获|先锋|"
    "先进|有色|给排水|住宅|用友|再生|想象|通和|义和|泰和|仁和|共和|颐和|雍和|平和|协和|保和|成贤|成均|成章|玉成|发祥|兴发"
)

# Endings; what must not follow them (路上, 街道, 道歉, 园区) stands behind.
_DISTRICT = (
    "自治州|自治县|自治旗|地区(?!别)|新区|开发区|高新区|经开区|工业区|园区(?!别)|"
    "(?<![小社校厂片景院专时灰])区(?![别分域间号])|县(?!城)|旗(?!舰)|市(?![场面民区])"
)
_TOWN = "街道(?:办事处)?|镇|乡(?![下村亲])|苏木"
_VILLAGE = "社区|村民?委?会?|屯|庄(?![村园])|组(?![合装织])"
_LANE = "大道|大街|步行街|公路|胡同|路(?![上过由程途])|街(?![道上])|巷|弄(?![错坏丢好])"
_ROAD = _LANE.replace("途])|街", "途]|口)|街") + "|里弄|道(?![理歉])|大马路|国道|环路|环"
_SECTION = "(?:[东西南北中]?[一二三四五六七八九十]?(?:段|路|街|巷|里))?"
_COMPOUND = "(?!小区|社区|广场|公寓|大厦|酒店|中心)"
_PLACE = (
    "小区|花园(?!小区|酒店|路|街|广场)|广场(?!路|街)|大厦|大楼|公寓|主楼|教学楼|宿舍楼|办公楼|综合楼|本部|苑(?!子|小区|社区|新村|路|街)|新村|家园"
    + _COMPOUND
    + "|大学(?!城|路|科技)|学院(?!路)|学校|中学|小学|幼儿园|校区|医院|"
    "中心(?!思|小学|医院|大厦|广场|花园|路|街|城)|科技园|软件园|产业园|工业园|创业园|创意园|物流园|园(?![区丁林路街镇]|小区|社区)|商城|商场|市场|超市|酒店|宾馆|银行|"
    "公馆|府(?![上路街])|城(?![市管镇区路街中东西南北])|湾(?![路街镇村区])|山庄|别墅|雅苑|名邸|名苑|国际(?!广场|中心|大厦|公寓|花园|城|酒店|社区|小区|商)|soho|写字楼|"
    "宿舍|派出所|[村居]委会|卫生院|图书馆|体育馆|基地|厂区|厂(?![镇村路街])|仓库|门面|商铺|院(?![子路])"
)
_HOUSE = r"(?:-[0-9]{1,5})?\s?(?:号院|号楼|号(?!线)|弄)(?:之[0-9一二三四五]|-[0-9]{1,4})?"
_BLOCK = "栋|幢|号楼|座(?![位谈])|期(?!间)|区(?!别)|塔|楼栋"
_BLOCK_NUMBER = r"(?:[0-9]{1,4}|[一二三四五六七八九十]{1,3}|[a-z][0-9]{0,2}|[甲乙丙丁])(?:-[0-9]{1,3})?"
# A name no ending marks is one when a numbered building stands behind it (翠湖天地3期7号楼).
_BUILT = rf"(?=(?:[一二三四五六七八九十0-9]{{1,3}}期)?{_BLOCK_NUMBER}(?:栋|幢|号楼|单元))"
_NO_ESTATE = (
    "(?!麻烦|谢谢|放|帮|请|电话|手机|联系|收件|收货|订单|快递|尽快|急|"
    "小区|公司|学校|单位|宿舍|楼下|门口|隔壁|对面|家里|具体)"
)


def plain_names(text: str) -> str:
    """The text, as long as before, with such words as names that stop nothing."""
    return _NAMES.sub(lambda found: "安" * len(found[0]), text)


HEAD = re.compile(
    rf"(?:(?P<province>{PROVINCE})(?:省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)?|"
    rf"(?P<city>{CITY})(?:市|地区|州|盟)?)(?!{ROADLIKE})"
)
RANK = {
    name: rank
    for rank, name in enumerate(
        (
            "admin",
            "town",
            "village",
            "road",
            "cross",
            "number",
            "place",
            "estate",
            "station",
            "building",
            "unit",
            "floor",
            "room",
        )
    )
}
PARTS = [
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("admin", rf"(?:{CITY}|{PROVINCE})(?:市|省|地区|自治州|州|盟)?(?!{ROADLIKE})"),
        ("admin", rf"{_NAME}{{1,10}}?(?:{_DISTRICT})"),
        ("town", rf"{_NAME}{{1,8}}?(?:{_TOWN})"),
        ("village", rf"{_NAME}{{1,10}}?(?:{_VILLAGE})|[0-9]{{1,2}}[组队社](?![合装织员区])"),
        ("road", rf"(?![与和跟]){_WORDED}{{1,10}}?(?:{_ROAD}){_SECTION}|[0-9]{{1,3}}(?:巷|胡同|街|里(?!面))"),
        ("cross", rf"[与和跟]{_WORDED}{{1,8}}?(?:{_LANE})的?(?:交叉路?口|交汇处?|路?口)"),
        ("number", rf"(?:甲|乙|附|{_NUMBER}{{1,4}}弄)?{_NUMBER}{{1,6}}{_HOUSE}"),
        ("place", rf"(?:{_WORDED}|{_NUMBER}|[a-z]){{1,12}}?(?:{_PLACE})"),
        ("station", rf"{_WORDED}{{0,8}}?(?:驿站|快递柜|丰巢柜?|自提[点柜]|代收点)"),
        ("estate", rf"{_NO_ESTATE}{_WORDED}{{1,12}}?(?:{_BUILT}|(?=[0-9]{{1,2}}(?:层|楼(?![下上梯]))))"),
        ("building", r"写字楼|(?:公寓|商务|裙|副|[东西南北])楼|[东西南北][塔区]|塔楼?[0-9]"),
        (
            "building",
            rf"第?(?:{_NUMBER}{{1,4}}|[a-z][0-9]{{0,3}}|[甲乙丙丁东西南北])(?:-[0-9]{{1,3}})?(?:{_BLOCK})",
        ),
        ("unit", rf"(?:{_NUMBER}{{1,3}}|[a-z甲乙丙丁])(?:单元|门(?!口|店|牌))"),
        (
            "floor",
            rf"(?:负?{_NUMBER}{{1,3}}|b[1-4]|[0-9]{{1,2}}f)(?:层|楼(?![下上梯]))?(?<=[层楼f])(?:-[0-9]{{1,3}})?",
        ),
        (
            "room",
            r"(?:[a-z]-?)?[0-9零一二三四五六七八九]{2,5}(?:-[0-9]{1,5}){0,2}"
            r"(?:室|房(?!间)|号房|户(?!型)|铺|号(?!线))",
        ),
        ("room", r"[a-z]?[0-9]{3,4}(?:-[0-9]{1,4})?(?![0-9a-z元块人件\-.]|\s?(?:元|块))"),
        ("room", r"(?:[0-9]{1,2}-?)?[a-z][0-9]{2,4}(?![0-9a-z\-])"),
        ("building", r"t[1-9](?![0-9a-z])"),
        ("room", r"[a-z][0-9]{0,2}-[0-9]{3,4}(?![0-9a-z\-])"),
        ("building", r"[a-z][0-9]{0,3}(?:座|栋|幢|塔|区|馆)"),
        ("room", r"[0-9]{1,3}-[0-9]{1,3}(?:-[0-9]{1,4}){0,2}(?![0-9\-])"),
    )
]
# A road, a compound or a district whose beginning nothing marks.
BARE = re.compile(
    rf"(?:{_WORDED}|[0-9a-z]){{1,10}}?(?:{_LANE}|小区|花园|公寓|苑|新村|家园"
    + _COMPOUND
    + "|大厦|广场|大学|山庄|街道|镇|村|科技园|软件园|产业园|工业园|区|县|市)"
    rf"|{_WORDED}{{2,10}}?{_BUILT}|(?:[0-9]{{1,3}}|[a-z])(?:栋|幢|号楼)(?=[0-9]{{1,2}}单元|[0-9]{{3,4}}(?![0-9]))"
)
# Behind a comma an address goes on with these.
GOES_ON = re.compile(rf"\s?(?:{CITY})市|\s?{_NAME}{{1,5}}(?:区|路|大道)")
