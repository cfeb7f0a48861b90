"""Readers and writers: what a file holds, what is refused, and that an export comes back the same."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from knowledge.importing import exporting, items
from knowledge.importing.exporting import ARTICLE_WRITERS, WRITERS, Exported, ExportedArticle
from knowledge.importing.extras import card_of, links_of
from knowledge.importing.items import ArticleItem, BadFile, Problem, QuestionItem
from knowledge.importing.likeness import Likeness, contradiction, numbers_of
from knowledge.importing.reading import READERS, format_of, read
from knowledge.text import fold


def zipped(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), text)
    return out.getvalue()


def questions(data: bytes, kind: str) -> list[QuestionItem]:
    found = read(data, kind, "file")
    assert all(isinstance(item, QuestionItem) for item in found), found
    return [item for item in found if isinstance(item, QuestionItem)]


class TestTables:
    def test_chinese_headings_in_any_order_and_the_encoding_of_excel_in_china(self) -> None:
        data = "答案,问题,相似问,分类\n7 天内可退,怎么退货,退货流程|我要退,售后\n".encode("gb18030")
        (row,) = questions(data, "csv")
        assert (row.text, row.answer, row.wordings, row.category, row.line) == (
            "怎么退货", "7 天内可退", ("退货流程", "我要退"), "售后", 2,
        )  # fmt: skip

    def test_tabs_and_lines_within_cells(self) -> None:
        (row,) = questions(b'question\tanswer\nHow?\t"one\ntwo"\n', "csv")
        assert row.answer == "one\ntwo"

    def test_a_row_with_a_bad_language_is_a_problem_and_the_others_are_read(self) -> None:
        found = read(b"question,answer,language\na,b,zh\nc,d,klingon\ne,f,\n", "csv", "x")
        assert [type(item) for item in found] == [QuestionItem, Problem, QuestionItem]
        assert found[1].line == 3

    @pytest.mark.parametrize(
        "data", [b"", b"\n\n", b"a,b\n1,2\n", b"question\nonly\n", b"\xff\xfe\x00", b"q\x00,answer\n"]
    )
    def test_what_is_no_table_of_questions_is_refused_as_a_whole(self, data: bytes) -> None:
        with pytest.raises(BadFile):
            read(data, "csv", "x")

    def test_xlsx_numbers_and_dates(self) -> None:
        book = Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(["编号", "问题", "答案"])
        sheet.append([7, "几天到", 3])
        out = io.BytesIO()
        book.save(out)
        (row,) = questions(out.getvalue(), "xlsx")
        assert (row.key, row.answer) == ("7", "3")

    @pytest.mark.parametrize("data", [b"PK\x03\x04 no zip", b"plain", zipped(a_dot_txt="x")])
    def test_what_is_no_xlsx(self, data: bytes) -> None:
        with pytest.raises(BadFile):
            read(data, "xlsx", "x")

    def test_a_bomb_is_refused_before_it_is_unpacked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from knowledge.importing import tables

        monkeypatch.setattr(tables, "MAX_UNPACKED", 1000)
        with pytest.raises(BadFile, match="MB"):
            read(zipped(big_dot_html="x" * 5000), "sitemap", "x")


class TestMarkdown:
    def test_questions_below_their_categories(self) -> None:
        text = """# 常见问题
## 物流
### 多久发货？
<!-- similar: 什么时候发 | 几天能发 -->
24 小时内。

### 寄到新疆吗？
寄，5 天。
#### 偏远地区
另加 10 元。
## Q: 可以开票吗
A: 可以。
"""
        first, second, third = questions(text.encode(), "markdown")
        assert (first.text, first.category, first.wordings) == (
            "多久发货？", "物流", ("什么时候发", "几天能发"),
        )  # fmt: skip
        assert second.answer == "寄，5 天。\n\n**偏远地区**\n\n另加 10 元。"
        assert (third.text, third.answer) == ("可以开票吗", "可以。")

    def test_an_article_with_sections_and_code_whose_comments_are_no_headings(self) -> None:
        text = "# 冲泡指南\n开头。\n## 水温\n```\n# 不是标题\n```\n85 度。\n## 时间\n20 秒。\n"
        (article,) = read(text.encode(), "markdown", "x")
        assert isinstance(article, ArticleItem) and article.title == "冲泡指南"
        assert [heading for heading, _text in article.sections] == ["", "水温", "时间"]
        assert "# 不是标题" in article.sections[1][1]

    def test_a_text_without_headings_is_an_article_named_like_the_file(self) -> None:
        (article,) = read("只有一段话。".encode(), "markdown", "保养.md")
        assert isinstance(article, ArticleItem) and article.title == "保养"

    def test_nothing_is_refused(self) -> None:
        with pytest.raises(BadFile):
            read(b"# only a heading\n", "markdown", "x.md")


class TestHtml:
    PAGE = """<html><head><title>帮助 </title><style>p{}</style></head><body><nav>导航</nav><main>
      <h1>退货</h1><p>签收后 <b>7 天</b>内<br>可退。</p>
      <ul><li>未拆封</li><li><a href="/order">订单页</a></li></ul>
      <script>alert(1)</script><h2>运费</h2><p>质量问题<a href="javascript:x()">我们</a>承担</p></main>
      <footer>页脚</footer></body></html>"""

    def test_a_page_becomes_an_article_without_its_furniture(self) -> None:
        (article,) = read(self.PAGE.encode(), "html", "x")
        assert isinstance(article, ArticleItem) and article.title == "退货"
        whole = "\n".join(text for _heading, text in article.sections)
        assert "**7 天**" in whole and "- 未拆封" in whole and "[订单页](/order)" in whole
        for word in ("导航", "页脚", "alert", "javascript", "p{}"):
            assert word not in whole

    def test_details_and_definition_lists_are_questions(self) -> None:
        page = "<details><summary>多久到</summary><p>3 天</p></details><dl><dt>包邮吗<dd>满 99 元</dd></dl>"
        assert [(row.text, row.answer) for row in questions(page.encode(), "html")] == [
            ("多久到", "3 天"), ("包邮吗", "满 99 元"),
        ]  # fmt: skip


class TestSitemap:
    MAP = (
        "<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
        "<url><loc>https://x.cn/help/a</loc></url><url><loc>https://x.cn/b.html</loc></url>"
        "<url><loc>https://x.cn/gone</loc></url></urlset>"
    )

    def test_pages_are_found_by_their_addresses_and_missing_ones_are_named(self) -> None:
        page = "<h1>标题</h1><p>正文</p>"
        data = zipped(sitemap_dot_xml=self.MAP, help__a__index_dot_html=page, b_dot_html=page)
        first, second, third = read(data, "sitemap", "x")
        assert isinstance(first, ArticleItem) and first.source_url == "https://x.cn/help/a"
        assert isinstance(second, ArticleItem) and second.line == 2
        assert isinstance(third, Problem) and third.title == "https://x.cn/gone"

    def test_an_entity_bomb_is_refused(self) -> None:
        with pytest.raises(BadFile):
            read(zipped(sitemap_dot_xml='<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'), "sitemap", "x")


ROWS = [
    Exported("k1", "多久发货？", ("几天发", "什么时候发货"), "24 小时内。\n\n- 周末顺延", "物流", "zh"),
    Exported("", "=1+1", ("@x",), "-5 度保存", "", "", "2026-01-01T00:00:00+00:00", "2026-02-01"),
    Exported("k3", "What is <b>?", (), "a | b & c\n# no heading", "Care", "en"),
    Exported(
        "k4", "礼盒长什么样？", (), "看图。", "", "zh",
        links=({"title": "去 [商城] 看", "url": "https://shop.example.com/a--b(1)"},),
        images=({"alt": "礼盒", "url": "/files/box.png"}, {"alt": "", "url": "https://e.example/b.png"}),
        card={"title": "礼盒 -- 红", "url": "https://shop.example.com/box"},
    ),
]  # fmt: skip
ARTICLES = [
    ExportedArticle(
        "冲泡要点", (("", "先烫壶。"), ("要多久？", "三分钟。\n\n- 绿茶短些"), ("水温", "85 度")),
        "怎么泡", "茶",
    ),
    ExportedArticle("Care", (("", "Keep it dry."),), language="en"),
]  # fmt: skip


@pytest.mark.parametrize("kind", list(WRITERS))
def test_an_export_comes_back_the_same(kind: str) -> None:
    back = {row.text: row for row in questions(WRITERS[kind][0](ROWS), kind)}
    for row in ROWS:
        item = back[row.question]
        answer = item.answer.replace("  \n", "\n")
        if kind in ("markdown", "html"):
            answer = answer.replace("**no heading**", "# no heading")
        assert answer == row.answer, kind
        assert (item.wordings, item.key, item.category) == (row.similar, row.id, row.category)
        assert item.language == row.language
        assert item.valid_from == row.valid_from and item.valid_until == row.valid_until
        assert card_of(item.card) == (row.card or None)
        assert [link["url"] for link in links_of(item.images, "alt")] == [each["url"] for each in row.images]
    (link,) = links_of(back["礼盒长什么样？"].links)
    assert link == {"title": "去 (商城) 看", "url": "https://shop.example.com/a-%2Db%281%29"}


@pytest.mark.parametrize("kind", list(ARTICLE_WRITERS))
def test_exported_articles_come_back_the_same(kind: str) -> None:
    back = read(ARTICLE_WRITERS[kind][0](ARTICLES), kind, "x")
    for row, item in zip(ARTICLES, back, strict=True):
        assert isinstance(item, ArticleItem)
        assert (item.title, item.summary, item.category) == (row.title, row.summary, row.category)
        assert item.language == row.language
        sections = tuple((heading, text.replace("  \n", "\n")) for heading, text in item.sections)
        assert sections == row.sections


@pytest.mark.parametrize("text", ["javascript:alert(1)", "[x](javascript:alert)", "[x](/a) und", "[x]"])
def test_what_is_no_link_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"no link|链接"):
        links_of(text)


@pytest.mark.parametrize("text", ["[]", "{", '"x"', "{" * 9_000])
def test_what_is_no_card_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"no card|卡片"):
        card_of(text)


def test_no_exported_cell_is_a_formula() -> None:
    sheet = load_workbook(io.BytesIO(exporting.to_xlsx(ROWS))).worksheets[0]
    cells = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
    lines = exporting.to_csv(ROWS).decode("utf-8-sig").splitlines()
    assert "'=1+1" in cells and not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert not any(part.startswith(("=", "@")) for line in lines for part in line.split(","))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(sorted(READERS)))
def test_whatever_the_bytes_the_answer_is_items_or_one_sentence(data: bytes, kind: str) -> None:
    try:
        found = read(data, kind, "x")
    except BadFile as refusal:
        assert str(refusal)
    else:
        assert found


def test_formats_by_name_and_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [format_of(name) for name in ("a.CSV", "b.xlsx", "c.md", "d.zip")] == [
        "csv", "xlsx", "markdown", "sitemap",
    ]  # fmt: skip
    with pytest.raises(BadFile):
        format_of("evil.exe")
    from knowledge.importing import reading

    monkeypatch.setattr(reading, "MAX_ROWS", 2)
    with pytest.raises(BadFile, match="2"):
        read(b'{"question":"a","answer":"b"}\n' * 3, "jsonl", "x")
    monkeypatch.setattr(reading, "MAX_BYTES", 10)
    with pytest.raises(BadFile):
        read(b"x" * 11, "csv", "x")
    assert items.MAX_BYTES == 20 * 2**20


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        ("签收后 7 天内可退。", "签收后七天内可以退。", None),
        ("签收后 7 天内可退。", "签收后 15 天内可退。", "numbers"),
        ("满 99 元包邮", "满九十九元包邮", None),
        ("拆封后可以退货。", "拆封后不可以退货。", "negation"),
        ("You can return opened tea.", "You cannot return opened tea.", "negation"),
        ("不用担心，可以退货。", "可以退货，请放心。", None),
        ("3 天到", "3 天到，新疆 7 天", None),
    ],
)
def test_contradictions(one: str, other: str, difference: str | None) -> None:
    assert contradiction(one, other) == difference
    assert contradiction(other, one) == difference


def test_numbers_in_both_scripts() -> None:
    assert numbers_of("十五天、两百元、半年、1,000.50 元") == {"15", "200", "0.5", "1000.5"}


def test_the_nearest_question_among_many() -> None:
    likeness = Likeness()
    for at in range(2000):
        likeness.add(f"n{at}", fold(f"第{at}号商品的保修期限是多久"), f"{at} 个月")
    likeness.add("wanted", fold("签收以后几天内可以退货"), "7 天")
    found = likeness.nearest(fold("签收后几天内可以退货"))
    assert found is not None and found.id == "wanted"
    assert likeness.nearest(fold("签收后几天内可以退货"), besides="wanted") is None
    assert likeness.nearest(fold("怎么修改收货地址")) is None
