"""What the dialog says, in the visitor's language (zh or en), another wording when it must be said again."""

from collections.abc import Mapping

from bot.dialog.flows import Flow, Slot, Texts

_PHRASES: dict[str, Texts] = {
    "cancelled": {
        "zh": ["好的，{title}先不办了。还有别的需要随时告诉我。"],
        "en": ["All right, I have dropped the {title}. Anything else?"],
    },
    "back": {"zh": ["我们继续刚才的{title}。"], "en": ["Back to the {title}."]},
    "remind": {
        "zh": ["刚才的{title}还没办完，我们继续：{prompt}"],
        "en": ["We were at the {title}: {prompt}"],
    },
    "which": {
        "zh": ["好的，哪里不对？请直接发正确的内容。", "请把要改的内容直接发给我，例如“订单号是…”。"],
        "en": ["What is wrong? Please send the right one.", "Please send what should change."],
    },
    "invalid": {
        "zh": ["这个{label}好像不完整，麻烦核对后再发一次。"],
        "en": ["That {label} does not look complete; please check and send it again."],
    },
    "corrected": {"zh": ["已更正。"], "en": ["Corrected."]},
    "instead": {
        "zh": ["没有{label}也没关系，发我{other}也可以。"],
        "en": ["Never mind the {label}; your {other} will do."],
    },
    "people": {
        "zh": ["这一步我办不了，为您转人工处理，您前面说的我会一并转达。"],
        "en": ["I cannot go on alone here; a colleague takes over with all you told me."],
    },
    "done": {"zh": ["好的，已为您登记。"], "en": ["Done."]},
    "later": {"zh": ["{title}我记下了，接下来办。"], "en": ["I have noted the {title}; it is next."]},
    "greeting": {"zh": ["您好，请问有什么可以帮您？"], "en": ["Hello, what can I do for you?"]},
    "thanks": {"zh": ["不客气，有需要随时找我。"], "en": ["You are welcome."]},
    "parting": {"zh": ["再见，祝您愉快。"], "en": ["Goodbye, have a nice day."]},
    "nod": {"zh": ["好的，有别的问题随时问我。"], "en": ["All right. Just ask if there is anything else."]},
    "nothing": {"zh": ["好的，您说。"], "en": ["All right."]},
}
_OTHERS = {
    "phone": {"zh": "下单手机号", "en": "phone number"},
    "order_id": {"zh": "订单号", "en": "order number"},
    "email": {"zh": "邮箱", "en": "e-mail address"},
}


def say(key: str, language: str, turn: int = 0, **places: str) -> str:
    """A phrase. Raises KeyError for no such phrase."""
    return pick(_PHRASES[key], language, turn, places)


def prompt(slot: Slot, language: str, asked: int = 0) -> str:
    """How a slot is asked for, the `asked`-th time."""
    return pick(slot.prompts, language, asked, {}) or label(slot, language)


def label(slot: Slot, language: str) -> str:
    """What a slot is called."""
    return slot.label.get(language) or next(iter(slot.label.values()), slot.name)


def title(flow: Flow, language: str) -> str:
    """What an intent is called."""
    return flow.title.get(language) or next(iter(flow.title.values()), flow.name)


def other(kind: str, language: str) -> str:
    """What an entity type is called when it may stand in for another."""
    return _OTHERS.get(kind, {}).get(language, kind)


def pick(texts: Texts, language: str, turn: int, places: Mapping[str, str]) -> str:
    """The `turn`-th wording of the language (the last when there are fewer), its {places} filled, missing
    ones empty."""
    wordings = texts.get(language) or next((many for many in texts.values() if many), [])
    if not wordings:
        return ""
    text = wordings[min(turn, len(wordings) - 1)]
    # No str.format: an operator's text may hold any brace, a visitor's value any text.
    pieces = text.split("{")
    out = [pieces[0]]
    for piece in pieces[1:]:
        name, brace, rest = piece.partition("}")
        out.append(places.get(name, "") + rest if brace and name.isidentifier() else "{" + piece)
    return "".join(out)
