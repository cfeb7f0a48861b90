"""One turn of the dialog: a pure function of the state, the message and the flows.

The order of its questions: asked for a person; called off; back to what was set aside; does the message give
what was asked for; does it mean something else (drift); a question for knowledge in between; nothing of all:
ask again, at most twice, then people.
"""

import msgspec

from bot.dialog import meaning, readings, wanting, wording
from bot.dialog.filling import Filled, bare, fill
from bot.dialog.flows import Flow, Flows
from bot.dialog.meaning import Meant
from bot.dialog.moves import (
    ASKED_AT_MOST,
    another,
    ask,
    ask_again,
    cancel,
    confirm,
    empty,
    finish,
    go_on,
    inherited,
    places,
    resume,
    suspend,
    to_people,
    with_slots,
)
from bot.dialog.state import MAX_SUSPENDED, DialogState, Frame
from bot.dialog.turn import Step, Turn

# From these on an intent begins in the middle of another; chosen on the development dialogs.
STARTS = 0.5
SURE = 0.75
# What points to an intent where the message names a number and knowledge has no answer.
HINTED = 0.15
# Anger that hands over where the message asks for nothing the dialog can do.
ANGRY = 0.7


def step(state: DialogState, turn: Turn, flows: Flows) -> Step:
    """What to do about the message. Never raises for what a visitor writes."""
    state = _fresh(state, turn, flows)
    means = meaning.meant(turn, flows)
    if means is not None and means.intent == "human" and _for_people(state, means, turn, flows):
        return to_people(state, "human", "asked", turn)
    if state.intent:
        flow = flows.get(state.intent)
        assert flow is not None
        return _serving(state, turn, flows, flow, means)
    return _idle(state, turn, flows, means)


def _fresh(state: DialogState, turn: Turn, flows: Flows) -> DialogState:
    """Without what has expired, and without frames of intents that are no more."""
    if state.updated_ms and turn.now_ms - state.updated_ms > turn.memory_ms:
        return DialogState(turns=state.turns)
    alive = tuple(frame for frame in state.suspended if flows.get(frame.intent))
    if len(alive) != len(state.suspended):
        state = state.changed(suspended=alive)
    return state if not state.intent or flows.get(state.intent) else state.with_frame(None)


def _for_people(state: DialogState, means: Meant, turn: Turn, flows: Flows) -> bool:
    flow = flows.get("human")
    if flow is None or not flow.handover or _knows_better(means, turn):
        return False
    if readings.chats(turn.folded) and not means.cued:
        return False
    # In the middle of a frame a short answer ("个人") must not be taken for it.
    return means.cued or (means.strength >= SURE and not state.intent)


def _serving(state: DialogState, turn: Turn, flows: Flows, flow: Flow, means: Meant | None) -> Step:
    frame = state.frame
    assert frame is not None
    folded = turn.folded
    filled = fill(flow, frame, turn)
    if readings.returns(folded) and not filled.slots:
        target = _target(state, turn, flows)
        if target is not None and target.intent != frame.intent:
            return resume(suspend(state), target, turn, flows)
        return ask(
            state,
            frame,
            flow,
            turn,
            lead=wording.say("back", turn.language, title=wording.title(flow, turn.language)),
        )
    pending = flow.slot(frame.pending)
    if pending is not None and pending.instead and not filled.slots and readings.asks_another(folded):
        return another(state, turn, flow, frame, pending)
    aside = _asks_knowledge(frame, turn, flow, means, filled)
    off = readings.calls_off(folded) and not filled.slots and not _off_another(folded, flow, flows)
    if (
        off
        and not (means and means.cued and means.intent != flow.name)
        and not (aside and readings.drifts(folded))
    ):
        return cancel(state, turn, flows, flow)
    drift = _drift(frame, turn, flow, means, filled)
    if drift is not None:
        return _start(suspend(state), turn, flows, drift)
    if aside:
        return _aside(state, turn, flow, frame)
    if frame.confirming:
        return _confirming(state, turn, flows, flow, frame, filled)
    if filled.slots:
        corrected = readings.corrects(folded) and any(
            frame.slots.get(name, value) != value for name, value in filled.slots.items()
        )
        return go_on(state, turn, flows, flow, with_slots(frame, flow, filled.slots), corrected=corrected)
    if filled.emptied:
        return empty(state, turn, flow, frame, filled.emptied)
    return _unfilled(state, turn, flows, flow, frame, filled)


def _unfilled(state: DialogState, turn: Turn, flows: Flows, flow: Flow, frame: Frame, filled: Filled) -> Step:
    """The message did not give what was asked for."""
    language = turn.language
    slot = flow.slot(frame.pending)
    if slot is None:
        return go_on(state, turn, flows, flow, frame)
    if filled.invalid:
        text = wording.say("invalid", language, label=wording.label(slot, language))
        return ask_again(state, frame, flow, turn, text)
    if readings.asks_where(turn.folded):
        return ask_again(state, frame, flow, turn, wording.prompt(slot, language, frame.asked))
    if readings.refuses(turn.folded) or (readings.denies(turn.folded) and not frame.confirming):
        if slot.free:
            refused = Frame(frame.intent, frame.slots, "", False, 0, (*frame.refused, slot.name))
            return go_on(state, turn, flows, flow, refused)
        if slot.instead and slot.name not in frame.refused:
            return another(state, turn, flow, frame, slot)
        if slot.name in frame.refused:
            return to_people(state, flow.name, "refused", turn)
        refused = Frame(frame.intent, frame.slots, slot.name, False, frame.asked, (*frame.refused, slot.name))
        return ask_again(state, refused, flow, turn, wording.prompt(slot, language, frame.asked))
    if turn.anger >= ANGRY:
        return to_people(state, "human", "anger", turn)
    if readings.chats(turn.folded) and not readings.agrees(turn.folded):
        return Step(state, "ask", "none", wording.prompt(slot, language, frame.asked), why="small talk")
    return ask_again(state, frame, flow, turn, wording.prompt(slot, language, frame.asked))


def _confirming(
    state: DialogState, turn: Turn, flows: Flows, flow: Flow, frame: Frame, filled: Filled
) -> Step:
    changed = {name: value for name, value in filled.slots.items() if frame.slots.get(name) != value}
    if changed:
        return go_on(state, turn, flows, flow, with_slots(frame, flow, changed), corrected=True)
    if filled.emptied:
        return empty(state, turn, flow, frame, filled.emptied)
    if readings.agrees(turn.folded) or filled.slots:
        return finish(state, turn, flows, flow, frame)
    if readings.denies(turn.folded) or readings.corrects(turn.folded):
        if frame.asked >= ASKED_AT_MOST:
            return to_people(state, flow.name, "misses", turn)
        text = wording.say("which", turn.language, max(0, frame.asked - 1))
        asked = Frame(frame.intent, frame.slots, "", True, frame.asked + 1, frame.refused)
        return Step(state.with_frame(asked), "ask", flow.name, text, why="denied")
    if turn.anger >= ANGRY:
        return to_people(state, "human", "anger", turn)
    if frame.asked >= ASKED_AT_MOST:
        return to_people(state, flow.name, "misses", turn)
    return confirm(state, turn, flow, frame)


def _idle(state: DialogState, turn: Turn, flows: Flows, means: Meant | None) -> Step:
    """No frame is being served."""
    folded = turn.folded
    if readings.returns(folded) and state.suspended:
        target = _target(state, turn, flows)
        if target is not None:
            return resume(state, target, turn, flows)
    reopened = _reopened(state, turn, flows, means)
    if reopened is not None:
        return reopened
    if readings.chats(folded):
        text = wording.say(readings.manner(folded), turn.language)
        return Step(state, "none", "none", text, why="small talk")
    if readings.calls_off(folded) and (not (means and means.cued) or folded.startswith(("取消", "不", "别"))):
        return Step(state, "none", "none", wording.say("nothing", turn.language), why="nothing to call off")
    if means is not None and _begins(state, means, turn):
        begun = _start(state, turn, flows, means)
        told = begun.kind == "ask" and wanting.told_first(means, turn)
        return msgspec.structs.replace(begun, query=folded) if told else begun
    if max(turn.faq, turn.faq_follows) >= turn.knows_at:
        return Step(state, "faq", "faq", query=folded, why="knowledge")
    if turn.anger >= ANGRY:
        return to_people(state, "human", "anger", turn)
    named = _by_number(turn, flows, means)
    if named is not None:
        return _start(state, turn, flows, Meant(named, STARTS, False))
    return Step(state, "none", "none", why="nothing meant")


def _begins(state: DialogState, means: Meant, turn: Turn) -> bool:
    """Whether an intent begins where none is being served. What just ended begins anew only by a cue or a
    number: "那怎么办" is near it by the talk alone."""
    if means.intent == state.last_intent and not means.cued and not turn.entities:
        return False
    return wanting.begins(means, turn)


def _knows_better(means: Meant, turn: Turn) -> bool:
    """Whether the message asks how things are in general, which knowledge answers, rather than for the thing
    itself."""
    knows = meaning.knowledge(turn)
    if knows < turn.knows_at or not readings.asks(turn.folded):
        return knows >= 0.9 and means.strength < SURE and not meaning.personal(turn)
    if means.cued and (meaning.personal(turn) or means.strength >= 0.8):
        return False
    return knows >= means.strength + (0.25 if meaning.personal(turn) else -0.25)


def _drift(frame: Frame, turn: Turn, flow: Flow, means: Meant | None, filled: Filled) -> Meant | None:
    """The other intent the message turns to, if it does."""
    if means is None or means.intent == flow.name or means.intent == "human":
        return None
    folded = turn.folded
    if (
        readings.agrees(folded)
        or (readings.denies(folded) and not (means.cued and wanting.wishes(folded)))
        or readings.chats(folded)
        or readings.asks_where(folded)
    ):
        return None
    said = readings.drifts(turn.folded)
    free = (slot := flow.slot(frame.pending)) is not None and slot.free
    if filled.slots and not said and not (means.cued and means.strength >= SURE and len(bare(turn)) >= 4):
        return None
    if (
        free
        and not said
        and not (
            means.cued and meaning.personal(turn) and means.strength >= SURE and not _is_reason(flow, filled)
        )
    ):
        return None
    needed = STARTS if said or means.cued else SURE
    if means.strength < needed or _knows_better(means, turn):
        return None
    return means


def _is_reason(flow: Flow, filled: Filled) -> bool:
    return any((slot := flow.slot(name)) is not None and slot.free for name in filled.slots)


def _asks_knowledge(frame: Frame, turn: Turn, flow: Flow, means: Meant | None, filled: Filled) -> bool:
    """Whether the message asks something in between."""
    if filled.slots and not readings.drifts(turn.folded):
        return False
    if readings.agrees(turn.folded) or readings.chats(turn.folded):
        return False
    if readings.denies(turn.folded) and not readings.asks(turn.folded):
        return False
    knows = meaning.knowledge(turn)
    if readings.drifts(turn.folded) and knows >= turn.knows_at * 0.8:
        return True
    if readings.refuses(turn.folded) or not readings.asks(turn.folded):
        return False
    if readings.asks_where(turn.folded):
        return knows >= turn.knows_at * 0.8
    return knows >= turn.knows_at


def _aside(state: DialogState, turn: Turn, flow: Flow, frame: Frame) -> Step:
    """Knowledge answers; the frame stays and is reminded of."""
    slot = flow.slot(frame.pending)
    if frame.confirming or slot is None:
        prompt = wording.pick(flow.confirm, turn.language, 0, places(frame))
    else:
        prompt = wording.prompt(slot, turn.language)
    text = wording.say("remind", turn.language, title=wording.title(flow, turn.language), prompt=prompt)
    return Step(state, "faq", "faq", text, slots=frame.slots, query=turn.folded, why="a question in between")


def _start(state: DialogState, turn: Turn, flows: Flows, means: Meant) -> Step:
    """A frame begins, with what the message already gives; other intents of the same message wait."""
    several = meaning.parts(turn, flows)
    names = [name for name, _ in several if (one := flows.get(name)) and not one.handover]
    name = names[0] if means.intent in names else means.intent
    flow = flows.get(name)
    if flow is None:
        return Step(state, "none", "none", why=f"no flow of {name}")
    if flow.handover:
        return to_people(state, name, "intent" if name != "human" else "asked", turn)
    said = dict(several) if len(names) > 1 else {}
    waiting = next((frame for frame in state.suspended if frame.intent == name), None)
    base = waiting or Frame(name)
    rest = tuple(frame for frame in state.suspended if frame is not waiting)
    filled = fill(flow, Frame(name), said.get(name, turn)).slots
    for other in reversed([other for other in names if other != name] if means.intent in names else []):
        one = flows.get(other)
        if one is not None and not any(frame.intent == other for frame in rest):
            rest = (*rest, Frame(other, fill(one, Frame(other), said[other]).slots))[-MAX_SUSPENDED:]
    slots = {**inherited(state, flow), **base.slots, **filled}
    return go_on(state.changed(suspended=rest, misses=0), turn, flows, flow, Frame(name, slots))


def _target(state: DialogState, turn: Turn, flows: Flows) -> Frame | None:
    """Which of the waiting frames is meant by "继续退款的事": the named one, else the newest."""
    for frame in reversed(state.suspended):
        flow = flows.get(frame.intent)
        if flow is not None and any(word in turn.folded for word in flow.words):
            return frame
    current = flows.get(state.intent)
    if current is not None and any(word in turn.folded for word in current.words):
        return None
    return state.suspended[-1] if state.suspended else None


def _reopened(state: DialogState, turn: Turn, flows: Flows, means: Meant | None) -> Step | None:
    """A correction right after the end, or the same for another number: "不对，是20261120002",
    "那20261120003呢"."""
    flow = flows.get(state.last_intent)
    if flow is None or (means is not None and means.cued and means.intent != flow.name):
        return None
    frame = Frame(flow.name, dict(state.last_slots))
    given = fill(flow, frame, turn).slots
    fixed = {name: value for name, value in given.items() if not ((s := flow.slot(name)) and s.free)}
    other = any(frame.slots.get(name) != value for name, value in fixed.items())
    if other and (readings.corrects(turn.folded) or len(bare(turn)) <= 3):
        return go_on(
            state, turn, flows, flow, with_slots(frame, flow, given), corrected=readings.corrects(turn.folded)
        )
    return None


def _off_another(folded: str, flow: Flow, flows: Flows) -> bool:
    """Whether what is called off is another intent's doing: "不换了，就退" goes on with a refund."""
    verb = readings.called_off(folded)
    return bool(verb) and not flow.speaks_of(verb) and any(one.speaks_of(verb) for one in flows.all())


def _by_number(turn: Turn, flows: Flows, means: Meant | None) -> str | None:
    """A number nothing else explains is the nearest intent's; alone, that of the first that takes it."""
    kinds = {entity.type for entity in turn.entities} & {"order_id", "tracking_no"}
    if not kinds:
        return None
    takers = [one.name for one in flows.all() if any(kinds & set(slot.types) for slot in one.slots)]
    if means is not None and means.intent in takers and means.strength >= HINTED:
        return means.intent
    if (guess := turn.prediction) and guess.intent in takers and guess.confidence >= STARTS:
        return guess.intent
    return next(iter(takers), None) if len(bare(turn)) <= 3 else None
