"""Asking: candidates by their grams, newest first, each compared with the words before it is an answer."""

from __future__ import annotations

from typing import Final

import msgspec
from django.db.models import Q, QuerySet

from chat.models import Conversation, Message, SearchDocument, Visitor
from chat.search import store
from chat.search.grams import matches, snippet, terms, wanted
from chat.search.indexing import visitor_words, words_of

ROUNDS: Final = 5
"""Times a page is filled up when candidates turn out not to hold the words (pairs that do not touch)."""


class MessageHit(msgspec.Struct, frozen=True):
    """A message that holds the words. `spans` mark them in `text`, in UTF-16 units."""

    message: Message
    conversation: Conversation
    text: str
    spans: list[tuple[int, int]]


class VisitorHit(msgspec.Struct, frozen=True):
    """A visitor that bears the words."""

    visitor: Visitor
    text: str
    spans: list[tuple[int, int]]


def find_messages(
    query: str, among: QuerySet[Conversation], before: int | None, limit: int
) -> tuple[list[MessageHit], int | None]:
    """Messages with all words of the query in these conversations, newest first, and where to go on.

    `before`: what an earlier page said. Recalled and erased messages are not found; an edited note is found
    by what its log line says.
    """
    words = terms(query)
    if not words:
        return [], None
    rows = SearchDocument.objects.filter(conversation__in=among.values("pk"))
    hits: list[MessageHit] = []
    for _ in range(ROUNDS):
        page = _page(rows, wanted(words), before, limit)
        stored = _messages(page)
        for document in page:
            before = document.pk
            message = stored.get((document.conversation_id, document.seq))
            spans = None if message is None else matches(words_of(message), words)
            if message is None or spans is None:
                continue
            hits.append(MessageHit(message, message.conversation, *snippet(words_of(message), spans)))
            if len(hits) == limit:
                return hits, before
        if len(page) < limit:
            return hits, None
    return hits, before


def find_visitors(
    query: str, among: QuerySet[Visitor], before: int | None, limit: int
) -> tuple[list[VisitorHit], int | None]:
    """Visitors whose name, e-mail, phone or user id holds all words, the latest changed first."""
    words = terms(query)
    if not words:
        return [], None
    rows = SearchDocument.objects.filter(visitor__in=among.values("pk")).select_related("visitor")
    page = _page(rows, wanted(words), before, limit)
    hits: list[VisitorHit] = []
    for document in page:
        if document.visitor is not None:
            text = visitor_words(document.visitor)
            spans = matches(text, words)
            if spans is not None:
                hits.append(VisitorHit(document.visitor, *snippet(text, spans)))
    return hits, page[-1].pk if len(page) == limit else None


def _page(
    rows: QuerySet[SearchDocument], grams: set[int], before: int | None, limit: int
) -> list[SearchDocument]:
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(store.having(rows, grams).order_by("-pk")[:limit])


def _messages(page: list[SearchDocument]) -> dict[tuple[object, object], Message]:
    places = Q()
    for document in page:
        places |= Q(conversation_id=document.conversation_id, seq=document.seq)
    if not places:
        return {}
    found = Message.objects.filter(places, is_hidden=False).select_related("conversation__visitor")
    return {(message.conversation_id, message.seq): message for message in found}
