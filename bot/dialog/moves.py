"""The moves of a dialog: ask, have confirmed, finish, set aside, resume, hand over. Each gives the whole
step."""

from bot.dialog import wording
from bot.dialog.filling import fill, missing
from bot.dialog.flows import Flow, Flows, Slot
from bot.dialog.state import MAX_SUSPENDED, DialogState, Frame
from bot.dialog.turn import Step, Turn

# The same question is asked so often before people take over.
ASKED_AT_MOST = 3


def go_on(
    state: DialogState, turn: Turn, flows: Flows, flow: Flow, frame: Frame, *, corrected: bool = False
) -> Step:
    """Ask for what is missing, have it confirmed, or be done."""
    lead = wording.say("corrected", turn.language) if corrected else ""
    if missing(flow, frame) is not None:
        return ask(state, frame, flow, turn, lead=lead)
    if flow.confirm:
        return confirm(state, turn, flow, frame, lead=lead)
    return finish(state, turn, flows, flow, frame)


def ask(state: DialogState, frame: Frame, flow: Flow, turn: Turn, lead: str = "") -> Step:
    """Ask for the next slot that is missing; with none missing, for a confirmation."""
    slot = missing(flow, frame)
    if slot is None:
        return confirm(state, turn, flow, frame, lead=lead)
    asked = frame.asked if frame.pending == slot.name else 0
    text = lead + wording.prompt(slot, turn.language, asked)
    now = Frame(frame.intent, frame.slots, slot.name, False, asked + 1, frame.refused)
    return Step(state.with_frame(now), "ask", flow.name, text, slots=frame.slots, why=f"asks for {slot.name}")


def ask_again(state: DialogState, frame: Frame, flow: Flow, turn: Turn, text: str) -> Step:
    """Ask the same in other words, at most ASKED_AT_MOST times in all; then people take over."""
    if frame.asked >= ASKED_AT_MOST:
        return to_people(state, flow.name, "misses", turn)
    now = Frame(frame.intent, frame.slots, frame.pending, False, frame.asked + 1, frame.refused)
    return Step(state.with_frame(now), "ask", flow.name, text, slots=frame.slots, why="asks again")


def another(state: DialogState, turn: Turn, flow: Flow, frame: Frame, slot: Slot) -> Step:
    """What will do instead of the slot is asked for."""
    text = wording.say(
        "instead",
        turn.language,
        label=wording.label(slot, turn.language),
        other=wording.other(slot.instead[0], turn.language),
    )
    refused = Frame(frame.intent, frame.slots, slot.name, False, 1, (*frame.refused, slot.name))
    return Step(state.with_frame(refused), "ask", flow.name, text, slots=frame.slots, why="another will do")


def empty(state: DialogState, turn: Turn, flow: Flow, frame: Frame, name: str) -> Step:
    """Forget a slot that is wrong, and ask for it."""
    slot = flow.slot(name)
    gone = {name, *(slot.instead if slot else ())}
    slots = {key: value for key, value in frame.slots.items() if key not in gone}
    return ask(state, Frame(frame.intent, slots, refused=frame.refused), flow, turn)


def confirm(state: DialogState, turn: Turn, flow: Flow, frame: Frame, lead: str = "") -> Step:
    """Ask whether what was understood is right."""
    asked = frame.asked if frame.confirming else 0
    now = Frame(frame.intent, frame.slots, "", True, asked + 1, frame.refused)
    text = lead + wording.pick(flow.confirm, turn.language, asked, places(frame))
    return Step(state.with_frame(now), "confirm", flow.name, text, slots=frame.slots, why="asks to confirm")


def finish(state: DialogState, turn: Turn, flows: Flows, flow: Flow, frame: Frame) -> Step:
    """All is there: the action is called, what was set aside goes on."""
    text = wording.pick(flow.done, turn.language, 0, places(frame)) or wording.say("done", turn.language)
    ended = state.with_frame(None).changed(last_intent=flow.name, last_slots=frame.slots, misses=0)
    ended, text = _next_waiting(ended, turn, flows, text)
    return Step(ended, "done", flow.name, text, slots=frame.slots, action=flow.action, why="all is there")


def cancel(state: DialogState, turn: Turn, flows: Flows, flow: Flow) -> Step:
    """The visitor called it off; what was set aside goes on."""
    text = wording.say("cancelled", turn.language, title=wording.title(flow, turn.language))
    ended = state.with_frame(None).changed(last_intent="", last_slots=dict(state.slots))
    ended, text = _next_waiting(ended, turn, flows, text)
    return Step(ended, "cancelled", flow.name, text, why="called off")


def _next_waiting(state: DialogState, turn: Turn, flows: Flows, text: str) -> tuple[DialogState, str]:
    """After an end: the newest frame that was set aside goes on by itself."""
    if not state.suspended:
        return state, text
    frame = state.suspended[-1]
    flow = flows.get(frame.intent)
    assert flow is not None  # _fresh has seen to it
    asked = ask(state.changed(suspended=state.suspended[:-1]), unasked(frame), flow, turn)
    remind = wording.say("remind", turn.language, title=wording.title(flow, turn.language), prompt=asked.text)
    return asked.state, f"{text}\n\n{remind}"


def resume(state: DialogState, frame: Frame, turn: Turn, flows: Flows) -> Step:
    """Go on with a frame that was set aside."""
    flow = flows.get(frame.intent)
    assert flow is not None
    rest = tuple(other for other in state.suspended if other != frame)
    given = fill(flow, unasked(frame), turn).slots
    lead = wording.say("back", turn.language, title=wording.title(flow, turn.language))
    kept = Frame(frame.intent, {**frame.slots, **given}, refused=frame.refused)
    return ask(state.changed(suspended=rest), kept, flow, turn, lead=lead)


def suspend(state: DialogState) -> DialogState:
    """Set the frame being served aside."""
    frame = state.frame
    if frame is None:
        return state
    rest = tuple(other for other in state.suspended if other.intent != frame.intent)
    return state.with_frame(None).changed(suspended=(*rest, frame)[-MAX_SUSPENDED:])


def to_people(state: DialogState, intent: str, reason: str, turn: Turn) -> Step:
    """Hand over; the frame stays as it is, for the person to read."""
    text = wording.say("people", turn.language) if reason in {"refused", "misses"} else ""
    return Step(state, "handover", intent, text, slots=state.slots, reason=reason, why=f"people: {reason}")


def with_slots(frame: Frame, flow: Flow, given: dict[str, str]) -> Frame:
    """The frame with these values; a number given instead replaces the other."""
    slots = {**frame.slots, **given}
    return Frame(frame.intent, slots, frame.pending, False, 0, frame.refused)


def unasked(frame: Frame) -> Frame:
    """The frame with its slots, and nothing asked yet."""
    return Frame(frame.intent, frame.slots, refused=frame.refused)


def places(frame: Frame) -> dict[str, str]:
    """What fills the {places} of a text."""
    return dict(frame.slots)


def inherited(state: DialogState, flow: Flow) -> dict[str, str]:
    """The order that was just talked about is meant by the next intent as well."""
    known = {**state.last_slots}
    for frame in state.suspended:
        known |= frame.slots
    wanted = {slot.name for slot in flow.slots if not slot.free}
    return {name: value for name, value in known.items() if name in wanted and name == "order_id"}
