"""People, sites and a fresh live index for tests of the knowledge base."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chat import sites
from chat.models import Site
from knowledge.models import Question, Release
from knowledge.ports import Person
from knowledge.publishing import live
from knowledge.publishing.editing import save_question
from knowledge.publishing.pending import waiting
from knowledge.publishing.publish import publish

WRITER = Person("wang", None, True)


@pytest.fixture(autouse=True)
def fresh_live() -> Iterator[None]:
    """The database of a test goes back in time; what is live must, too."""
    live.forget()
    sites.forget()
    yield
    live.forget()
    sites.forget()


@pytest.fixture
def shop(db: None) -> Site:
    """A site."""
    return Site.objects.create(public_key="shop", name="Shop")


@pytest.fixture
def branch(db: None) -> Site:
    """Another one."""
    return Site.objects.create(public_key="branch", name="Branch", locale="en")


def ask(text: str, answer: str = "Answer.", person: Person = WRITER, **more: Any) -> Question:
    """A question, saved as a draft."""
    return save_question(Question(text=text, answer=answer, **more), person)


def release(capture: Any, person: Person = WRITER, **more: Any) -> Release:
    """Publish everything that waits, as it would be after a commit."""
    with capture(execute=True):
        return publish(waiting(person).chosen(drafts=True), person, **more)


def found(query: str, **more: Any) -> list[str]:
    """Questions that the live index finds, best first."""
    index = live.live_index().index
    return [index.entry(hit.id).question for hit in index.search(query, **more)]
