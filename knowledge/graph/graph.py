"""Entities and relations, and how a question finds its way through them.

A question names entities ("龙井") and concepts ("refund", from the lexicon). Beginning at each entity it
names, a way of one or two links is followed; it counts when its links speak of what was asked, or lead to
something else that was named. Links that differ only by condition ("海外") are one family: the condition that
was named decides, otherwise all of them are told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Final

import msgspec
from ahocorasick_rs import AhoCorasick, MatchKind

from knowledge.text import fold

MAX_LINKS: Final = 2
FARTHER: Final = 0.85  # what a second link leaves of a score
MAX_TOLD: Final = 8  # links told together; more is no answer
STRANGE: Final = 0.5  # the weight of a concept that no link of the graph speaks of
MAX_WAYS: Final = (
    2_000  # looked at for one question: a hub with thousands of links must not hold an answer up
)


class Node(msgspec.Struct, frozen=True):
    """Something facts are about. `site`: id in text form, None at every site."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    kind: str = ""
    site: str | None = None
    description: str = ""


class Link(msgspec.Struct, frozen=True):
    """subject –predicate→ object when `condition` holds. `concepts`: what predicate and object's name speak
    of; `when`: what the condition speaks of. `language` "" for any.
    """

    id: str
    subject: str
    predicate: str
    object: str
    condition: str = ""
    answer: str = ""
    language: str = ""
    concepts: tuple[str, ...] = ()
    when: tuple[str, ...] = ()


class Seen(msgspec.Struct, frozen=True):
    """An entity named in a folded text, half-open span."""

    node: str
    start: int
    end: int


class Found(msgspec.Struct, frozen=True):
    """An answer: its text (Markdown), 0..1 how much of the question it speaks of, and the way it was
    found.
    """

    text: str
    score: float
    links: tuple[str, ...]
    nodes: tuple[str, ...]


class _Stored(msgspec.Struct):
    nodes: list[Node]
    links: list[Link]


class Graph:
    """Immutable, shared between threads."""

    def __init__(self, nodes: Iterable[Node] = (), links: Iterable[Link] = ()) -> None:
        self.nodes: dict[str, Node] = {node.id: node for node in nodes}
        self.links: dict[str, Link] = {
            link.id: link for link in links if link.subject in self.nodes and link.object in self.nodes
        }
        self._from: dict[str, list[Link]] = defaultdict(list)
        self._to: dict[str, list[Link]] = defaultdict(list)
        for link in self.links.values():
            self._from[link.subject].append(link)
            self._to[link.object].append(link)
        self._known = {name for link in self.links.values() for name in (*link.concepts, *link.when)}
        self._owners: dict[str, list[str]] = defaultdict(list)
        for node in self.nodes.values():
            for name in (node.name, *node.aliases):
                if folded := fold(name).strip():
                    self._owners[folded].append(node.id)
        self._names = list(self._owners)
        self._finder = AhoCorasick(self._names, matchkind=MatchKind.LeftmostLongest) if self._names else None

    @classmethod
    def build(
        cls, nodes: Iterable[Node], links: Iterable[Link], concepts_of: Callable[[str], Collection[str]]
    ) -> Graph:
        """With every link's concepts read from its words; `concepts_of` takes folded text
        (`Lexicon.concepts`)."""
        known = {node.id: node for node in nodes}

        def read(text: str) -> tuple[str, ...]:
            return tuple(dict.fromkeys(_plain(concept) for concept in concepts_of(fold(text))))

        def filled(link: Link) -> Link:
            target = known[link.object].name if link.object in known else ""
            return msgspec.structs.replace(
                link, concepts=read(f"{link.predicate} {target}"), when=read(link.condition)
            )

        return cls(known.values(), [filled(link) for link in links])

    def __len__(self) -> int:
        return len(self.links)

    def to_bytes(self) -> bytes:
        """Everything, for `from_bytes`."""
        return msgspec.msgpack.encode(_Stored(list(self.nodes.values()), list(self.links.values())))

    @classmethod
    def from_bytes(cls, data: bytes) -> Graph:
        """Raises `msgspec.DecodeError` for bytes that are none of ours."""
        stored = msgspec.msgpack.decode(data, type=_Stored)
        return cls(stored.nodes, stored.links)

    def mentions(self, folded: str, site: str | None = None) -> list[Seen]:
        """Entities of the site that a folded text names, longest names first where they overlap. Linear
        time."""
        if self._finder is None:
            return []
        found = []
        for index, start, end in self._finder.find_matches_as_indexes(folded):
            if not _whole(folded, start, end):
                continue
            for owner in self._owners[self._names[index]]:
                if self.nodes[owner].site in (None, site):
                    found.append(Seen(owner, start, end))
        return found

    def answer(
        self,
        mentions: Sequence[Seen],
        concepts: Collection[str],
        folded: str = "",
        *,
        site: str | None = None,
        language: str = "",
        limit: int = 3,
    ) -> list[Found]:
        """The best answers first; none when nothing named leads to what was asked.

        `concepts` are the question's ("not:" prefixes count as the concept); `folded` is the question
        itself, in which a condition may stand word for word.
        """
        named = {seen.node for seen in mentions}
        asked = {_plain(concept) for concept in concepts}
        best: dict[tuple[str, ...], Found] = {}
        families: dict[tuple[str, str], tuple[Link, ...]] = {}
        for way in self._ways(named, site, language):
            last = way[-1]
            if (last.subject, last.predicate) not in families:
                families[last.subject, last.predicate] = self._family(last, named, asked, folded, language)
            told = families[last.subject, last.predicate]
            if last.id != told[0].id:
                continue  # another of the family speaks for it
            score = self._score(way, told, named, asked, folded)
            if score <= 0:
                continue
            key = tuple(link.id for link in told)
            if key not in best or best[key].score < score:
                nodes = tuple(dict.fromkeys(end for link in way for end in (link.subject, link.object)))
                links = (*(link.id for link in way[:-1]), *key)
                best[key] = Found(self._say(told), score, links, nodes)
        return sorted(best.values(), key=lambda found: (-found.score, found.links))[:limit]

    def around(self, node: str, hops: int = 2, most: int = 40) -> Graph:
        """The part of the graph at most so many links away, the nearest `most` entities."""
        kept = {node: None} if node in self.nodes else {}
        edge = list(kept)
        for _hop in range(hops):
            following = []
            for at in edge:
                for link in (*self._from[at], *self._to[at]):
                    other = link.object if link.subject == at else link.subject
                    if other not in kept and len(kept) < most:
                        kept[other] = None
                        following.append(other)
            edge = following
        links = [link for link in self.links.values() if link.subject in kept and link.object in kept]
        return Graph([self.nodes[one] for one in kept], links)

    def _ways(self, named: set[str], site: str | None, language: str) -> Iterator[tuple[Link, ...]]:
        """Ways of one and two links from what was named, within the site and language; bounded."""
        left = MAX_WAYS
        for start in sorted(named):
            for first in self._open(start, site, language):
                yield (first,)
                for second in self._open(first.object, site, language):
                    if second.object != start:
                        yield (first, second)
                    left -= 1
                    if left <= 0:
                        return

    def _open(self, node: str, site: str | None, language: str) -> Iterator[Link]:
        for link in self._from[node]:
            if self.nodes[link.object].site in (None, site) and (
                not language or link.language in ("", language)
            ):
                yield link

    def _family(
        self, link: Link, named: set[str], asked: set[str], folded: str, language: str
    ) -> tuple[Link, ...]:
        """What is told in place of this link: those of the same subject and predicate whose condition was
        named; without one, the unconditional ones; without those, all.
        """
        family = [
            one
            for one in self._from[link.subject]
            if one.predicate == link.predicate and (not language or one.language in ("", language))
        ]
        if aimed := [one for one in family if one.object in named]:
            family = aimed
        met = [one for one in family if self._met(one, named, asked, folded)]
        return tuple(met or [one for one in family if not one.condition] or family)[:MAX_TOLD]

    def _met(self, link: Link, named: set[str], asked: set[str], folded: str) -> bool:
        condition = fold(link.condition)
        if not condition:
            return False
        if (folded and condition in folded) or asked.intersection(link.when):
            return True
        return any(fold(self.nodes[node].name) in condition for node in named)

    def _score(
        self,
        way: tuple[Link, ...],
        told: tuple[Link, ...],
        named: set[str],
        asked: set[str],
        folded: str,
    ) -> float:
        spoken = {concept for link in (*way, *told) for concept in (*link.concepts, *link.when)}
        covered = len(asked & spoken)
        reached = len({link.object for link in way} & (named - {way[0].subject}))
        met = any(self._met(link, named, asked, folded) for link in told)
        if not covered and not reached and not met:
            return 0.0
        weight = sum(1.0 if concept in self._known else STRANGE for concept in asked)
        whole = weight + 2.0 * (len(named) - 1)
        score = min(1.0, (covered + 2.0 * reached + (0.5 if met else 0.0)) / max(whole, 1.0))
        return score * FARTHER ** (len(way) - 1)

    def _say(self, told: tuple[Link, ...]) -> str:
        if len(told) == 1:
            return self._sentence(told[0])
        return "\n".join(f"- {self._sentence(link, named=True)}" for link in told)

    def _sentence(self, link: Link, *, named: bool = False) -> str:
        condition = f"{link.condition}：" if _chinese(link.condition) else f"{link.condition}: "
        if link.answer:
            return (condition if named and link.condition else "") + link.answer
        subject, target = self.nodes[link.subject].name, self.nodes[link.object].name
        gap = "" if _chinese(link.predicate) and not subject.isascii() else " "
        sentence = f"{subject}{gap}{link.predicate}{gap}{target}"
        return (condition if link.condition else "") + sentence


def _plain(concept: str) -> str:
    return concept.removeprefix("not:")


def _chinese(text: str) -> bool:
    return any("\u3400" <= character <= "\u9fff" for character in text)


def _whole(text: str, start: int, end: int) -> bool:
    """Whether a Latin name stands as a word of its own; Chinese has no word borders to look at."""

    def joined(left: str, right: str) -> bool:
        return left.isascii() and left.isalnum() and right.isascii() and right.isalnum()

    if start > 0 and joined(text[start - 1], text[start]):
        return False
    return not (end < len(text) and joined(text[end - 1], text[end]))
