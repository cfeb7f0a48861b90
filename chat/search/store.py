"""Grams in the database's own form: an array with a GIN index, or an FTS5 table without content.

The FTS5 table keeps neither text nor positions (detail=none): pairs make positions needless, and what is
found is compared with the words anyway. Its rows cannot be deleted one by one, which leaves nothing wrong: a
row without its document joins nothing, and document ids are never used again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from chat.models import SearchDocument


class Found(msgspec.Struct, frozen=True):
    """A document to be: a message's place or a visitor, and its grams."""

    site: UUID
    grams: set[int]
    conversation: UUID | None = None
    seq: int | None = None
    visitor: UUID | None = None


def put(documents: Sequence[Found]) -> None:
    """Store documents and their grams, inside the caller's transaction; one statement for each table."""
    if not documents:
        return
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO chat_searchdocument (site_id, conversation_id, seq, visitor_id, grams) "
                "SELECT site, conversation, seq, visitor, grams::int[] FROM unnest("
                "%s::uuid[], %s::uuid[], %s::bigint[], %s::uuid[], %s::text[]"
                ") AS given (site, conversation, seq, visitor, grams)",
                [
                    [found.site for found in documents],
                    [found.conversation for found in documents],
                    [found.seq for found in documents],
                    [found.visitor for found in documents],
                    ["{" + ",".join(map(str, found.grams)) + "}" for found in documents],
                ],
            )
        return
    rows = SearchDocument.objects.bulk_create(
        SearchDocument(
            site_id=found.site,
            conversation_id=found.conversation,
            seq=found.seq,
            visitor_id=found.visitor,
        )
        for found in documents
    )
    pairs = [(row.pk, " ".join(_words(found.grams))) for row, found in zip(rows, documents, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chat_search_grams (rowid, grams) "
            "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(%s)",
            [msgspec.json.encode(pairs).decode()],
        )


def having(rows: QuerySet[SearchDocument], grams: set[int]) -> QuerySet[SearchDocument]:
    """Those of the documents that have all these grams."""
    if connection.vendor == "postgresql":
        return rows.extra(where=["chat_searchdocument.grams @> %s::int[]"], params=[sorted(grams)])
    match = " AND ".join(f'"{word}"' for word in _words(grams))
    found: RawSQL = RawSQL("SELECT rowid FROM chat_search_grams WHERE chat_search_grams MATCH %s", [match])
    return rows.filter(pk__in=found)


def _words(grams: Iterable[int]) -> list[str]:
    """Grams as words that FTS5's tokenizer leaves whole."""
    return [format(gram & 0xFFFF_FFFF, "x") for gram in grams]
