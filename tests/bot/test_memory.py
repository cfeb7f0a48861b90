"""Where a talk stands outlives the process: before an answer, after it, and as an endpoint left it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from bot.answering import memory
from bot.answering.reading import Talk
from bot.dialog.state import DialogState
from chat.conversation import State
from chat.models import Site

BEFORE, AFTER = DialogState(turns=1), DialogState(turns=2, last_intent="order_status")


@pytest.fixture
def talk(shop: Site) -> Talk:
    """A question at seq 7 whose answer is computed and kept; whether it was said, the log tells."""
    key = str(uuid4())
    memory.keep([memory.Kept(key, str(shop.pk), 7, BEFORE, AFTER, 1_000)])
    return Talk(key, State(conversation=key, site=str(shop.pk), visitor=key), 7, 0, (), (), 5)


def _said(talk: Talk, bot_seq: int, now_ms: int = 10) -> DialogState:
    seen = Talk(talk.conversation, talk.state, 9, 0, (), (), bot_seq)
    return memory.recall({talk.conversation: seen}, now_ms)[talk.conversation]


@pytest.mark.django_db
def test_the_log_tells_which_state_counts(talk: Talk) -> None:
    assert _said(talk, 5) == BEFORE and _said(talk, 8) == AFTER
    assert _said(talk, 8, now_ms=1_000) == DialogState()  # forgotten


@pytest.mark.django_db
def test_what_an_endpoint_changed_is_remembered(talk: Talk) -> None:
    again = DialogState(intent="order_status", pending="order_id", turns=2)
    memory.amend(talk.conversation, 6, DialogState())  # of an older question: not this one
    assert _said(talk, 8) == AFTER
    memory.amend(talk.conversation, 7, again)
    assert _said(talk, 8) == again and _said(talk, 5) == BEFORE


@pytest.mark.django_db
def test_what_another_version_wrote_begins_anew(talk: Talk) -> None:
    from bot.models import Dialog

    Dialog.objects.update(after=b"\xc1")
    assert _said(talk, 8) == DialogState()
