"""What the bot itself says to visitors, Chinese and English, chosen by the language they write in. Pure.

Not gettext: the visitor's language is that of their message, in the middle of a worker that serves many at
once, and each idea has several wordings so that a question asked again is not the same sentence again.
"""

from __future__ import annotations

from typing import Final

_PHRASES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "to_people": (
        ("好的，正在为您转接人工客服，请稍等。",),
        ("All right, I am connecting you to a colleague. One moment, please.",),
    ),
    "to_people_anger": (
        ("很抱歉给您带来不好的体验，我马上请人工客服来处理，您前面说的我会一并转达。",),
        ("I am sorry about this. I am bringing in a colleague right away and passing on what you told me.",),
    ),
    "to_people_misses": (
        ("这个问题我没有把握答好，已为您转接人工客服，请稍等。",),
        ("I do not have a good answer to that, so I am connecting you to a colleague.",),
    ),
    "honest": (
        (
            "抱歉，这个问题我暂时没有找到答案。您可以换个说法，或者回复“人工”由同事来帮您。",
            "我还是没有找到合适的答案。要不要为您转人工客服？回复“人工”即可。",
        ),
        (
            "Sorry, I could not find an answer to that. Try other words, or write “agent” for a colleague.",
            "I still have no good answer. Shall I bring in a colleague? Just write “agent”.",
        ),
    ),
    "choices": (
        ("您想问的是下面哪一个？",),
        ("Which of these do you mean?",),
    ),
    "wordless": (
        ("图片已收到。请用一句话告诉我遇到了什么问题，我来帮您查。",),
        ("I got your picture. Please tell me in a sentence what the problem is.",),
    ),
    "action_failed": (
        ("查询暂时没有成功，已为您转接人工客服处理。",),
        ("I could not look that up just now, so I am connecting you to a colleague.",),
    ),
    "not_found": (
        ("没有查到，请核对一下号码后再发给我。",),
        ("I could not find that. Please check the number and send it again.",),
    ),
    "done": (
        ("已经为您办好了。",),
        ("That is done.",),
    ),
}


def say(key: str, language: str, turn: int = 0) -> str:
    """A phrase in the language (zh or en); `turn` picks the wording. Raises `KeyError` for no such phrase."""
    wordings = _PHRASES[key][0 if language == "zh" else 1]
    return wordings[min(turn, len(wordings) - 1)]
