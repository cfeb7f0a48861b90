"""Follow-ups: a message that only makes sense with the question before it ("那运费呢", "发圆通行吗")."""

import re

from bot.dialog.state import DialogState

_SHORT = 14
_OPENS = re.compile(
    r"^(?:那么?|那个|要是|如果|假如|换成|改成|再|还|也|然后|可是|但是?|and|what about|how about|then|"
    r"what if|but|or)"
)
_ENDS = re.compile(r"(?:呢|的话|行吗|可以吗|能行吗|也一样吗|也是吗|也行吗|可以不|行不|[?？])[?？。!！\s]*$")


_MARKERS = re.compile(
    r"^(?:(?:等一?下|等等|先不(?:说|管|聊|弄|提)(?:这个|那个|了)?|先别(?:管|说)(?:这个|那个)?|算了|对了|话说|另外|还有(?:就是|个问题)?|顺便(?:问一?下|说一?句)?|插一?句|哦对?|噢|嗯+|"
    r"(?:我)?(?:想|先|再|就)?问一?下|先问(?:一?下|你)?|请问(?:一?下)?|你好|您好|那个|哎|唉|诶|好吧|"
    r"换个话题|突然想起来?|by the way|btw|hold on|hi|hello|hey|ok|oh|first)[\s，,。.！!：:、]*){1,4}(?=.{3})"
)


def question(folded: str) -> str:
    """The message without the words that only lead to its question ("对了，顺便问一下…")."""
    return _MARKERS.sub("", folded)


def follow_up(state: DialogState, folded: str) -> str | None:
    """The query that joins the message to the question answered last; None when it stands for itself."""
    if not state.last_query or len(folded) > _SHORT * (3 if folded.isascii() else 1):
        return None
    if _OPENS.search(folded) or _ENDS.search(folded) or len(folded) <= 6:
        said = re.sub(r"^(?:那么?|那个|再|还|然后|and|what about|how about)\s?", "", folded)
        return f"{state.last_query} {said}"
    return None
