"""Words that say little about what a question is about: they count less wherever texts are compared.

Question words are here, too: what kind of answer is asked for is told by the concepts of a question, and
"怎么" in common makes two questions alike only a little.
"""

from functools import lru_cache

LIGHT = 0.25

_ZH_CHARACTERS = frozenset(
    "的了吗呢吧啊呀哦噢嘛哈么是在有我你您他她它们这那哪个什怎样为和与或就都也还又才再很太更最没不会能可以要想请问"
    "把被给让到从对于用得地着过来去上下里吗啦嗯唉哎诶呗咋啥儿一下点些只而且但如果因所由此其之以及等每另已经"
)
# fmt: off
_ZH_WORDS = frozenset((
    "我们", "你们", "他们", "咱们", "自己", "大家", "这个", "那个", "哪个", "这里", "那里", "哪里",
    "这样", "那样", "怎样", "怎么", "怎么办", "怎么样", "怎么弄", "什么", "为什么", "为啥", "是不是",
    "有没有", "能不能", "可不可以", "可以", "能够", "应该", "需要", "如何", "请问", "谢谢", "麻烦",
    "一下", "一个", "一些", "一直", "一点", "已经", "现在", "就是", "还是", "但是", "不过", "因为",
    "所以", "如果", "而且", "然后", "这么", "那么", "多么", "哪儿", "这儿", "那儿", "咋办", "咋整",
    "情况", "时候", "知道", "告诉", "东西", "事情", "问题", "你好", "您好", "没有", "不能", "不会",
    "不是", "还有", "还没", "的话", "怎么回事", "有点", "真的", "到底", "究竟", "居然", "竟然",
    "怎么着", "帮我", "给我", "我想", "我要", "想要", "请教", "咨询",
))
# fmt: on
# fmt: off
_EN = frozenset((
    "a", "an", "the", "i", "me", "my", "mine", "we", "us", "our", "you", "your", "it", "its", "he",
    "she", "they", "them", "their", "this", "that", "these", "those", "be", "is", "am", "are", "was",
    "were", "been", "do", "does", "did", "have", "has", "had", "can", "could", "will", "would", "shall",
    "should", "may", "might", "must", "to", "of", "in", "on", "at", "for", "from", "with", "by",
    "about", "as", "and", "or", "but", "if", "so", "then", "than", "there", "here", "what", "which",
    "who", "whom", "whose", "when", "where", "why", "how", "not", "no", "yes", "any", "some", "please",
    "thank", "thanks", "hi", "hello", "hey", "just", "get", "got", "want", "like", "need", "know",
    "tell", "let", "would", "there's", "am", "im", "ok", "okay", "still", "now", "really", "very",
))
# fmt: on


@lru_cache(maxsize=8_192)
def weight(token: str) -> float:
    """How much a word, character or run of characters can tell, 0…1: `LIGHT` for what every question has."""
    if token in _ZH_WORDS or token in _EN or all(character in _ZH_CHARACTERS for character in token):
        return LIGHT
    return 1.0
