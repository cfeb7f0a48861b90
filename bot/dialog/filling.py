"""Slots from a message: by entities, by the visitor's own words, by a correction."""

import re

import msgspec

from bot.dialog import corrections, free_text, readings
from bot.dialog.flows import Flow, Slot
from bot.dialog.state import Frame
from bot.dialog.turn import Turn
from bot.entities import Entity

_NEGATED = re.compile(
    r"(?:不是|并非|而不是|别用|不要用|不用|别(?:寄|送|发)到?|不(?:寄|送|发)(?:到|去)?|原来是|之前(?:是|写|"
    r"填)的?|not|instead of|wasn't|isn't)\s?(?:订单号?|单号|地址|手机号?|邮箱)?(?:是)?\s?$"
)
_FILLER = re.compile(
    r"订单号?码?|单号|编号|号码|手机号?|电话|邮箱|地址|是的?|我的?|这个|那个|就|为|改成|改为|换成|应该|写错了?|打错了?|不对|错了|不好意思|哦|嗯|好的?|啊|呢|吧|喏|给你|查|帮|一下|看|的|"
    r"找到了?|还有|另外|再查|一个|有了|查到了?|看到了?|在这|如下|发你|你看|麻烦|谢谢|请|sorry|it'?s|is|my|order|number|here|the|please|[^\w]+"
)
_SLOT_WORDS = {
    "order_id": "订单号?|单号|编号|order|number",
    "address": "地址|address",
    "email": "邮箱|邮件|e-?mail",
    "phone": "手机号?|电话|phone",
    "reason": "原因|理由|reason",
    "title": "抬头|名称|公司名|title",
}
_PLACE = re.compile("[省市区县镇乡村路街道巷弄号栋幢座楼室苑园厦院]|\\d")
_NUMBERS = {"order_id", "tracking_no", "phone"}
_DIGITS = re.compile(r"[0-9][0-9 \-]{0,40}")


class Filled(msgspec.Struct, frozen=True):
    """`slots`: names with the values the message gives. `invalid`: the slot it tried to give, but not whole.
    `emptied`: the slot it says is wrong without giving the right value.
    """

    slots: dict[str, str]
    invalid: str = ""
    emptied: str = ""


def fill(flow: Flow, frame: Frame, turn: Turn) -> Filled:
    """What the message gives for the flow. Later values win, except those it denies ("不是A，是B")."""
    slots: dict[str, str] = {}
    usable = kept(turn)
    for entity in usable:
        slot = next((one for one in flow.slots if entity.type in one.types), None)
        if slot is not None:
            if entity.type == "address" and entity.value in frame.slots.get(slot.name, "")[:-1]:
                continue  # it names a part of the one that is known
            name = entity.type if entity.type in slot.instead else slot.name
            slots[name] = entity.normalized
    pending = flow.slot(frame.pending) if frame.pending else None
    if pending is not None and not any(name in slots for name in (pending.name, *pending.instead)):
        value = _misread(pending, turn)
        if value:
            slots[pending.name] = value
    _mended(flow, frame, turn, slots)
    _words(flow, frame, turn, slots)
    invalid = ""
    if pending is not None and not slots and _attempted(pending, turn):
        invalid = pending.name
    emptied = "" if slots else _emptied(flow, frame, turn)
    return Filled(slots, invalid, emptied)


def kept(turn: Turn) -> list[Entity]:
    """The entities that are meant: without those the visitor denies."""
    out: list[Entity] = []
    for entity in turn.entities:
        before = turn.text[max(0, entity.start - 12) : entity.start].lower()
        if _NEGATED.search(before) and any(
            other.type == entity.type and other is not entity for other in turn.entities
        ):
            continue
        out.append(entity)
    # "不是A是B" keeps B; "是B，不是A" as well. Of several that stay the last is the newest.
    return out


def bare(turn: Turn) -> str:
    """What is left of the folded text when entities and the words that announce them are gone."""
    rest = free_text.without(turn.text, turn.entities).lower()
    return _FILLER.sub("", rest)


def missing(flow: Flow, frame: Frame) -> Slot | None:
    """The next slot to ask for."""
    for slot in flow.slots:
        given = any(name in frame.slots for name in (slot.name, *slot.instead))
        if slot.required and not given and not (slot.free and slot.name in frame.refused):
            return slot
    return None


def _mended(flow: Flow, frame: Frame, turn: Turn, slots: dict[str, str]) -> None:
    """Values the message corrects in part: "后两位是45", "不是588，是598号"."""
    named = [name for name in frame.slots if re.search(_SLOT_WORDS.get(name, name), turn.folded)]
    held = {name: frame.slots[name] for name in (named or frame.slots) if flow.slot(name)}
    for name, value in held.items():
        if name in _NUMBERS:
            mended = "" if name in slots else corrections.ending(value, turn.folded)
        else:
            mended = corrections.exchanged(value, turn.text)
        if mended and mended != slots.get(name):
            slots[name] = mended
            return


def _words(flow: Flow, frame: Frame, turn: Turn, slots: dict[str, str]) -> None:
    """Free slots, by the visitor's own words."""
    for slot in flow.slots:
        if not slot.free or slot.name in slots:
            continue
        asked = frame.pending == slot.name
        named = re.search(_SLOT_WORDS.get(slot.name, slot.name), turn.folded) is not None
        if asked and not _answers(turn):
            continue
        again = frame.confirming and not readings.asks(turn.folded)  # another reason than the one read out
        if slot.name in frame.slots and not (asked or named or again or readings.corrects(turn.folded)):
            continue
        value = _free(slot, turn, asked)
        if not value and not asked and not frame.slots.get(slot.name) and frame.pending and slots:
            value = _beside(slot, turn)
        if value:
            slots[slot.name] = value


def _free(slot: Slot, turn: Turn, asked: bool) -> str:
    if slot.name == "reason":
        return free_text.reason(turn.text, asked, turn.entities)
    if slot.name == "title":
        return free_text.title(turn.text, asked, turn.entities)
    return free_text.without(turn.text, turn.entities)[:200] if asked else ""


def _beside(slot: Slot, turn: Turn) -> str:
    """What stands beside the number that was asked for: "20261120001，穿着不舒服"."""
    if slot.name != "reason" or readings.asks(turn.folded) or readings.corrects(turn.folded):
        return ""
    rest = bare(turn)
    if len(rest) < 3 or readings.agrees(rest) or readings.chats(rest) or readings.refuses(rest):
        return ""
    return (
        free_text.reason(turn.text, True, turn.entities)
        if re.search("[\u4e00-\u9fff]{3}|[a-z]{3} [a-z]", rest)
        else ""
    )


def _answers(turn: Turn) -> bool:
    """Whether the message can be the words that were asked for."""
    folded = turn.folded
    if (
        readings.refuses(folded)
        or (readings.calls_off(folded) and "因为" not in folded)
        or readings.chats(folded)
        or readings.returns(folded)
    ):
        return False
    return not (readings.asks(folded) and not readings.corrects(folded)) or len(folded) > 24


def _misread(slot: Slot, turn: Turn) -> str:
    """A value for the slot that was asked for, which another family of entities took: 20261103 is a day,
    too."""
    if slot.name == "order_id" or "order_id" in slot.types:
        for entity in turn.entities:
            compact = re.sub(r"[\s\-]", "", entity.normalized if entity.type != "date" else entity.value)
            if (
                entity.type in {"tracking_no", "date", "phone"}
                and entity.type not in slot.types
                and compact.isalnum()
                and compact.isascii()
            ):
                return compact.upper()
        match = re.fullmatch(
            r"(?:订单号?|单号)?(?:是|为|:)?\s?([a-z]{0,6}[\- ]?[0-9][0-9\-]{4,30})[。.\s]*", turn.folded
        )
        if match:
            return match[1].replace(" ", "").upper()
    if "address" in slot.types:
        rest = free_text.without(turn.text, ())
        rest = re.sub(
            r"^(?:就|请|麻烦|帮我)?(?:寄|送|发|改|换)?(?:到|成|为|去|给)?(?:新地址|地址)?(?:是|为|:|：)?",
            "",
            rest,
        )
        if len(rest) >= 6 and len(_PLACE.findall(rest)) >= 2 and not readings.asks(turn.folded):
            return rest.strip()[:200]
    return ""


def _attempted(slot: Slot, turn: Turn) -> bool:
    """Whether the message looks like a value of this slot that is not whole."""
    folded = turn.folded
    types = set(slot.types)
    if "email" in types and ("@" in folded or re.search(r"[a-z0-9]{3,}(?:\.com|qq|163)", folded)):
        return True
    digits = re.sub(r"\D", "", folded)
    if types & {"order_id", "phone", "tracking_no", "id_card"}:
        return bool(digits) and len(digits) >= 3 and len(_DIGITS.sub("", _FILLER.sub("", folded))) <= 2
    return False


def _emptied(flow: Flow, frame: Frame, turn: Turn) -> str:
    """The slot the visitor says is wrong: "订单号写错了"."""
    if not readings.corrects(turn.folded) or readings.asks(turn.folded):
        return ""
    for slot in flow.slots:
        held = any(name in frame.slots for name in (slot.name, *slot.instead))
        if held and re.search(_SLOT_WORDS.get(slot.name, slot.name), turn.folded):
            return slot.name
    return ""
