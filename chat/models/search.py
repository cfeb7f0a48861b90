"""What full-text search knows of: one row for every message with words, and every visitor with a name."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from chat.models.conversations import Conversation
from chat.models.sites import Site
from chat.models.visitors import Visitor


class SearchDocument(models.Model):
    """Something to be found, later ones with higher ids. Its grams stand beside it in the database's own
    form: a column `grams` with a GIN index on PostgreSQL, the FTS5 table `chat_search_grams` on SQLite
    (migration 0003).
    """

    id = models.BigAutoField(primary_key=True)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    seq = models.PositiveBigIntegerField(null=True)
    visitor = models.OneToOneField(Visitor, on_delete=models.CASCADE, null=True, related_name="+")

    class Meta:
        verbose_name = _("search document")
        verbose_name_plural = _("search documents")
        constraints = (models.UniqueConstraint(fields=("conversation", "seq"), name="document_once"),)

    def __str__(self) -> str:
        return str(self.pk)
