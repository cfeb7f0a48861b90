"""Macros: several acts in one, carried out in order by the same door as single ones.

Each run is a row that knows how far it came, so a repeated call (a double click, a lost answer, a crash of
the server in between) goes on where it was and does nothing twice.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from agents.desk import targets
from agents.desk.canned import values_of
from agents.desk.steps import (
    AcceptStep,
    AnyStep,
    AttributeStep,
    CloseStep,
    LabelStep,
    NoteStep,
    SendStep,
    SnoozeStep,
    TransferStep,
    name_of,
    read_steps,
)
from agents.desk.variables import render
from agents.models import Macro, MacroRun
from chat import posting, profiles
from chat.conversation import Participant
from chat.errors import KefuError
from chat.models import Conversation
from chat.protocol.commands import Accept, Close, Command, Note, Send, SetLabels, Snooze, Transfer
from chat.protocol.entry import Person, now_ms
from chat.registries import may_change, of_sites

CLAIM_MS: Final = 60_000  # a run that somebody began longer ago was given up: its process died
KEPT: Final = timedelta(days=7)


def seen_by(who: Participant) -> QuerySet[Macro]:
    """One's own, and the shared ones of one's sites."""
    rows = of_sites(Macro.objects.all(), who)
    return rows.filter(Q(owner=None) | Q(owner=who.id)).select_related("owner")


def may_edit(who: Participant, macro: Macro) -> bool:
    """One's own; shared ones as a supervisor of its site."""
    if macro.owner_id is not None:
        return str(macro.owner_id) == who.id
    return may_change(who, macro.site_id, "supervisor")


def run(macro: Macro, conversation: Conversation, who: Participant, key: str) -> MacroRun:
    """Carry the steps out until the first that is refused; what was done stays. `key` names the run: the same
    again gives the same answer. The conversation comes with its visitor, and `who` may see it.

    Raises `conflict` when the key stands for another run, `busy` while it is under way, and whatever is
    retryable: the same key goes on from there.
    """
    if macro.site_id is not None and macro.site_id != conversation.site_id:
        raise KefuError("invalid", "this macro is for another site")
    begun = _begin(macro, conversation, who, key)
    if begun.failed or begun.done >= len(begun.steps):
        return begun
    now = now_ms()
    claimed = MacroRun.objects.filter(pk=begun.pk, done=begun.done, claimed_ms__lt=now - CLAIM_MS)
    if not claimed.update(claimed_ms=now):
        raise KefuError("busy", "this run is under way", retry_after_s=1)
    try:
        for number, step in enumerate(read_steps(begun.steps)):
            if number < begun.done:
                continue
            try:
                _carry_out(step, conversation, who, f"macro-{begun.pk}-{number}")
            except KefuError as error:
                if error.retryable:
                    raise
                begun.failed = {
                    "step": number, "do": name_of(step), "code": error.code, "message": error.message
                }  # fmt: skip
                break
            begun.done = number + 1
            MacroRun.objects.filter(pk=begun.pk).update(done=begun.done)
    finally:
        MacroRun.objects.filter(pk=begun.pk).update(failed=begun.failed, claimed_ms=0)
    return begun


def _begin(macro: Macro, conversation: Conversation, who: Participant, key: str) -> MacroRun:
    assert who.id is not None
    row, made = MacroRun.objects.get_or_create(
        agent_id=UUID(who.id),
        key=key,
        defaults={"macro": macro.pk, "conversation": conversation.pk, "steps": macro.steps},
    )
    if not made and (row.macro, row.conversation) != (macro.pk, conversation.pk):
        raise KefuError("conflict", "this client_msg_id stands for another run")
    if made:
        MacroRun.objects.filter(agent_id=who.id, created_at__lt=timezone.now() - KEPT).delete()
    return row


def _carry_out(step: AnyStep, conversation: Conversation, who: Participant, key: str) -> None:
    id_, site = str(conversation.pk), conversation.site_id
    command: Command
    match step:
        case AcceptStep():
            command = Accept(id_)
        case SendStep(text=text):
            command = Send(id_, key, text=_filled(text, conversation, who))
        case NoteStep(text=text):
            command = Note(id_, _filled(text, conversation, who), client_msg_id=key)
        case LabelStep(add=add, remove=remove):
            command = relabelled(id_, targets.labels_of(site, add), {str(label) for label in remove})
        case TransferStep(agent=agent, group=group, note=note):
            to = targets.agent_of(site, agent) if agent else None
            into = targets.group_of(site, group) if group else None
            command = Transfer(id_, agent=to, group=into, note=note or None)
        case SnoozeStep(for_s=for_s):
            command = Snooze(id_, now_ms() + for_s * 1000)
        case CloseStep(category=category, summary=summary):
            path = targets.category_path(site, category) if category else None
            command = Close(id_, summary=summary or None, category=path)
        case AttributeStep(key=name, value=value):
            profiles.set_conversation_attributes(id_, {name: value})
            return
    posting.post_blocking(command, who)


def relabelled(conversation: str, add: list[Person], remove: set[str]) -> SetLabels:
    """The command that puts these on and takes those off. Raises `not_found`, `journal_unavailable`."""
    worn = {label.id: label for label in posting.current_state(conversation).labels}
    worn |= {label.id: label for label in add}
    return SetLabels(conversation, tuple(label for key, label in worn.items() if key not in remove))


def _filled(text: str, conversation: Conversation, who: Participant) -> str:
    """A text that nobody looks at before it is sent must not hold an open variable."""
    filled, missing = render(text, values_of(conversation, who))
    if missing:
        raise KefuError("invalid", f"no value for {', '.join(missing)}", details={"missing": missing})
    return filled


def answer(row: MacroRun) -> dict[str, Any]:
    """What became of a run, as the API gives it."""
    done = [{"step": number, "do": row.steps[number]["do"]} for number in range(row.done)]
    whole = row.done >= len(row.steps)
    return {"conversation": str(row.conversation), "ok": whole, "done": done, "failed": row.failed or None}
