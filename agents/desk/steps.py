"""The steps of a macro: which there are, and what each must say. Pure: ids are looked up when it is run."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from chat.errors import KefuError

MAX_STEPS: Final = 20
MAX_LABELS: Final = 20
Text = Annotated[str, Meta(min_length=1, max_length=4000)]
Labels = Annotated[list[UUID], Meta(max_length=MAX_LABELS)]


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="do"):
    """One step; `do` names it."""


class AcceptStep(Step, frozen=True, tag="accept"):
    """Take the conversation."""


class SendStep(Step, frozen=True, tag="send"):
    """Say something; variables are filled in."""

    text: Text


class NoteStep(Step, frozen=True, tag="note"):
    """Leave a note; variables are filled in, too."""

    text: Text


class LabelStep(Step, frozen=True, tag="label"):
    """Put labels on and take labels off."""

    add: Labels = []
    remove: Labels = []


class TransferStep(Step, frozen=True, tag="transfer"):
    """Pass it on to one of them."""

    agent: UUID | None = None
    group: UUID | None = None
    note: Annotated[str, Meta(max_length=1000)] | None = None


class SnoozeStep(Step, frozen=True, tag="snooze"):
    """Put it aside for so many seconds: a minute to ninety days."""

    for_s: Annotated[int, Meta(ge=60, le=90 * 86_400)]


class CloseStep(Step, frozen=True, tag="close"):
    """End it, with a category and a word about it."""

    category: UUID | None = None
    summary: Annotated[str, Meta(max_length=2000)] | None = None


class AttributeStep(Step, frozen=True, tag="attribute"):
    """Fill in a custom attribute of the conversation; null empties it."""

    key: Annotated[str, Meta(min_length=1, max_length=40)]
    value: Annotated[str, Meta(max_length=1000)] | bool | int | float | None = None


AnyStep = AcceptStep | SendStep | NoteStep | LabelStep | TransferStep | SnoozeStep | CloseStep | AttributeStep
NAMES: Final = ("accept", "send", "note", "label", "transfer", "snooze", "close", "attribute")
Name = Literal["accept", "send", "note", "label", "transfer", "snooze", "close", "attribute"]


def read_steps(raw: Any) -> list[AnyStep]:
    """The steps in what a client or a row says. Raises `invalid`, whose details name the step."""
    if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_STEPS:
        raise _wrong(f"1 to {MAX_STEPS} steps.")
    return [_read(number, one) for number, one in enumerate(raw)]


def plain(steps: list[AnyStep]) -> list[dict[str, Any]]:
    """As JSON values, as they are stored and shown."""
    return [msgspec.to_builtins(step) for step in steps]


def name_of(step: AnyStep) -> str:
    """What stands in `do`."""
    return str(step.__struct_config__.tag)


def _read(number: int, raw: Any) -> AnyStep:
    try:
        step: AnyStep = msgspec.convert(raw, AnyStep)
    except msgspec.ValidationError as error:
        raise _wrong(f"Step {number}: {error}") from None
    if isinstance(step, TransferStep) and (step.agent is None) == (step.group is None):
        raise _wrong(f"Step {number}: one of agent, group.")
    if isinstance(step, LabelStep) and not step.add and not step.remove:
        raise _wrong(f"Step {number}: labels to add or remove.")
    if isinstance(step, SendStep | NoteStep) and not step.text.strip():
        raise _wrong(f"Step {number}: a text.")
    return step


def _wrong(what: str) -> KefuError:
    return KefuError("invalid", "the steps are not valid", details={"fields": {"steps": [what]}})
