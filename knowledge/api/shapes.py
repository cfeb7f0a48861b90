"""What questions and articles look like on the wire. Moments are ms since the epoch."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from knowledge.api.base import LANGUAGES
from knowledge.models import MAX_ANSWER, MAX_WORDINGS, Article, Question
from knowledge.publishing.rows import ms

STATUSES = ["draft", "review", "published", "archived"]
MAX_LINKS = 20
_MAX_MS = 253_402_300_799_000  # the last moment of the year 9999


class LinkSerializer(serializers.Serializer[Any]):
    """A link: its words and its address."""

    title = serializers.CharField(max_length=200, allow_blank=True)
    url = serializers.RegexField(r"^(https?://|mailto:|tel:|/)\S*\Z", max_length=1000)


class PictureSerializer(serializers.Serializer[Any]):
    """A picture: what it shows, in words, and its address."""

    alt = serializers.CharField(max_length=200, allow_blank=True)
    url = serializers.RegexField(r"^(https?://|/)\S*\Z", max_length=1000)


class AnswerCardSerializer(serializers.Serializer[Any]):
    """Something to look at below the answer; all of it is a link to `url` where there is one."""

    title = serializers.CharField(max_length=200)
    text = serializers.CharField(required=False, max_length=1000, allow_blank=True)
    url = serializers.RegexField(r"^https?://\S*\Z", required=False, max_length=1000)
    image = serializers.RegexField(r"^https?://\S*\Z", required=False, max_length=1000)


class KnowledgeStateSerializer(serializers.Serializer[Any]):
    """What every text says of itself. `live`: whether a version of it is shown to visitors."""

    id = serializers.UUIDField()
    site = serializers.UUIDField(allow_null=True, help_text="Null: at every site.")
    language = serializers.CharField(help_text='"zh", "en", "" for any.')
    category = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(choices=STATUSES)
    live = serializers.BooleanField()
    version = serializers.IntegerField(help_text="Of the last release it was in, 0 before the first.")
    valid_from = serializers.IntegerField(allow_null=True)
    valid_until = serializers.IntegerField(allow_null=True)
    changed_by = serializers.CharField()
    updated_at = serializers.IntegerField()


class QuestionSerializer(KnowledgeStateSerializer):
    """A question with its answer in Markdown."""

    key = serializers.CharField()
    question = serializers.CharField()
    similar = serializers.ListField(child=serializers.CharField())
    answer = serializers.CharField()
    links = LinkSerializer(many=True)
    images = PictureSerializer(many=True)
    card = serializers.DictField(allow_null=True)


class SectionSerializer(serializers.Serializer[Any]):
    """A part of an article."""

    heading = serializers.CharField(max_length=150, allow_blank=True)
    text = serializers.CharField(max_length=20_000)


class ArticleSerializer(KnowledgeStateSerializer):
    """An article with its sections in Markdown."""

    title = serializers.CharField()
    summary = serializers.CharField()
    sections = SectionSerializer(many=True)


class _Written(serializers.Serializer[Any]):
    site = serializers.UUIDField(required=False, allow_null=True)
    language = serializers.ChoiceField(required=False, choices=LANGUAGES, allow_blank=True)
    category = serializers.CharField(required=False, allow_null=True, max_length=60)
    valid_from = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=_MAX_MS)
    valid_until = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=_MAX_MS)

    def validate(self, attrs: Any) -> Any:
        """It ends after it begins."""
        begin, end = attrs.get("valid_from"), attrs.get("valid_until")
        if begin is not None and end is not None and begin >= end:
            raise serializers.ValidationError({"valid_until": ["Must be after valid_from."]})
        return attrs


class QuestionPatchSerializer(_Written):
    """Absent fields stay."""

    key = serializers.CharField(required=False, max_length=64, allow_blank=True)
    question = serializers.CharField(required=False, max_length=300)
    similar = serializers.ListField(
        required=False, child=serializers.CharField(max_length=300), max_length=MAX_WORDINGS
    )
    answer = serializers.CharField(
        required=False, max_length=MAX_ANSWER, allow_blank=True, trim_whitespace=False
    )
    links = serializers.ListField(required=False, child=LinkSerializer(), max_length=MAX_LINKS)
    images = serializers.ListField(required=False, child=PictureSerializer(), max_length=MAX_LINKS)
    card = AnswerCardSerializer(required=False, allow_null=True)


class QuestionCreateSerializer(QuestionPatchSerializer):
    """A new question: a draft."""

    question = serializers.CharField(max_length=300)
    answer = serializers.CharField(max_length=MAX_ANSWER, allow_blank=True, trim_whitespace=False)


class ArticlePatchSerializer(_Written):
    """Absent fields stay; `sections` replaces all of them."""

    title = serializers.CharField(required=False, max_length=150)
    summary = serializers.CharField(required=False, max_length=300, allow_blank=True)
    sections = SectionSerializer(many=True, required=False)


class ArticleCreateSerializer(ArticlePatchSerializer):
    """A new article: a draft."""

    title = serializers.CharField(max_length=150)
    sections = SectionSerializer(many=True)


class StatusSerializer(serializers.Serializer[Any]):
    """`review`: ready; `draft`: not yet; `archived`: gone with the next release."""

    status = serializers.RegexField(r"^(draft|review|archived)\Z")


class VersionNumberSerializer(serializers.Serializer[Any]):
    """Which version."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class VersionSerializer(serializers.Serializer[Any]):
    """A text as it was published."""

    version = serializers.IntegerField()
    content = serializers.DictField()
    author = serializers.CharField()
    published_at = serializers.IntegerField()


def question_shown(row: Question) -> dict[str, Any]:
    """A question on the wire."""
    return {
        **_state(row), "key": row.key, "question": row.text, "similar": row.wordings, "answer": row.answer,
        "links": [{"title": link.get("title", ""), "url": link["url"]} for link in row.links],
        "images": [{"alt": image.get("alt", ""), "url": image["url"]} for image in row.images],
        "card": row.card,
    }  # fmt: skip


def article_shown(row: Article) -> dict[str, Any]:
    """An article on the wire."""
    sections = [{"heading": part.heading, "text": part.text} for part in row.sections.all()]
    return {**_state(row), "title": row.title, "summary": row.summary, "sections": sections}


def version_shown(row: Any) -> dict[str, Any]:
    """A version on the wire."""
    return {
        "version": row.number, "content": row.content, "author": row.author,
        "published_at": ms(row.created_at),
    }  # fmt: skip


def _state(row: Question | Article) -> dict[str, Any]:
    return {
        "id": str(row.pk), "site": str(row.site_id) if row.site_id else None, "language": row.language,
        "category": row.category.name if row.category else None, "status": row.status,
        "live": row.live_id is not None, "version": row.version, "valid_from": ms(row.valid_from),
        "valid_until": ms(row.valid_until), "changed_by": row.changed_by, "updated_at": ms(row.updated_at),
    }  # fmt: skip
