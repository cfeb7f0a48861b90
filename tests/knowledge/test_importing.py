"""An import from the file to drafts: what is new, there already, contradictory, refused."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from chat.models import Site
from knowledge.errors import NotAllowed
from knowledge.importing import files, running
from knowledge.importing.exporting import ENDINGS
from knowledge.models import (
    Article,
    Category,
    ImportJob,
    ImportRowKind,
    ImportStatus,
    OnDuplicate,
    Question,
    Status,
)
from knowledge.ports import Person
from tests.knowledge.conftest import WRITER, ask


def jsonl(*rows: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def imported(
    data: bytes, name: str = "kb.jsonl", site: UUID | None = None, update: bool = False
) -> ImportJob:
    choice = OnDuplicate.UPDATE if update else OnDuplicate.SKIP
    job = running.start(name, data, WRITER, site=site, language="zh", on_duplicate=choice)
    assert running.run(job.pk)
    job.refresh_from_db()
    return job


def test_good_rows_survive_bad_ones_and_each_bad_one_says_why(shop: Site) -> None:
    job = imported(
        jsonl(
            {
                "id": "a",
                "question": "怎么退货",
                "similar": ["退货流程"],
                "answer": "7 天",
                "category": "售后",
            },
            {"question": "", "answer": "x"},
            {"question": "没有答案", "answer": " "},
            {"question": "错", "answer": "x", "valid_from": "someday"},
            {"question": "太长" * 200, "answer": "x"},
        )
        + b"\n{broken\n"
        + jsonl({"question": "How to return", "answer": "7 days", "language": "en"}),
        site=shop.pk,
    )
    assert (job.status, job.total, job.done, job.created, job.refused) == (ImportStatus.DONE, 7, 7, 2, 5)
    lines = {row.line: row.message for row in job.rows.all()}
    assert set(lines) == {2, 3, 4, 5, 6} and all(lines.values())
    assert job.kept is None
    first, second = Question.objects.order_by("created_at")
    assert (first.status, first.key, first.site_id) == (Status.DRAFT, "a", shop.pk)
    assert first.category is not None and first.category.name == "售后" and second.language == "en"


def test_what_is_there_is_skipped_or_taken_over(db: None) -> None:
    row = ask("怎么退货", "签收后 7 天内可退。", wordings=["退货流程"], key="r1")
    data = jsonl(
        {"question": "退货流程？", "answer": "签收后 7 天内可退。"},
        {"id": "r1", "question": "怎么退货呢", "answer": "签收后 15 天内可退。"},
        {"question": "新问题", "answer": "a"},
        {"question": "新问题！", "answer": "b"},
    )
    job = imported(data)
    assert (job.created, job.skipped, job.doubtful) == (1, 3, 1)
    kinds = {note.line: (note.kind, note.other) for note in job.rows.all()}
    assert kinds[1] == (ImportRowKind.DUPLICATE, row.pk) and kinds[2] == (ImportRowKind.DOUBTFUL, row.pk)
    row.refresh_from_db()
    assert row.answer == "签收后 7 天内可退。" and row.revision == 1

    job = imported(
        jsonl({"id": "r1", "question": "怎么退货呢", "answer": "签收后 15 天内可退。"}), update=True
    )
    row.refresh_from_db()
    assert job.updated == 1 and (row.text, row.status, row.revision) == ("怎么退货呢", Status.DRAFT, 2)
    assert row.wordings == ["退货流程"]  # what the operator added stays


def test_links_pictures_and_cards_move_with_their_answers(shop: Site) -> None:
    other_shop = Site.objects.create(public_key="other", name="Other")
    card = {"title": "礼盒", "url": "https://shop.example.com/box"}
    links = [{"title": "商城", "url": "/shop"}]
    ask(
        "礼盒什么样",
        "看图。",
        site_id=shop.pk,
        links=links,
        images=[{"alt": "盒", "url": "/b.png"}],
        card=card,
    )
    ours = Question.objects.filter(site_id=shop.pk)
    for kind in ("csv", "jsonl", "markdown", "html"):
        data = files.response(ours, kind).content
        job = imported(data, f"kb.{ENDINGS.get(kind, kind)}", site=other_shop.pk)
        assert (job.created, job.refused) == (1, 0), kind
        row = Question.objects.get(site_id=other_shop.pk)
        assert (row.answer, row.links, row.card) == ("看图。", links, card), kind
        assert row.images == [{"alt": "盒", "url": "/b.png"}], kind
        row.delete()
    job = imported("问题,答案,链接\n坏的,x,[y](javascript:1)\n".encode(), "kb.csv", site=shop.pk)
    assert (job.created, job.refused) == (0, 1)


def test_contradictions_with_near_duplicates_are_pointed_out_and_imported(db: None) -> None:
    old = ask("签收以后几天内可以退货", "7 天内可以退货。")
    job = imported(
        jsonl(
            {"question": "签收后几天内可以退货", "answer": "15 天内可以退货。"},
            {"question": "拆封后的茶叶可以退货吗", "answer": "拆封后可以退货。"},
            {"question": "拆封后的茶叶可以退货么", "answer": "拆封后不可以退货。"},
        )
    )
    assert (job.created, job.doubtful) == (3, 2)
    first, second = job.rows.all()
    assert first.other == old.pk and first.kind == ImportRowKind.DOUBTFUL and second.line == 3


def test_other_sites_have_their_own_questions(shop: Site, branch: Site) -> None:
    ask("怎么退货", "a", site_id=branch.pk)
    Category.objects.create(site_id=branch.pk, name="售后")
    job = imported(jsonl({"question": "怎么退货", "answer": "b", "category": "售后"}), site=shop.pk)
    assert job.created == 1 and Category.objects.filter(name="售后").count() == 2
    with pytest.raises(NotAllowed):
        running.start(
            "a.csv", b"x", Person("li", frozenset({str(shop.pk)}), True), site=branch.pk, language="zh",
            on_duplicate="skip",
        )  # fmt: skip


def test_articles_of_a_file(db: None) -> None:
    text = "# 冲泡指南\n引言\n## 水温\n85 度\n"
    assert imported(text.encode(), "guide.md").created == 1
    assert imported(text.encode(), "guide.md").skipped == 1
    assert imported(text.replace("85", "80").encode(), "guide.md", update=True).updated == 1
    article = Article.objects.get()
    assert [section.text for section in article.sections.all()] == ["引言", "80 度"] and article.revision == 2


def test_a_file_that_cannot_be_read_fails_with_one_sentence(db: None) -> None:
    job = imported(b"PK no xlsx", "x.xlsx")
    assert job.status == ImportStatus.FAILED and job.error and job.kept is None


def test_a_worker_that_died_is_succeeded_behind_what_it_did(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "AT_ONCE", 2)
    rows = [{"question": f"第 {at} 个完全不同的问题{'甲乙丙丁戊'[at]}", "answer": "x"} for at in range(5)]
    job = running.start("a.jsonl", jsonl(*rows), WRITER, site=None, language="zh", on_duplicate="skip")
    take = running._Importer.take
    calls: list[int] = []

    def dies(self: Any, items: Any) -> None:
        if calls:
            raise RuntimeError("killed")
        calls.append(1)
        take(self, items)

    monkeypatch.setattr(running._Importer, "take", dies)
    with pytest.raises(RuntimeError):
        running.run(job.pk)
    assert running.open_jobs() == [] and not running.run(job.pk)  # somebody may still be at it
    ImportJob.objects.update(claimed_at=job.created_at - running.CLAIM)
    monkeypatch.setattr(running._Importer, "take", take)
    assert running.open_jobs() == [job.pk] and running.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.done, job.created) == (ImportStatus.DONE, 5, 5) and Question.objects.count() == 5
