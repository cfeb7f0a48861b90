"""What is asked of an engine, cleaned and validated. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, get_args

import msgspec

from bot.nlp.errors import NlpError
from bot.safety.privacy import mask

Task = Literal["intent", "entities", "sentiment", "similarity", "embed", "keywords"]
TASKS: Final[tuple[Task, ...]] = get_args(Task)

MAX_TEXT: Final = 2_000
MAX_BATCH: Final = 64
MAX_TARGETS: Final = 64
_KEPT_CONTROLS: Final = "\n\t"

#: task → option → what it may be: a type, and bounds where it is a number.
_OPTIONS: Final[dict[Task, frozenset[str]]] = {
    "intent": frozenset({"top", "model", "key"}),
    "entities": frozenset({"now", "types"}),
    "sentiment": frozenset(),
    "similarity": frozenset({"with"}),
    "embed": frozenset({"digits"}),
    "keywords": frozenset({"top"}),
}


class Request(msgspec.Struct, frozen=True):
    """One text and what is wanted of it. Options by task: intent: `top` (1 to 20), `model` (a version
    such as "v3"), `key` (what the canary's choice holds on to, such as a conversation); entities: `now`
    (ISO 8601),
    `types`; similarity: `with` (texts to compare with); embed: `digits` (1 to 8); keywords: `top`.
    """

    text: str
    task: Task
    options: dict[str, Any] = {}

    def for_others(self) -> Request:
        """As it leaves the house: personal data masked, unless finding it is what is asked."""
        if self.task == "entities":
            return self
        options = self.options
        if "with" in options:
            options = {**options, "with": [mask(text) for text in options["with"]]}
        return Request(mask(self.text), self.task, options)


class Result(msgspec.Struct, frozen=True):
    """What every engine answers. `model`: what computed it; `version`: of that; `took_us`: microseconds, of a
    batch its share; `language`: zh or en, of the text.
    """

    task: Task
    result: Any
    model: str
    version: str
    took_us: int
    language: str


def request_of(text: Any, task: Any, options: Any = None, at: int | None = None) -> Request:
    """A request that engines may trust. Raises `NlpError`; `at`: which one of a batch it is."""
    if task not in TASKS:
        raise NlpError(1004, f"a task is one of {', '.join(TASKS)}", at)
    return Request(cleaned(text, at), task, checked_options(task, options, at))


def requests_of(texts: Any, task: Any, options: Any = None) -> list[Request]:
    """A batch of one task. Raises `NlpError`."""
    if not isinstance(texts, Sequence) or isinstance(texts, str | bytes) or not texts:
        raise NlpError(1001, "texts is a list of at least one text")
    if len(texts) > MAX_BATCH:
        raise NlpError(1007, f"at most {MAX_BATCH} texts in one call")
    return [request_of(text, task, options, at) for at, text in enumerate(texts)]


def cleaned(text: Any, at: int | None = None) -> str:
    """The text in NFKC, without control characters. Raises `NlpError` for one that is none, or too long.

    >>> cleaned("订单号　１２３\\x07")
    '订单号 123'
    """
    if not isinstance(text, str):
        raise NlpError(1001, "text is a string", at)
    if len(text) > MAX_TEXT:
        raise NlpError(1002, f"a text has at most {MAX_TEXT} characters", at)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NlpError(1003, "the text has half characters in it", at) from None
    # NFKC makes up to 18 characters of one; what grows is cut to what engines are made for.
    normal = unicodedata.normalize("NFKC", text)[:MAX_TEXT]
    kept = "".join(c for c in normal if c in _KEPT_CONTROLS or unicodedata.category(c) not in ("Cc", "Cf"))
    if not kept.strip():
        raise NlpError(1001, "the text is empty", at)
    return kept.strip()


def checked_options(task: Task, options: Any, at: int | None = None) -> dict[str, Any]:
    """The options of a task. Raises `NlpError`."""
    if options is None:
        options = {}
    if not isinstance(options, Mapping):
        raise NlpError(1006, "options is an object", at)
    if unknown := set(options) - _OPTIONS[task]:
        raise NlpError(1005, f"{task} has no option {', '.join(sorted(map(str, unknown)))}", at)
    found = dict(options)
    _number(found, "top", 1, 20, at)
    _number(found, "digits", 1, 8, at)
    for name in ("model", "key", "now"):
        if name in found and not (isinstance(found[name], str) and len(found[name]) <= 100):
            raise NlpError(1006, f"{name} is a text of at most 100 characters", at)
    if task == "similarity":
        targets = found.get("with")
        if isinstance(targets, str):
            targets = [targets]
        if not isinstance(targets, list) or not 1 <= len(targets) <= MAX_TARGETS:
            raise NlpError(1006, f"with is a text, or a list of up to {MAX_TARGETS}", at)
        found["with"] = [cleaned(target, at) for target in targets]
    if "types" in found and not (
        isinstance(found["types"], list) and all(isinstance(each, str) for each in found["types"])
    ):
        raise NlpError(1006, "types is a list of entity types", at)
    return found


def _number(options: dict[str, Any], name: str, least: int, most: int, at: int | None) -> None:
    value = options.get(name, least)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise NlpError(1006, f"{name} is a number from {least} to {most}", at)
