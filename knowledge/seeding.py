"""The demo knowledge base of a new installation, from the files in knowledge/demo/.

categories.json      [{"name", "name_en", "description", "description_en"}], in the order of the shelves
questions.*.jsonl    as `knowledge.importing.lines` reads them
articles/*.md        as `knowledge.importing.markdown` reads them
graph.json           {"entities": [{"name", "aliases", "kind", "description"}], "relations": [{"subject",
                     "predicate", "object", "condition", "answer", "language"}]}
golden.<lang>.jsonl  {"query", "expect": the question's id, null: nothing may answer; or "to_people": true}
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

import msgspec
import structlog

from knowledge.errors import Refused
from knowledge.importing import running
from knowledge.models import (
    Category,
    Entity,
    GoldenQuestion,
    OnDuplicate,
    Question,
    Relation,
    Release,
)
from knowledge.ports import Person
from knowledge.publishing.pending import waiting
from knowledge.publishing.publish import publish

log = structlog.get_logger(__name__)

FOLDER: Final = Path(__file__).with_name("demo")
_Kind = TypeVar("_Kind")
SEEDER: Final = Person("kefu", None, True)


class _Category(msgspec.Struct):
    name: str
    name_en: str = ""
    description: str = ""
    description_en: str = ""


class _Entity(msgspec.Struct):
    name: str
    aliases: list[str] = []
    kind: str = ""
    description: str = ""


class _Relation(msgspec.Struct):
    subject: str
    predicate: str
    object: str
    condition: str = ""
    answer: str = ""
    language: str = ""


class _Facts(msgspec.Struct):
    entities: list[_Entity] = []
    relations: list[_Relation] = []


class _Golden(msgspec.Struct):
    query: str
    expect: str | None = None
    to_people: bool = False


def load_demo(site: UUID, folder: Path = FOLDER) -> bool:
    """Fill the knowledge base of the site from the folder's files and publish it as the first release.

    False, and nothing done, where there is a release or a question of somebody's already, or no file. Safe to
    repeat: what a process that died left half done is completed by the next.
    """
    if Release.objects.exists() or not list(folder.glob("questions.*.jsonl")):
        return False
    if Question.objects.exclude(changed_by=SEEDER.name).exists():
        return False
    _categories(site, folder)
    for path in (*sorted(folder.glob("questions.*.jsonl")), *sorted(folder.glob("articles/*.md"))):
        job = running.start(
            path.name, path.read_bytes(), SEEDER, site=site, language=_language(path),
            on_duplicate=OnDuplicate.SKIP,
        )  # fmt: skip
        running.run(job.pk)
    _facts(site, folder)
    _golden(site, folder)
    try:
        # Nothing was live before, so nothing can have got worse: the results are there to be looked at.
        reason = "first release"
        release = publish(waiting(SEEDER).chosen(drafts=True), SEEDER, notes="demo", override_reason=reason)
    except Refused as refusal:
        log.warning("demo_not_published", reason=refusal.message)
        return False
    log.info("demo_published", release=release.number, questions=Question.objects.count())
    return True


def _categories(site: UUID, folder: Path) -> None:
    for position, row in enumerate(_read(folder / "categories.json", list[_Category]) or ()):
        values = {**msgspec.structs.asdict(row), "position": position}
        Category.objects.get_or_create(site_id=site, name=values.pop("name"), defaults=values)


def _facts(site: UUID, folder: Path) -> None:
    facts = _read(folder / "graph.json", _Facts) or _Facts()
    entities = {}
    for row in facts.entities:
        values = msgspec.structs.asdict(row)
        entities[row.name] = Entity.objects.get_or_create(
            site_id=site, name=values.pop("name"), defaults=values
        )[0]
    for link in facts.relations:
        if link.subject in entities and link.object in entities:
            Relation.objects.get_or_create(
                subject=entities[link.subject], predicate=link.predicate, object=entities[link.object],
                condition=link.condition, language=link.language, defaults={"answer": link.answer},
            )  # fmt: skip


def _golden(site: UUID, folder: Path) -> None:
    keys = dict(Question.objects.filter(site_id=site).exclude(key="").values_list("key", "pk"))
    for path in sorted(folder.glob("golden.*.jsonl")):
        for line in path.read_bytes().splitlines():
            row = msgspec.json.decode(line, type=_Golden)
            if row.expect is None or row.expect in keys:
                GoldenQuestion.objects.get_or_create(
                    site_id=site, query=row.query, language=_language(path),
                    defaults={"expected_id": keys.get(row.expect or ""), "to_people": row.to_people},
                )  # fmt: skip


def _read(path: Path, kind: type[_Kind]) -> _Kind | None:
    return msgspec.json.decode(path.read_bytes(), type=kind) if path.is_file() else None


def _language(path: Path) -> str:
    language = path.stem.rpartition(".")[2]
    return language if language in ("zh", "en") else ""
