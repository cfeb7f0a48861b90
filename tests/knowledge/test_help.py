"""The help page: what readers and search engines get, in both languages, without script."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from chat.models import Site
from knowledge.models import Article, Category, HelpFeedback, Section, Usage
from knowledge.publishing import editing
from tests.knowledge.conftest import WRITER, ask, release


@pytest.fixture
def help_page(shop: Site, branch: Site, django_capture_on_commit_callbacks: Any) -> Client:
    cache.clear()
    after = Category.objects.create(
        site_id=shop.pk, name="售后", name_en="After sales", description="退换与退款"
    )
    ask("怎么退货", "签收后 **7 天**内。<script>alert(1)</script>", site_id=shop.pk, category=after)
    ask("多久退款", "2 天。", site_id=shop.pk, category=after)
    ask("How do I return it?", "Within 7 days.", site_id=shop.pk, category=after, language="en")
    ask("别店的秘密", "x", site_id=branch.pk)
    article = editing.save_article(Article(title="绿茶冲泡", site_id=shop.pk), WRITER)
    for at, heading in enumerate(("水温", "用量", "时间")):
        Section.objects.create(article=article, heading=heading, text=f"关于{heading}。", position=at)
    ask("草稿不给看", "x", site_id=shop.pk)
    drafts = editing.save_question(ask("还没写完", "x", site_id=shop.pk), WRITER)
    editing.archive(drafts, WRITER)
    release(django_capture_on_commit_callbacks)
    return Client()


class Page(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        return [a for name, a in self.tags if name == tag and wanted.items() <= a.items()]


def read(client: Client, path: str, status: int = 200) -> tuple[Page, str]:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    text = answer.content.decode()
    return Page(text), text


def test_shelves_and_answers_of_this_site_only(help_page: Client) -> None:
    page, text = read(help_page, "/help/shop/")
    assert "售后" in text and "怎么退货" in text and "绿茶冲泡" in text
    for word in ("别店的秘密", "还没写完", "How do I return"):
        assert word not in text
    links = [
        str(link["href"]) for link in page.all("a") if str(link.get("href", "")).startswith("/help/shop/")
    ]
    for link in {link for link in links if not link.endswith("/en/")}:
        read(help_page, link)


def test_an_answer_is_safe_and_says_what_it_is(help_page: Client) -> None:
    page, text = read(help_page, "/help/shop/q/zen-me-tui-huo/")
    assert "<strong>7 天</strong>" in text and "alert(1)</script>" not in text
    assert page.all("div", itemtype="https://schema.org/Question")
    (canonical,) = page.all("link", rel="canonical")
    assert canonical["href"] == "http://testserver/help/shop/q/zen-me-tui-huo/"
    assert page.all("meta", name="description")[0]["content"].startswith("签收后 7 天")  # type: ignore[union-attr]
    assert [link["hreflang"] for link in page.all("link", rel="alternate")] == ["zh-CN", "x-default"]
    assert page.all("meta", property="og:title")[0]["content"] == "怎么退货"
    assert all("style" not in attributes for _tag, attributes in page.tags)
    assert all(attributes.get("src") for tag, attributes in page.tags if tag == "script")
    assert help_page.get("/help/shop/").headers["Cache-Control"] == "public, max-age=60"
    assert Usage.objects.get().viewed == 1


def test_an_article_has_its_contents(help_page: Client) -> None:
    home, _text = read(help_page, "/help/shop/")
    (address,) = {str(link["href"]) for link in home.all("a") if "/a/" in str(link["href"])}
    page, text = read(help_page, address)
    assert [link["href"] for link in page.all("a") if str(link["href"]).startswith("#s")] == [
        "#s1",
        "#s2",
        "#s3",
    ]
    assert "关于用量" in text


def test_the_other_language_has_its_own_pages(help_page: Client) -> None:
    page, text = read(help_page, "/help/shop/en/")
    assert "How do I return it?" in text and "怎么退货" not in text and "After sales" in text
    assert page.all("html")[0]["lang"] == "en"
    assert help_page.get("/help/shop/zh/q/x/?a=1").headers["Location"] == "/help/shop/q/x/?a=1"
    assert help_page.get("/help/branch/").headers["Content-Language"] == "en"


def test_neighbours_in_the_other_language_are_named(help_page: Client) -> None:
    shop = "http://testserver/help/shop/"
    home, _text = read(help_page, "/help/shop/en/")
    named = {str(link["hreflang"]): str(link["href"]) for link in home.all("link", rel="alternate")}
    assert named == {"zh-CN": shop, "en": f"{shop}en/", "x-default": shop}
    shelves = {str(link["href"]) for link in home.all("a") if "/c/" in str(link["href"])}
    for path in shelves:
        page, _text = read(help_page, path)
        for link in page.all("link", rel="alternate"):
            read(help_page, str(link["href"]).removeprefix("http://testserver"))
    assert len({tuple(link.values()) for link in page.all("link", rel="alternate")}) == 3


def test_search_works_without_script_and_with_it(help_page: Client) -> None:
    _page, text = read(help_page, "/help/shop/search/?q=退货")
    assert "怎么退货" in text and 'content="noindex"' in text
    (first, *_rest) = help_page.get("/help/shop/suggest/?q=怎么退货").json()["results"]
    assert first["url"] == "/help/shop/q/zen-me-tui-huo/" and first["summary"].startswith("签收")
    assert help_page.get("/help/shop/suggest/?q=").json() == {"results": []}
    _page, text = read(help_page, "/help/shop/search/?q=%3Cscript%3E\x00")
    assert "<script>" not in text


def test_feedback_is_counted_and_thanked_for(help_page: Client) -> None:
    said = {"item": "q/zen-me-tui-huo/", "helped": "no", "comment": "太短\x00了"}
    answer = help_page.post("/help/shop/feedback/", said)
    assert answer.status_code == 303
    _page, text = read(help_page, answer.headers["Location"])
    assert 'role="status"' in text and '<form action="/help/shop/feedback/"' not in text
    row = HelpFeedback.objects.get()
    assert (row.title, row.helped, row.comment) == ("怎么退货", False, "太短了")
    assert Usage.objects.get().not_helped == 1
    for bad in ({"item": "q/nothing/", "helped": "no"}, {"item": said["item"], "helped": "maybe"}):
        assert help_page.post("/help/shop/feedback/", bad).status_code == 404
    foreign = help_page.post("/help/shop/feedback/", said, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403 and HelpFeedback.objects.count() == 1


def test_nobody_votes_a_thousand_times(help_page: Client) -> None:
    said = {"item": "q/zen-me-tui-huo/", "helped": "yes"}
    codes = [
        help_page.post("/help/shop/feedback/", said, REMOTE_ADDR="10.9.8.7").status_code for _ in range(25)
    ]
    assert codes[:20] == [303] * 20 and 429 in codes  # the first may be a minute old by then


def test_what_is_not_there_says_so(help_page: Client) -> None:
    for path in ("q/cao-gao/", "q/bie-dian-de-mi-mi/", "a/x/", "c/x/", "en/q/zen-me-tui-huo/"):
        _page, text = read(help_page, f"/help/shop/{path}", 404)
        assert 'type="search"' in text
    read(help_page, "/help/nobody/", 404)
    assert help_page.post("/help/shop/").status_code == 405


def test_search_engines_find_every_page(help_page: Client) -> None:
    robots = help_page.get("/robots.txt").content.decode()
    assert "Sitemap: http://testserver/help/shop/sitemap.xml" in robots and "Disallow: /admin/" in robots
    answer = help_page.get("/help/shop/sitemap.xml")
    assert answer.headers["Content-Type"].startswith("application/xml")
    places = [line for line in answer.content.decode().splitlines() if "<loc>" in line]
    paths = [line.partition("http://testserver")[2].partition("<")[0] for line in places]
    assert "/help/shop/q/zen-me-tui-huo/" in paths and "/help/shop/en/q/how-do-i-return-it/" in paths
    for path in paths:
        assert help_page.get(path).status_code == 200, path
