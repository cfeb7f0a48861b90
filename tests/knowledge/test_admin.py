"""The back office: an operator writes, publishes, goes back, imports; administrators of a site stay at it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agents.models import Agent
from chat.models import Site
from knowledge import seeding
from knowledge.importing import running
from knowledge.learning import unanswered
from knowledge.models import (
    Article,
    Category,
    Entity,
    GoldenQuestion,
    ImportJob,
    Question,
    Relation,
    Release,
    Section,
    Status,
    Synonym,
    Unanswered,
)
from knowledge.publishing import live
from tests.knowledge.conftest import ask, found, release

BASE = "/admin/knowledge/"


@pytest.fixture
def boss(db: None) -> Client:
    """A superuser."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(
        User.objects.create_superuser("boss", password="x"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return client


@pytest.fixture
def keeper(shop: Site) -> Client:
    """The administrator of the shop."""
    user = User.objects.create_user("keeper", password="x", is_staff=True)
    Agent.objects.create(user=user, display_name="Keeper", role="admin").sites.add(shop)
    client = Client(headers={"accept-language": "en"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(BASE + path)
    assert answer.status_code == status, (path, answer.status_code)
    return answer.content.decode()


def question_form(**more: Any) -> dict[str, Any]:
    return {
        "text": "怎么退货", "wordings": "我要退货\n退货流程\n", "answer": "**7 天**内", "language": "zh",
        "site_id": "", "key": "", "links": "订单页 | /orders", "images": "", "card": "", **more,
    }  # fmt: skip


def test_writing_publishing_and_going_back(boss: Client, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        made = boss.post(BASE + "question/add/", question_form(_submit="1"))
        assert made.status_code == 302
        row = Question.objects.get()
        assert (row.status, row.wordings) == (Status.REVIEW, ["我要退货", "退货流程"])
        assert row.links == [{"title": "订单页", "url": "/orders"}] and row.changed_by == "boss"
        text = page(boss, "release/publish/")
        assert "怎么退货" in text and "line-added" in text
        assert boss.post(BASE + "release/publish/", {"scope": "reviewed", "notes": "one"}).status_code == 302
    assert found("退货流程")[0] == "怎么退货"
    change = f"question/{row.pk}/change/"
    with django_capture_on_commit_callbacks(execute=True):
        assert boss.post(BASE + change, question_form(answer="15 天内")).status_code == 302
        text = page(boss, "release/publish/")
        assert "line-removed" in text and "15 天内" in text
        boss.post(BASE + "release/publish/", {"scope": "all"})
    assert live.live_index().index.entry(str(row.pk)).answer.startswith("15 天内")
    assert "Make it the draft" in page(boss, change)
    boss.post(BASE + change, question_form(answer="15 天内", _roll_back="1"))
    row.refresh_from_db()
    assert row.answer == "**7 天**内" and row.status == Status.DRAFT
    first = Release.objects.get(number=1)
    assert "Make this release live again" in page(boss, f"release/{first.pk}/change/")
    with django_capture_on_commit_callbacks(execute=True):
        boss.post(BASE + f"release/{first.pk}/roll-back/")
    assert live.live_index().number == 3
    assert live.live_index().index.entry(str(row.pk)).answer.startswith("**7 天**内")
    assert "15 天" not in page(boss, "question/?status__exact=archived")


def test_saving_without_a_change_makes_no_draft(
    boss: Client, django_capture_on_commit_callbacks: Any
) -> None:
    boss.post(BASE + "question/add/", question_form())
    release(django_capture_on_commit_callbacks)
    row = Question.objects.get()
    boss.post(BASE + f"question/{row.pk}/change/", question_form())
    row.refresh_from_db()
    assert (row.status, row.revision) == (Status.PUBLISHED, 1)


def test_golden_questions_hold_a_release_until_a_reason_is_given(boss: Client) -> None:
    ask("怎么退货")
    other = ask("怎么开票")
    GoldenQuestion.objects.create(query="怎么退货", expected=other)
    refused = boss.post(BASE + "release/publish/", {"scope": "all"})
    assert "Golden questions that got worse" in refused.content.decode() and not Release.objects.exists()
    boss.post(BASE + "release/publish/", {"scope": "all", "override": "1", "override_reason": "known"})
    row = Release.objects.get()
    assert row.override_reason == "known"
    assert "worse than before" in page(boss, f"release/{row.pk}/change/")


def test_a_file_comes_in_with_its_progress_and_its_problems(boss: Client, shop: Site) -> None:
    file = SimpleUploadedFile("kb.csv", "问题,答案\n怎么退货,7 天\n没答案,\n".encode())
    given = {"file": file, "site": str(shop.pk), "language": "zh", "on_duplicate": "skip"}
    answer = boss.post(BASE + "importjob/upload/", given)
    job = ImportJob.objects.get()
    assert answer.headers["Location"] == f"{BASE}importjob/{job.pk}/change/"
    assert 'http-equiv="refresh"' in page(boss, f"importjob/{job.pk}/change/")
    running.run(job.pk)
    text = page(boss, f"importjob/{job.pk}/change/")
    assert 'http-equiv="refresh"' not in text and "没答案" in text
    evil = {**given, "file": SimpleUploadedFile("x.exe", b"MZ")}
    assert boss.post(BASE + "importjob/upload/", evil).status_code == 200 and ImportJob.objects.count() == 1
    for kind in ("csv", "xlsx", "jsonl", "markdown", "html"):
        download = boss.get(BASE + f"importjob/download/{kind}/")
        assert download.status_code == 200 and "attachment" in download.headers["Content-Disposition"]
    assert boss.get(BASE + "importjob/download/exe/").status_code == 404
    row = Article.objects.create(title="冲泡", site_id=shop.pk)
    Section.objects.create(article=row, text="先烫壶。")
    for kind, name in (("markdown", "articles.md"), ("html", "articles.html")):
        download = boss.get(BASE + f"importjob/download/articles/{kind}/")
        assert "先烫壶。" in download.content.decode() and name in download.headers["Content-Disposition"]
    assert boss.get(BASE + "importjob/download/articles/exe/").status_code == 404


def test_what_the_lexicon_has_is_shown_beside_ones_own(boss: Client) -> None:
    given = {"concept": "refund", "expressions": "钱还我\n-把钱退"}
    assert boss.post(BASE + "synonym/add/", given).status_code == 302
    row = Synonym.objects.get()
    assert row.expressions == ["钱还我", "-把钱退"]
    assert " · " in page(boss, f"synonym/{row.pk}/change/") and "退款" in page(
        boss, f"synonym/{row.pk}/change/"
    )


def test_clusters_become_drafts_or_are_ignored(boss: Client, shop: Site) -> None:
    for query in ("能刻字吗", "能刻字吗？", "有停车位吗"):
        unanswered.note([(query, str(shop.pk), "zh")])
    text = page(boss, "unanswered/?anew=1", 302)
    text = page(boss, "unanswered/")
    assert "能刻字吗" in text and "有停车位吗" in text
    rows = {row.query: str(row.pk) for row in Unanswered.objects.all()}
    drafted = boss.post(BASE + "unanswered/", {"ids": [rows["能刻字吗"], rows["能刻字吗？"]], "draft": "1"})
    row = Question.objects.get()
    assert drafted.headers["Location"].endswith(f"question/{row.pk}/change/") and row.site_id == shop.pk
    boss.post(BASE + "unanswered/", {"ids": [rows["有停车位吗"], "nonsense"], "ignore": "1"})
    assert "Every question found an answer." in page(boss, "unanswered/")


def test_the_picture_of_the_graph(boss: Client) -> None:
    tea, rule = Entity.objects.create(name="龙井<b>"), Entity.objects.create(name="退货规则")
    Relation.objects.create(subject=tea, predicate="按", object=rule)
    for path in ("entity/graph/", f"entity/{tea.pk}/change/"):
        text = page(boss, path)
        assert '<svg class="graph"' in text and "龙井&lt;b&gt;" in text and "<b>" not in text


def test_every_page_opens(boss: Client, shop: Site) -> None:
    row = ask("怎么退货", site_id=shop.pk)
    article = Article.objects.create(title="冲泡")
    for path in (
        "question/", f"question/{row.pk}/change/", "article/add/", f"article/{article.pk}/change/",
        "category/", "category/add/", "entity/", "entity/add/", "relation/", "relation/add/", "term/add/",
        "synonym/add/", "goldenquestion/", "goldenquestion/add/", "release/", "unanswered/", "usage/?days=7",
        "helpfeedback/", "importjob/", "importjob/upload/", "release/publish/",
    ):  # fmt: skip
        page(boss, path)
    shown = boss.post(BASE + "question/preview/", {"text": "**x**<script>"}).json()["html"]
    assert "<strong>x</strong>" in shown and "<script" not in shown


class TestAnAdministratorOfOneSite:
    def test_sees_and_changes_what_is_theirs(self, keeper: Client, shop: Site, branch: Site) -> None:
        own, foreign = ask("我们的", site_id=shop.pk), ask("别人的", site_id=branch.pk)
        common = ask("大家的")
        text = page(keeper, "question/")
        assert "我们的" in text and "大家的" in text and "别人的" not in text
        assert keeper.get(BASE + f"question/{foreign.pk}/change/").status_code == 302  # unknown: to the index
        form = question_form(text="改", site_id=str(shop.pk))
        assert keeper.post(BASE + f"question/{common.pk}/change/", form).status_code == 403
        assert keeper.post(BASE + f"question/{own.pk}/change/", form).status_code == 302
        stolen = keeper.post(BASE + f"question/{own.pk}/change/", {**form, "site_id": str(branch.pk)})
        assert stolen.status_code == 200
        own.refresh_from_db()
        assert (own.text, own.site_id) == ("改", shop.pk)
        for path in ("term/add/", "synonym/add/"):
            assert keeper.get(BASE + path).status_code == 403
        text = page(keeper, "release/publish/")
        assert "改" in text and "大家的" not in text and "别人的" not in text

    def test_publishes_their_own_and_rolls_nothing_back(
        self, keeper: Client, shop: Site, branch: Site, django_capture_on_commit_callbacks: Any
    ) -> None:
        ask("别人的", site_id=branch.pk)
        ask("我们的", site_id=shop.pk)
        keeper.post(BASE + "release/publish/", {"scope": "all"})
        assert Question.objects.filter(status=Status.PUBLISHED).count() == 1
        row = Release.objects.get()
        keeper.post(BASE + f"release/{row.pk}/roll-back/")
        assert Release.objects.count() == 1
        assert "别人的" not in keeper.get(BASE + "importjob/download/jsonl/").content.decode()

    def test_an_agent_has_no_business_here(self, shop: Site) -> None:
        user = User.objects.create_user("clerk", password="x", is_staff=True)
        Agent.objects.create(user=user, display_name="Clerk", role="agent").sites.add(shop)
        clerk = Client()
        clerk.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        for path in (
            "question/",
            "release/publish/",
            "importjob/upload/",
            "unanswered/",
            "usage/",
            "entity/graph/",
        ):
            assert clerk.get(BASE + path).status_code == 403, path


def test_the_demo_base_is_loaded_once_and_live(shop: Site, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert seeding.load_demo(shop.pk)
    assert not seeding.load_demo(shop.pk)
    assert Question.objects.filter(language="zh").count() >= 80
    assert Question.objects.filter(language="en").count() >= 40
    assert Category.objects.exclude(name_en="").exists() and Relation.objects.exists()
    now = live.live_index()
    assert now.number == 1 and len(now.graph) == Relation.objects.count()
    assert not ImportJob.objects.exclude(refused=0).exists()
    results = Release.objects.get().golden
    assert len(results) == GoldenQuestion.objects.count() > 100
    assert sum(result["passed"] for result in results) >= 0.8 * len(results)
