"""The schema of the knowledge base. Sites are named by id; what a site is, is another room's business."""

from knowledge.models.base import Language, Publishable, Status, Version
from knowledge.models.content import (
    MAX_ANSWER,
    MAX_WORDINGS,
    Article,
    ArticleVersion,
    Category,
    Question,
    QuestionVersion,
    Section,
)
from knowledge.models.facts import Entity, Relation, Synonym, Term
from knowledge.models.importing import (
    ImportFormat,
    ImportJob,
    ImportRow,
    ImportRowKind,
    ImportStatus,
    OnDuplicate,
)
from knowledge.models.keys import new_uuid
from knowledge.models.learning import HelpFeedback, Unanswered, UnansweredStatus, Usage
from knowledge.models.releases import GoldenQuestion, Release, Snapshot

__all__ = (
    "MAX_ANSWER",
    "MAX_WORDINGS",
    "Article",
    "ArticleVersion",
    "Category",
    "Entity",
    "GoldenQuestion",
    "HelpFeedback",
    "ImportFormat",
    "ImportJob",
    "ImportRow",
    "ImportRowKind",
    "ImportStatus",
    "Language",
    "OnDuplicate",
    "Publishable",
    "Question",
    "QuestionVersion",
    "Relation",
    "Release",
    "Section",
    "Snapshot",
    "Status",
    "Synonym",
    "Term",
    "Unanswered",
    "UnansweredStatus",
    "Usage",
    "Version",
    "new_uuid",
)
