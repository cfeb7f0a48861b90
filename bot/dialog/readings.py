"""What a short message does in a dialog: agrees, denies, calls off, corrects, drifts, returns, refuses, asks.

Whole expressions of the ways people say it, Chinese and English, over folded text. Pure and without
backtracking worth the name: every repetition is bounded.
"""

import re

_SIGNS = re.compile(r"[\s，。！？、；：,.!?;:~…\"'“”‘’()（）\-]+")
_PARTICLES = "啊呀吧呢哦噢喔哈啦嘛滴哒呗喽咯诶欸"

_YES_WORD = (
    "嗯|恩|额|对的?|对头|是的?|是这个|就是|没错|没问题|没毛病|正确|可以的?|可|行的?|好的?|好嘞|成|中|妥|得嘞|要的|要得|"
    "确认|确定|同意|就这样|就这个|就它|这样就行|就这么办|那就这样|必须的?|当然|当然是?|提交|办|办理|麻烦了?|谢谢|辛苦了?|快点|"
    "没有?问题|都对|全对|无误|没有误|没错误|一点没错|是我|"
    "ok(?:ay)?|k|yes|yep|yeah|ya|yup|sure|right|correct|exactly|please|go ahead|do it|that's right|fine|y"
)
_YES = re.compile(rf"(?:(?:{_YES_WORD}|1)[{_PARTICLES}的]{{0,2}}){{1,5}}")
_YES_START = re.compile(
    rf"^(?:嗯+|恩+|对(?!不起|方|了|比|我|你)|是的|没错|可以|好的?|行|确认|yes|yeah|ok|sure|right|correct)[{_PARTICLES}的]{{0,2}}[\s，,。.!！]"
)
_YES_DO = re.compile(r"^(?:那)?(?:就)?(?:帮我)?(?:退|改|开|办|提交|申请|查)(?:了|掉)?吧$")
_NO_WORD = (
    "不|不是的?|不对|不行|不可以|不要|否|别|先别|等等|等一?下|不正确|有误|有问题|错|错了|不是这个|不成|没有|还没|"
    "写错了|填错了|搞错了|弄错了|no|nope|not? right|wrong|incorrect|nah|n"
)
_NO = re.compile(rf"(?:(?:{_NO_WORD}|2)[{_PARTICLES}的]{{0,2}}){{1,4}}")
_NO_START = re.compile(r"^(?:不对|不是|错了|不行|不要|no\b|wrong|nope|等等|等一下|有误|搞错|弄错|写错)")

_CALLED_OFF = re.compile(
    r"算了(?:吧)?(?!算|一下)|(?:先|还是|那)?不(?:弄|办|退|改|开|查|搞|申请|处理|折腾|麻烦你?|问|换|寄)了|不用(?:退|改|开|查|弄|办|了|麻烦|处理|申请)|"
    r"(?:别|甭)(?:退|改|开|查|弄|办|搞|申请)了|(?:取消|撤销)(?:吧|掉|.{0,4}申请|办理|操作|$)|当我没说|没事了|放弃|作罢|就这样不|不需要了|先这样|"
    r"不想(?:退|改|开|查|弄|办)了|never ?mind|forget (?:it|about)|cancel (?:it|that|this)$|don't bother|"
    r"no need|stop$|leave it"
)
_NOT_CALLED_OFF = re.compile(
    r"不想要了|怎么取消|订单取消|取消订单|不(?:弄|办|退|改|开|查)了(?:吗|么)|(?:为什么|怎么|凭什么).{0,6}不|还不如|算了算|算了.{0,6}(?:多少|钱|运费)"
)

_BACK = re.compile(
    r"(?:继续|接着|回到|返回|接回|转回|回过头|回头说|说回|绕回|切回|重新回到|再说说?)[^，。,.?？]{0,10}(?:刚才|刚刚|之前|上面|前面|那个|那事|正题|原来|开始|退|订单|地址|"
    r"发票|开票|改|办|说|弄|申请|查|单)|(?:刚才|刚刚|之前|前面|上面)(?:那|的|说的|没|要)[^，。,.?？]{0,10}(?:继续|接着|弄完|办完|说完|呢|还没|还差)|"
    r"^(?:(?:那|好的?|嗯+|ok|行|哦+|噢|可以|知道了|明白了?|了解)[，,。\s]*){0,3}(?:我们?)?(?:继续|接着)(?:吧|说|办|弄|来|刚才的|之前的|退|改|开|查)?[\s。.!！]*$|言归正传|"
    r"back to|let's continue|^continue|go on with|resume|where were we"
)
_DRIFT = re.compile(
    r"先(?:不|别)(?:说|管|聊|弄|提|讲|办|谈|急)|(?:先|插)(?:问|说)(?:一?下|个|句|一句)|话说|对了|顺便|另外|顺带|还有(?:个|一|件|就是|，|,|$)|插一?句|插个|换个(?:话题|问题|事)|"
    r"(?:再|想|先|就)问(?:一?下|个|你|问)|哦对|等一下先|等下先|(?:那|这)个(?:先|回头|待会儿?|等会儿?)(?:再|放)|待会儿?再|等会儿?再|回头再|突然想(?:起|到)|"
    r"by the way|btw|another (?:question|thing)|one more|first,? (?:tell|let)|before that|hold on|"
    r"quick question"
)
_CORRECTS = re.compile(
    r"不对|不是|错了|写错|打错|说错|发错(?!货|了?一?件|了?东西)|填错|搞错|弄错|输错|记错|看错|复制错|贴错|给错|更正|改成|改为|换成|应该是|应为|其实是|实际是|我是说|我说的是|"
    r"纠正|重新(?:发|给|说|填)|是这个才对|才对|sorry|^no\b|actually|i mean|i meant|wrong|should be|"
    r"correction|instead|typo"
)
_REFUSES = re.compile(
    r"(?:我)?(?:没有|没|木有|哪有|(?<!天)无)(?:订单号?|单号|编号|手机号?|号码|邮箱|地址|抬头|这个|那个|记|留|保存|存|啊|$|[，。,]|原因|理由|什么(?:原因|理由)|为什么)|"
    r"不知道|不晓得|不记得|记不得|记不住|记不清|忘了|忘记|找不到|找不着|查不到|看不到|不清楚|不了解|想不起来?|不想(?:说|给|提供|告诉|填)|不方便|不告诉|"
    r"(?:就是|没有?)(?:没)?(?:为什么|原因|理由)|无可奉告|don'?t (?:know|have|remember)|no idea|forgot|"
    r"can'?t (?:find|remember)|rather not|not sure|"
    r"don'?t want to (?:say|tell)|no reason"
)
_WHERE = re.compile(
    r"(?:订单号?|单号|编号|号码).{0,4}(?:在哪|哪里|哪儿|怎么(?:看|查|找)|去哪|是什么|是啥|啥样)|"
    r"where.{0,20}(?:order )?number"
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
    r"你是谁|你是机器人吗?|你叫什么(?:名字)?|真棒|厉害|牛|不错|太好了|好吧|那行|那好|就这样|先这样|so|great|cool|nice)"
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


def asks(folded: str) -> bool:
    """A question by its form."""
    return bool(_ASKS.search(folded))


def chats(folded: str) -> bool:
    """A greeting, thanks or a sound: nothing to be answered from knowledge."""
    return bool(_CHATTER.fullmatch(core(folded)))
