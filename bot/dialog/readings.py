"""What a short message does in a dialog: agrees, denies, calls off, corrects, drifts, returns, refuses, asks.

Whole expressions of the ways people say it, Chinese and English, over folded text. Pure and without
backtracking worth the name: every repetition is bounded.
"""

import re

_SIGNS = re.compile(r"[\s，。！？、；：,.!?;:~…\"'“”‘’()（）\-]+")
_PARTICLES = "啊呀吧呢哦噢喔哈啦嘛滴哒呗喽咯诶欸呐嘞哩"

_YES_WORD = (
    "嗯|恩|额|昂|en|对的?|对头|是的?|是这个|就是|没错|没问题|没毛病|正确|可以的?|可|行的?|好的?|好嘞|成|中|妥|得嘞|要的|要得|"
    "确认|确定|同意|就这样|就这个|就它|这样就行|就这么办|那就这样|必须的?|当然|当然是?|提交|办|办理|麻烦了?|谢谢|辛苦了?|快点|"
    "(?:木有?|没啥|没什么|没有?)(?:问题|毛病)|一点问题都?没有|(?:信息|地址|内容|抬头|资料|全都?|都)(?:没错|没有?问题|对的?|正确|无误)|"
    "就这么(?:着|定了?|办)|(?:就)?(?:按|照)(?:这个|你说的|这样)(?:来|办|提交)|就这个|这样就?(?:行|可以|好)|没意见|是这样的?|妥了|妥妥的?|"
    "得|你看着办|听你的|准确|准|阔以|欧克|欧了|ojbk|okk+|必须滴|就是它|👌|👍|🆗|✅|(?:looks|sounds|all)(?:good|right|fine)|goon|goahead|doit|"
    "absolutely|ofcourse|perfect|certainly|都对|全对|无误|没有误|没错误|一点没错|是我|"
    "ok(?:ay)?|k|yes|yep|yeah|ya|yup|sure|right|correct|exactly|please|go ahead|do it|that's right|fine|y"
)
_YES = re.compile(rf"(?:(?:{_YES_WORD}|1)[{_PARTICLES}的]{{0,2}}){{1,5}}")
_YES_START = re.compile(
    rf"^(?:嗯+|恩+|对(?!不起|方|了|比|我|你)|是的|没错|可以|好的?|行|确认|yes|yeah|ok|sure|right|correct)[{_PARTICLES}的]{{0,2}}[\s，,。.!！]"
)
_YES_DO = re.compile(
    r"^(?:没问题|好的?|行|可以|嗯+|对)?(?:那)?(?:就)?(?:帮我)?(?:退|改|开|办|提交|申请|查)(?:了|掉)?吧$"
)
_NO_WORD = (
    "不|不是的?|不太?对|这?不对|不太对劲|等会儿?|慢着|(?:地址|抬头|信息|内容|号码|邮箱|原因)(?:不对|有误|错了?)|哪里对了|不行|不可以|不要|否|别|先别|等等|等一?下|不正确|有误|有问题|错|错了|不是这个|不成|没有|还没|"
    "写错了|填错了|搞错了|弄错了|no|nope|not?(?:right|correct)|wrong|incorrect|nah|n"
)
_NO = re.compile(rf"(?:(?:{_NO_WORD}|2)[{_PARTICLES}的]{{0,2}}){{1,4}}")
_NO_START = re.compile(r"^(?:不对|不是|错了|不行|不要|no\b|wrong|nope|等等|等一下|有误|搞错|弄错|写错)")

_CALLED_OFF = re.compile(
    r"算了(?:吧)?(?!算|一下)|(?:先|还是|那)?不(?:弄|办|退|改|开|查|搞|申请|处理|折腾|麻烦你?|问|换|寄)了|不用(?:退|改|开|查|弄|办|了|麻烦|处理|申请)|"
    r"(?:别|甭)(?:退|改|开|查|弄|办|搞|申请)了|(?:取消|撤销)(?:吧|掉|.{0,4}申请|办理|操作|$)|当我没说|没事了|放弃|作罢|就这样不|不需要了|先这样|"
    r"不想(?:退|改|开|查|弄|办)了|懒得(?:弄|办|退|改|开|折腾|管)|"
    r"(?:先|就)(?:放着|搁着)|(?:改天|下次|以后)再(?:说|弄|办|来)|(?:我)?(?:再|先)(?:想想|考虑)(?:一?下|吧|$)|(?:暂时|先)不(?:需要|用了)|拉倒|"
    r"撤了(?:吧|$)|^免了|我自己(?:来|弄|搞|解决)|"
    r"drop it|never ?mind|forget (?:it|about)|cancel (?:it|that|this)$|don't bother|"
    r"no need|stop$|leave it"
)
_OFF_VERB = re.compile("不([退改开查换寄])了")
_NOT_CALLED_OFF = re.compile(
    r"不想要了|怎么取消|订单取消|取消订单|不(?:弄|办|退|改|开|查)了(?:吗|么)|(?:为什么|怎么|凭什么).{0,6}不|还不如|算了算|算了.{0,6}(?:多少|钱|运费)"
)

_BACK = re.compile(
    r"(?:继续|接着|回到|返回|接回|转回|回过头|回头说|说回|绕回|切回|重新回到|再说说?)[^，。,.?？]{0,10}(?:刚才|刚刚|之前|上面|前面|那个|那事|正题|原来|开始|退|订单|地址|"
    r"发票|开票|改|办|说|弄|申请|查|单)|(?:刚才|刚刚|之前|前面|上面)(?:那|的|说的|没|要)[^，。,.?？]{0,10}(?:继续|接着|弄完|办完|说完|呢|还没|还差)|"
    r"^(?:(?:那|好的?|嗯+|ok|行|哦+|噢|可以|知道了|明白了?|了解)[，,。\s]*){0,3}(?:我们?)?(?:继续|接着)(?:吧|说|办|弄|来|刚才的|之前的|退|改|开|查)?[\s。.!！]*$|言归正传|"
    r"说到哪(?:儿|里)?了|^(?:咱们?|我们?)(?:继续|接着)|再回来(?:说|办|弄)|那个?[^，。,.?？]{1,8}呢?[，,]?(?:还没|没)(?:弄|办|搞|退|改|开)(?:完|好)|"
    r"back to|let's continue|^(?:ok(?:ay)?,? )?continue|go on with|resume|where were we"
)
_DRIFT = re.compile(
    r"先(?:不|别)(?:说|管|聊|弄|提|讲|办|谈|急)|(?:先|插)(?:问|说)(?:一?下|个|句|一句)|话说|对了|题外话|打断一?下|插一?嘴|我还想问|(?:等会儿?|慢着|停一?下)[，,]|顺便|另外|顺带|还有(?:个|一|件|就是|，|,|$)|插一?句|插个|换个(?:话题|问题|事)|"
    r"(?:再|想|先|就)问(?:一?下|个|你|问)|哦对|等一下先|等下先|(?:那|这)个(?:先|回头|待会儿?|等会儿?)(?:再|放)|待会儿?再|等会儿?再|回头再|突然想(?:起|到)|"
    r"by the way|btw|another (?:question|thing)|one more|first,? (?:tell|let)|before that|hold on|"
    r"quick question"
)
_CORRECTS = re.compile(
    r"不对|不是|错了|写错|打错|"
    r"手滑|手误|看岔|弄混|搞混|写反|填反|(?:多|少|漏)(?:打|写|输|填)了|(?:多|少|漏)了[一个两]{0,2}(?:位|字|数|0|零)|作废|不算数?|以(?:这个|后面|新的|最新)的?为准|"
    r"my mistake|my bad|made a mistake|"
    r"(?:后|末|最后|尾)[0-9一二两三四五六]?个?位(?:数字?)?(?:应该)?是|说错|发错(?!货|了?一?件|了?东西)|填错|搞错|弄错|输错|记错|看错|复制错|贴错|给错|更正|改成|改为|换成|应该是|应为|其实是|实际是|我是说|我说的是|"
    r"纠正|重新(?:发|给|说|填)|是这个才对|才对|sorry|^no\b|actually|i mean|i meant|wrong|should be|"
    r"correction|instead|typo"
)
_REFUSES = re.compile(
    r"(?:我)?(?:没有|没|木有|哪有|(?<!天)无)(?:订单号?|单号|编号|手机号?|号码|邮箱|地址|抬头|这个|那个|记|留|保存|存|啊|$|[，。,]|原因|理由|什么(?:原因|理由)|为什么)|"
    r"不知道|不晓得|不记得|记不得|记不住|记不清|忘了|忘记|找不到|找不着|查不到|看不到|不清楚|不了解|想不起来?|不想(?:说|给|提供|告诉|填)|不方便|不告诉|保密|删(?:了|掉了)|我哪(?:知道|记得|晓得)|"
    r"no clue|"
    r"(?:就是|没有?)(?:没)?(?:为什么|原因|理由)|无可奉告|don'?t (?:know|have|remember)|no idea|forgot|"
    r"can'?t (?:find|remember)|rather not|not sure|"
    r"don'?t want to (?:say|tell)|no reason"
)
_WHERE = re.compile(
    r"(?:订单号?|单号|编号|号码).{0,4}(?:在哪|哪里|哪儿|怎么(?:看|查|找)|去哪|是什么|是啥|啥样)|"
    r"where.{0,20}(?:order )?number"
)
_ANOTHER = re.compile(
    r"(?:手机号?|电话|号码|运单号?|快递单号?|物流单号?|邮箱|姓名|名字)[^，。,]{0,3}(?:行不|行吗|行么|可以吗|可以不|可不可以|能查|成吗|中不|也行|"
    r"算吗)|(?:will|would|is|can i use|can you use).{0,12}(?:phone|number|e-?mail)"
)
_ASKS = re.compile(
    r"[?？]|吗|么$|么[，。,]|嘛$|呢$|怎么|咋|如何|多久|多长时间|几天|多少|几块|什么时候|啥时候|几点|为什么|为啥|凭什么|哪|谁|能不能|可不可以|是不是|有没有|要不要|"
    r"会不会|行不行|需不需要|用不用|是否|什么|啥|不$|可以.{1,12}不|能.{1,12}不$|"
    r"\b(?:how|what|when|why|where|which|who|can i|could i|do you|does|is there|are you|is it|are there|"
    r"will you|should i)\b"
)
_CHAT = re.compile(
    r"(?:你好|您好|哈喽|哈罗|嗨|hi|hello|hey|在吗|在么|在不在|有人吗|早|早上好|上午好|中午好|下午好|晚上好|晚安|再见|拜拜|88|bye|回见|谢谢?|多谢|感谢|谢了|谢啦|"
    r"辛苦了?|麻烦了|thanks?|thank you|thx|哈+|呵+|嘿+|嘻+|233+|666+|好的?|好嘞|嗯+|恩+|哦+|噢+|喔|知道了|"
    r"明白了?|了解|收到|ok(?:ay)?|行|行吧|可以|没事了?|没有了|没了|不用了|"
    r"你是谁|你是机器人吗?|你叫什么(?:名字)?|真棒|厉害|牛|不错|太好了|好吧|那行|那好|就这样|先这样|亲爱?的?|亲亲|客服|老板|店家|店主|小姐姐|掌柜|么么哒|爱你|你真好|无语|赶紧的?|快点儿?|搞快点|抓紧点?|尽快|"
    r"没别的了|就这些|没啦|👍|👌|🙏|😊|😂|good(?:morning|afternoon|evening|night)|somuch|verymuch|nothanks|thatisall|thatsall|nothingelse|有人在吗|so|great|cool|nice)"
)
_CHATTER = re.compile(rf"(?:{_CHAT.pattern}[{_PARTICLES}了你您们]{{0,3}}){{1,4}}")


_THANKS = re.compile("谢|多谢|感谢|辛苦|thank|thx")
_PARTING = re.compile("再见|拜拜|88|bye|晚安|回见")
_GREETING = re.compile("你好|您好|哈喽|哈罗|嗨|hi|hello|hey|在吗|在么|在不在|有人|早|好$|你是谁|机器人|名字")


def manner(folded: str) -> str:
    """What kind of small talk: thanks, parting, greeting, or just a nod."""
    for name, pattern in (("thanks", _THANKS), ("parting", _PARTING), ("greeting", _GREETING)):
        if pattern.search(folded):
            return name
    return "nod"


def core(folded: str) -> str:
    """The message without signs: what is compared whole."""
    return _SIGNS.sub("", folded)


def agrees(folded: str) -> bool:
    """A yes to a question."""
    bare = core(folded)
    if _YES.fullmatch(bare) or _YES_DO.match(bare):
        return True
    return bool(_YES_START.match(folded)) and not _CORRECTS.search(folded) and not _CALLED_OFF.search(folded)


def denies(folded: str) -> bool:
    """A no to a question."""
    return bool(_NO.fullmatch(core(folded)) or _NO_START.match(folded))


def calls_off(folded: str) -> bool:
    """The visitor does not want it any more ("算了不弄了")."""
    return bool(_CALLED_OFF.search(folded)) and not _NOT_CALLED_OFF.search(folded)


def called_off(folded: str) -> str:
    """The verb of what is called off: 换 of "不换了"; empty when none is named."""
    found = _OFF_VERB.search(folded)
    return found[1] if found else ""


def returns(folded: str) -> bool:
    """The visitor wants to go on with what was set aside ("回到刚才")."""
    return bool(_BACK.search(folded))


def drifts(folded: str) -> bool:
    """The visitor announces something else ("先不说这个", "对了")."""
    return bool(_DRIFT.search(folded))


def corrects(folded: str) -> bool:
    """The visitor says that something said before is wrong."""
    return bool(_CORRECTS.search(folded))


def refuses(folded: str) -> bool:
    """The visitor has not got what was asked for, or will not give it."""
    return bool(_REFUSES.search(folded))


def asks_where(folded: str) -> bool:
    """The visitor asks where to find the number."""
    return bool(_WHERE.search(folded))


def asks_another(folded: str) -> bool:
    """The visitor asks whether another number will do ("手机号行吗")."""
    return bool(_ANOTHER.search(folded))


def asks(folded: str) -> bool:
    """A question by its form."""
    return bool(_ASKS.search(folded))


def chats(folded: str) -> bool:
    """A greeting, thanks or a sound: nothing to be answered from knowledge."""
    bare = core(folded)
    return not bare or bool(_CHATTER.fullmatch(bare))
