"""`bot_eval dialogs`: whole talks, turn by turn, on lines of {"id", "turns": [{"user", "expect_intent",
"expect_slots"}]}."""

import json
import tempfile
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from bot.dialog.flows import Flows
from bot.dialog.state import DialogState
from bot.engine import Asked, Engine, Understanding
from bot.entities import extract
from bot.evaluation.entities import same_form
from bot.intents import IntentModel, Prediction
from bot.safety.sensitive import Sensitive
from bot.strategies.base import Passage, Source
from bot.strategies.guard import Guard
from bot.strategies.honest import Honest
from bot.strategies.intent import Dialogs
from bot.strategies.knowledge import Retrieval
from knowledge.lexicon import Lexicon
from knowledge.search import Entry, SearchIndex
from knowledge.text import fold

DEMO = Path(__file__).parent.parent / "demo"
FREE = {"reason", "title", "address"}
ENTITY_TYPES = {"order_id", "phone", "email", "date", "time", "money", "id_card", "tracking_no", "url"}


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of the measure."""
    parser.add_argument("--base", required=True, type=Path)
    parser.add_argument("--file", required=True, type=Path)
    parser.add_argument(
        "--now", type=datetime.fromisoformat, default=datetime.fromisoformat("2026-11-20T10:00:00+08:00")
    )
    parser.add_argument("--errors", type=int, default=0, help="print this many wrong turns to look at")


def run(options: Mapping[str, Any]) -> dict[str, Any]:
    """The figures as one object of JSON.

    `turns`: the share of turns whose intent is the expected one; "faq" is a turn that knowledge answers,
    "none" one that neither the dialog nor knowledge takes. A turn that calls an intent off may be expected
    as that intent or as "none", one that gives up and hands over as that intent or as "human": both name the
    same step (`turns_strict` counts the intent alone). `slots`: of the turns that expect slots, the share
    whose every expected slot has its value in the frame after the turn (other slots of the frame are not
    looked at; an empty or missing `expect_slots` expects nothing). Values are compared in their normalised
    form; the visitor's own words (reason, title, address) are right when one contains the other, signs aside.
    `dialogs`: all of these right in every turn.
    """
    bot = Bot.of(_base(options["base"]))
    dialogs = _lines(options["file"])
    now: datetime = options["now"]
    right = strict = turns = slotted = filled = whole = shown = 0
    wrong: Counter[str] = Counter()
    spent: list[float] = []
    for dialog in dialogs:
        state = DialogState()
        clean = True
        for number, turn in enumerate(dialog["turns"]):
            began = time.perf_counter()
            done = bot.hear(turn["user"], state, now)
            spent.append(time.perf_counter() - began)
            state = done.state
            turns += 1
            expected = turn.get("expect_intent") or ""
            good = not expected or expected in done.names
            right += good
            strict += not expected or expected == done.intent
            if not good:
                wrong[f"{expected} → {done.intent}"] += 1
            wanted = {name: str(value) for name, value in (turn.get("expect_slots") or {}).items() if value}
            held = done.slots
            fits = all(same_slot(name, held.get(name, ""), value) for name, value in wanted.items())
            if wanted:
                slotted += 1
                filled += fits
            clean = clean and good and fits
            if not (good and fits) and shown < options.get("errors", 0):
                shown += 1
                print(json.dumps({"id": dialog.get("id"), "turn": number, "user": turn["user"], "expected":
                expected,
                    "got": done.intent, "why": done.why, "wanted": wanted, "held": held},
                    ensure_ascii=False))  # fmt: skip
        whole += clean
    spent.sort()
    return {
        "dialogs": round(whole / len(dialogs), 4) if dialogs else None,
        "turns": round(right / turns, 4) if turns else None,
        "turns_strict": round(strict / turns, 4) if turns else None,
        "slots": round(filled / slotted, 4) if slotted else None,
        "count": {"dialogs": len(dialogs), "turns": turns, "turns_with_slots": slotted},
        "confused": dict(wrong.most_common(12)),
        "p50_ms": round(spent[len(spent) // 2] * 1000, 3) if spent else 0.0,
        "p99_ms": round(spent[int(len(spent) * 0.99)] * 1000, 3) if spent else 0.0,
    }


class Heard(msgspec.Struct, frozen=True):
    """What a turn became: the names that are right for it, what its frame holds, where the talk stands, and
    why."""

    intent: str
    names: tuple[str, ...]
    slots: Mapping[str, str]
    state: DialogState
    why: str


class Bot:
    """The engine with the levels that need no database: guard, dialog, knowledge, honesty."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> "Bot":
        """The demo's intents, learnt now, over this base."""
        lexicon = shipped()
        index = SearchIndex.build(entries, lexicon)
        model = learnt(lexicon)
        knowledge = (Retrieval(index),)
        levels = (
            Guard(Sensitive([])),
            Dialogs(Flows.load(DEMO / "intents.toml"), knowledge),
            *knowledge,
            Honest(),
        )
        understanding = Understanding(
            extract,
            lambda folded, _: model(folded),
            lambda query, *_: index.search(query, limit=5),
            lambda hit: Passage(index.entry(hit.id).answer, Source("question", hit.id, hit.matched)),
        )
        return cls(Engine(levels, understanding))

    def hear(self, text: str, state: DialogState, now: datetime) -> Heard:
        """One turn."""
        outcome = self._engine.answer(Asked(text=text, now=now, site="demo", state=state))
        dialog = next((step for step in outcome.trace if step.level == "intent"), None)
        kind, detail = (dialog.verdict, dialog.detail) if dialog else ("", {})
        answer = outcome.answer
        slots = {**(detail.get("slots") or {})}
        if detail.get("intent") == outcome.state.intent:
            slots |= outcome.state.slots
        names: tuple[str, ...]
        if answer.level == "guard":
            names = ("human",)
        elif kind in {"", "none", "faq"}:
            names = ("none", "human") if answer.handover else ("none",)
            if answer.level in {"retrieval", "graph"}:
                names = ("faq",)
        elif kind == "cancelled":
            names = (detail["intent"], "none")
        elif kind == "handover":
            names = (detail["intent"], "human")
        else:
            names = (detail["intent"],)
        return Heard(
            names[0], names, slots, outcome.state, f"{answer.level} {kind} {detail.get('why', '')}".strip()
        )


def same_slot(name: str, mine: str, expected: str) -> bool:
    """Whether a slot's value is the expected one."""
    if not mine:
        return False
    if name in ENTITY_TYPES:
        return same_form(name, mine, expected)
    ours, theirs = (_bare(value) for value in (mine, expected))
    return bool(theirs) and (ours in theirs or theirs in ours)


@cache
def shipped() -> Lexicon:
    """The lexicon that comes with the project, read once."""
    return Lexicon.load()


@cache
def learnt(lexicon: Lexicon) -> Callable[[str], Prediction]:
    """The classifier of the demo's examples, learnt as `train_bot` does."""
    from bot.intents.training import train

    examples = [
        (line["text"], line["intent"])
        for path in sorted(DEMO.glob("intents.*.jsonl"))
        for line in _lines(path)
    ]
    beyond = [line["text"] for line in _lines(DEMO / "oos.jsonl")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "intents.npz"
        train(examples, path, lexicon=lexicon, oos=beyond)
        return IntentModel.load(path, lexicon=lexicon).predict


def _base(path: Path) -> list[Entry]:
    return [
        Entry(
            id=str(line["id"]),
            question=line["question"],
            similar=tuple(line.get("similar") or ()),
            answer=line.get("answer", ""),
            category=line.get("category", ""),
        )
        for line in _lines(path)
    ]


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _bare(value: str) -> str:
    return "".join(character for character in fold(value) if character.isalnum())
