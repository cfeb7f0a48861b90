"""A large base of everyday Chinese questions, and other wordings of them, to learn the search's weights from.

    python -m bench.paraphrases FOLDER [--entries 6000] [--queries 2000] [--seed 1]

writes base.jsonl, queries.jsonl and oos.jsonl as `manage.py bot_eval retrieval` takes them. Frames and
words are in paraphrases.toml, written for this project; nothing here comes from a collection of questions.
Half of the entries are distractors of the others: the same content asked otherwise, one word of the content
exchanged, an expression turned into another, two names in the other order. Most contents are words of
pypinyin's dictionary: in a real base most words stand in one entry or two, and the frames in hundreds.
"""

import argparse
import json
import random
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import msgspec
import rjieba

from knowledge.text.pinyin import syllable
from knowledge.text.words import cut

SOURCE = Path(__file__).with_suffix(".toml")
UNLISTED = 0.75  # of the contents are words of a dictionary
_SLOT = re.compile(r"\{([a-z_0-9]+)\}")


@cache
def dictionary() -> dict[str, list[str]]:
    """Words by their part of speech, as jieba tells it: those of pypinyin's phrases it knows as one word."""
    spec = find_spec("pypinyin")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pypinyin")
    phrases = json.loads(Path(spec.origin).with_name("phrases_dict.json").read_text(encoding="utf-8"))
    out: dict[str, list[str]] = {}
    for phrase in sorted(phrases):
        tagged = rjieba.tag(phrase) if len(phrase) in (2, 3, 4) else []
        if len(tagged) == 1 and (len(phrase) < 4 or tagged[0][1] in "il"):
            out.setdefault(tagged[0][1], []).append(phrase)
    return out


class Asked(msgspec.Struct, frozen=True):
    """What a question asks: its group of frames and, by place, what fills the slots."""

    group: int
    filled: tuple[str, ...]


class Source:
    """The frames and words, and chance of its own."""

    def __init__(self, seed: int, path: Path = SOURCE) -> None:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        self.chance = random.Random(seed)
        self.words = {
            name: text.split("|") if "|" in text else text.split() for name, text in told["words"].items()
        }
        self.frames: list[list[str]] = [group["frames"] for group in told["group"]]
        # Apart from 和/与 every slot of a group is in each of its frames, so the first tells them.
        self.slots = [tuple(_slots(frames)) for frames in self.frames]
        self.alike = [line.split() for line in told["alike"]["sets"].split("|")]
        self.change = [tuple(line.split()) for line in told["change"]["sets"].split("|")]
        self.like: dict[str, str] = told["like"]
        self.around = {name: text.split() for name, text in told["around"].items()}
        self.by_sound: dict[str, list[str]] = {}
        for character in sorted(set("".join(map("".join, self.frames)) + "".join(told["words"].values()))):
            sound = syllable(character)
            if sound:
                self.by_sound.setdefault(sound, []).append(character)
        self.by_slots: dict[tuple[str, ...], list[int]] = {}
        for number, slots in enumerate(self.slots):
            self.by_slots.setdefault(tuple(sorted(slots)), []).append(number)

    def fill(self, slot: str) -> str:
        """A word for a slot ("city_one": one of the cities)."""
        kind = slot.split("_")[0]
        like = self.like.get(kind, "")
        if like and self.chance.random() < UNLISTED:
            told = self.chance.choice(like.split())
            word = "".join(self.chance.choice(dictionary()[part]) for part in told.split("+"))
        else:
            word = self.chance.choice(self.words[kind])
        return self.chance.choice(self.around["kinds"]) + word if self.chance.random() < 0.12 else word

    def asked(self) -> Asked:
        """Something to ask, whatever the group."""
        group = self.chance.randrange(len(self.frames))
        return Asked(group, tuple(self.fill(slot) for slot in self.slots[group]))

    def near(self, asked: Asked) -> Asked:
        """Something easily confused with `asked`."""
        slots = self.slots[asked.group]
        others = [group for group in self.by_slots[tuple(sorted(slots))] if group != asked.group]
        ordered = [slot for slot in slots if slot.endswith(("_one", "_two"))]
        if len(ordered) == 2 and self.chance.random() < 0.3:
            return Asked(asked.group, asked.filled[::-1])
        if others and self.chance.random() < 0.6:
            other = self.chance.choice(others)
            known = dict(zip(slots, asked.filled, strict=True))
            if len(known) == len(slots):
                return Asked(other, tuple(known[slot] for slot in self.slots[other]))
        at = self.chance.randrange(len(slots))
        filled = list(asked.filled)
        filled[at] = self.fill(slots[at])
        return Asked(asked.group, tuple(filled))

    def said(self, asked: Asked, frame: str) -> str:
        """`asked` in these words."""
        left = list(zip(self.slots[asked.group], asked.filled, strict=True))

        def word(match: re.Match[str]) -> str:
            for number, (slot, value) in enumerate(left):
                if slot == match[1]:
                    del left[number]
                    return value
            return _paired(match[1], dict(zip(self.slots[asked.group], asked.filled, strict=True)))

        return _SLOT.sub(word, frame)

    def turned(self, text: str) -> str:
        """`text` with one expression turned into one that asks something else; as it was where none is."""
        found = [pair for pair in self.change if pair[0] in text]
        old, new = self.chance.choice(found) if found else ("", "")
        return text.replace(old, new, 1) if old else text

    def disturbed(self, text: str, often: float = 1.0) -> str:
        """`text` as another hand would type it: other words, more or fewer particles, slips."""

        def happens(share: float) -> bool:
            return self.chance.random() < share * often

        for share in (0.55, 0.25):
            if happens(share):
                text = self._other_word(text)
        if happens(0.25):
            text = text.replace("的", "", 1)
        if happens(0.1):
            parts = list(cut(text))
            parts.insert(self.chance.randrange(len(parts)), self.chance.choice(self.around["within"]))
            text = "".join(parts)
        if happens(0.1):
            text = self.chance.choice(self.around["before"]) + self.chance.choice(["", "", "，"]) + text
        if happens(0.2):
            text += self.chance.choice(["", "", "，"]) + self.chance.choice(self.around["after"])
        if happens(0.07):
            text = self._misheard(text)
        if happens(0.06) and len(text) > 5:
            at = self.chance.randrange(len(text) - 1)
            text = text[:at] + (text[at + 1] + text[at] + text[at + 2 :] if happens(0.4) else text[at + 1 :])
        if happens(0.05) and len(text) > 6:
            at = self.chance.randrange(2, len(text) - 2)
            text = text[at:] + self.chance.choice(["，", ""]) + text[:at]
        return text + self.chance.choice(["", "", "", "？", "?"])

    def _other_word(self, text: str) -> str:
        found = [(old, line) for line in self.alike for old in line if len(old) > 1 and old in text]
        if not found:
            return text
        old, line = self.chance.choice(found)
        return text.replace(old, self.chance.choice([word for word in line if word != old]), 1)

    def _misheard(self, text: str) -> str:
        at = self.chance.randrange(len(text))
        others = [other for other in self.by_sound.get(syllable(text[at]), []) if other != text[at]]
        return text[:at] + self.chance.choice(others) + text[at + 1 :] if others else text


def _slots(frames: list[str]) -> list[str]:
    """The slots of a group: those of the first frame, a pair as one."""
    first = [slot for slot in _SLOT.findall(frames[0]) if not slot.startswith("pairs_")]
    return first or ["pairs"]


def _paired(slot: str, filled: dict[str, str]) -> str:
    """A slot that the first frame of its group lacks: half of a pair, or a word that is not of the
    content."""
    if slot in ("pairs_one", "pairs_two"):
        return filled["pairs"].split()[slot == "pairs_two"]
    return "朋友"


def entries(source: Source, count: int) -> Iterator[tuple[Asked | None, str, str]]:
    """(what is asked, in which frame, text) of `count` entries, all different; turned ones ask nothing."""
    seen: set[str] = set()
    held: set[Asked] = set()
    while len(seen) < count:
        first = source.asked()
        family: list[Asked] = [first]
        for _ in range(source.chance.choice((0, 0, 1, 1, 2, 3))):
            family.append(source.near(source.chance.choice(family)))
        for asked in family:
            key = Asked(asked.group, asked.filled if _ordered(source, asked) else tuple(sorted(asked.filled)))
            if key in held or len(set(asked.filled)) < len(asked.filled):
                continue
            held.add(key)
            frame = source.chance.choice(source.frames[asked.group])
            text = source.disturbed(_joined(source.said(asked, frame)), 0.4)
            turned = source.turned(text) if source.chance.random() < 0.25 else text
            for told, what in ((text, asked), (turned, None)):
                if told not in seen:
                    seen.add(told)
                    yield what, frame, told


def _ordered(source: Source, asked: Asked) -> bool:
    slots = source.slots[asked.group]
    return len(set(slots)) == len(slots)


def _joined(text: str) -> str:
    """A pair in one phrase."""
    return re.sub(r"(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])", "和", text)


def make(source: Source, count: int, queries: int) -> tuple[list[str], list[tuple[int, str]], list[str]]:
    """Base texts; (number of the entry, query); and what no entry answers: wordings of questions left out."""
    whole = list(entries(source, count + queries // 5))
    source.chance.shuffle(whole)
    base, left = whole[:count], whole[count:]
    asked = [number for number, (what, _, _) in enumerate(base) if what is not None]
    out = []
    for number in source.chance.sample(asked, min(queries, len(asked))):
        out.append((number, _query(source, base[number])))
    return [text for _, _, text in base], out, [_query(source, one) for one in left if one[0] is not None]


def _query(source: Source, entry: tuple[Asked | None, str, str]) -> str:
    """Another wording of an entry: mostly another frame, now and then the same with slips."""
    what, used, text = entry
    assert what is not None
    for _ in range(20):
        others = [frame for frame in source.frames[what.group] if frame != used]
        frame = source.chance.choice(others) if source.chance.random() < 0.8 else used
        query = source.disturbed(_joined(source.said(what, frame)))
        if query.strip("？?") != text.strip("？?"):
            break
    return query


def write_set(folder: Path, count: int, asked: int, seed: int) -> None:
    """base.jsonl, queries.jsonl and oos.jsonl of `count` entries and `asked` queries; the same ones for the
    same seed."""
    base, queries, left = make(Source(seed), count, asked)
    folder.mkdir(parents=True, exist_ok=True)
    told = {"question": "", "similar": [], "answer": "", "category": "", "language": "zh"}
    _write(folder / "base.jsonl", [{"id": f"p{n}", **told, "question": t} for n, t in enumerate(base)])
    _write(folder / "queries.jsonl", [{"id": f"p{number}", "query": text} for number, text in queries])
    _write(folder / "oos.jsonl", [{"query": text} for text in left])


def _write(path: Path, lines: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--entries", type=int, default=6000)
    parser.add_argument("--queries", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    write_set(chosen.folder, chosen.entries, chosen.queries, chosen.seed)


if __name__ == "__main__":
    main()
