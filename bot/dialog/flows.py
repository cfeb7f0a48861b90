"""Intents as the dialog serves them: slots, prompts, confirmation, what happens at the end. From TOML or the
admin."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import re2

from bot.entities import PatternError

Texts = dict[str, list[str]]  # language → wordings


class Slot(msgspec.Struct, frozen=True):
    """What an intent needs. `kinds`: the entity types that fill it (empty: its own name); a free one takes
    the words.

    `instead`: another entity type that will do, kept under its own name (order_id or phone). `prompts`: how
    it is asked for, by language, another wording each time; `label`: what it is called in a confirmation.
    """

    name: str
    prompts: Texts
    label: dict[str, str] = {}
    kinds: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    free: bool = False
    required: bool = True

    @property
    def types(self) -> tuple[str, ...]:
        """The entity types that fill it, the best first."""
        return (*(self.kinds or (self.name,)), *self.instead)


class Flow(msgspec.Struct, frozen=True):
    """An intent: `title` by language, its slots in the order they are asked, and the words around them.

    `confirm`: asked before anything is done (with {slot} places), empty: done at once. `done`: said when it
    is done and no `action` answers. `action`: name of the endpoint that is called. `handover`: it goes to
    people. `cues`: RE2 patterns over the folded text that say this intent is meant, beside the classifier;
    `not_cues`: those that say it is not. `words`: what visitors call it when they come back to it
    ("继续退款").
    """

    name: str
    title: dict[str, str]
    slots: tuple[Slot, ...] = ()
    confirm: Texts = {}
    done: Texts = {}
    action: str = ""
    handover: bool = False
    cues: tuple[str, ...] = ()
    not_cues: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def slot(self, name: str) -> Slot | None:
        """The slot of that name, or the one that takes it instead."""
        return next((slot for slot in self.slots if slot.name == name or name in slot.instead), None)

    def speaks_of(self, verb: str) -> bool:
        """Whether the intent's title, words or cues have the verb."""
        return any(verb in text for text in (*self.title.values(), *self.words, *self.cues))


class Flows:
    """All flows by name, with their cues compiled: one RE2 set, linear in the text."""

    def __init__(self, flows: Sequence[Flow] = ()) -> None:
        self._flows = {flow.name: flow for flow in flows}
        self._set = re2.Set.SearchSet()
        self._meaning: list[tuple[str, bool]] = []
        for flow in flows:
            for wanted, patterns in ((True, flow.cues), (False, flow.not_cues)):
                for pattern in patterns:
                    try:
                        self._set.Add(pattern)
                    except re2.error as error:
                        raise PatternError(f"{flow.name}: {pattern}: {error}") from error
                    self._meaning.append((flow.name, wanted))
        if self._meaning:
            self._set.Compile()

    @classmethod
    def load(cls, path: Path) -> "Flows":
        """Flows of a TOML file; raises ValueError with the place of what is wrong."""
        with path.open("rb") as file:
            return cls.of(tomllib.load(file))

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> "Flows":
        """Flows of what a TOML file holds: a table for each intent."""
        try:
            return cls([msgspec.convert({"name": name, **flow}, Flow) for name, flow in raw.items()])
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from error

    def get(self, name: str) -> Flow | None:
        """The flow of that intent; None when the intent has none."""
        return self._flows.get(name)

    def names(self) -> list[str]:
        """All intents that have a flow."""
        return list(self._flows)

    def all(self) -> list[Flow]:
        """All flows, in their order."""
        return list(self._flows.values())

    def cued(self, folded: str) -> dict[str, int]:
        """How many cues of each intent the text has; -1 for an intent whose `not_cues` it has."""
        if not self._meaning:
            return {}
        counts: dict[str, int] = {}
        denied = set()
        for index in self._set.Match(folded[:2_000]) or ():
            name, wanted = self._meaning[index]
            if wanted:
                counts[name] = counts.get(name, 0) + 1
            else:
                denied.add(name)
        return {**counts, **dict.fromkeys(denied, -1)}
