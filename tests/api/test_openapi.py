"""The API's description: complete, valid, and kept by what is served, whatever a fuzzer sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from io import StringIO
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from agents.models import CannedReply, CloseCategory, Macro, SavedView
from chat.models import AttributeDefinition, Block, Label, Site
from knowledge.models import Article, Question, Release
from tests.api.conftest import Caller, Guest

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
Operation = APIOperation[Any, Any, Any, Any]
AnyCase = Case[Any]
FEW = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def test_the_description_is_valid_and_complete(db: None) -> None:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert "openapi: 3." in out.getvalue()


def test_every_operation_is_named_tagged_and_says_how_it_fails(client: Client, db: None) -> None:
    document = client.get("/api/schema/", headers={"Accept": "application/json"}).json()
    assert set(document["components"]["securitySchemes"]) >= {"bearer", "console"}
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if path.startswith("/api/v1/")
    ]
    assert len(operations) >= 26
    for path, method, operation in operations:
        where = f"{method} {path}"
        assert operation["tags"] and operation["summary"], where
        failures = {status for status in operation["responses"] if status.startswith(("4", "5"))}
        assert failures, where


def test_swagger_ui_loads(client: Client, db: None) -> None:
    assert client.get("/api/docs/").status_code == 200


@contextmanager
def one_connection() -> Iterator[None]:
    """Django closes old connections around each request, and with it the transaction of the test."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


@pytest.fixture
def operations(db: None) -> list[Operation]:
    """Everything below /api/v1/ as described and served in process."""
    return described_operations()


@cache
def described_operations() -> list[Operation]:
    """The same, read once for all tests: it takes more than a second and does not depend on who asks."""
    with one_connection():
        described = schemathesis.openapi.from_wsgi("/api/schema/", get_wsgi_application())
    wanted = described.include(path_regex="^/api/v1/").exclude(path_regex="/poll/")
    return [found.ok() for found in wanted.get_all_operations()]  # type: ignore[union-attr]


def furnish(guest: Guest, site: Site) -> dict[str, str]:
    """Ids of what exists, by the name that paths give it."""
    here = {"site": site}
    rows: dict[str, Any] = {
        "label": Label.objects.create(**here, name="fuzzed"),
        "definition": AttributeDefinition.objects.create(**here, target="visitor", key="fuzzed", label="x"),
        "block": Block.objects.create(**here, kind="user", value="nobody"),
        "category": CloseCategory.objects.create(**here, name="x"),
        "reply": CannedReply.objects.create(**here, shortcut="x", title="x", text="x"),
        "macro": Macro.objects.create(**here, name="x", steps=[{"do": "note", "text": "x"}]),
        "view": SavedView.objects.create(name="x", filters={}),
        "question": Question.objects.create(site_id=site.pk, text="x", answer="x"),
        "article": Article.objects.create(site_id=site.pk, title="x"),
        "release": Release.objects.create(number=1),
    }
    known = {"conversation": guest.conversation, "visitor": guest.id, "site": str(site.id)}
    return known | {name: str(row.pk) for name, row in rows.items()}


def aim(case: AnyCase, known: dict[str, str], site: Site) -> None:
    """Half of the cases hit what exists, so that not everything is a 404."""
    if len(str(case.body)) % 2:
        case.path_parameters.update({key: known[key] for key in case.path_parameters if key in known})
        if isinstance(case.body, dict) and isinstance(case.body.get("site"), str):
            case.body["site"] = site.public_key


def fuzz(operations: list[Operation], caller: Caller, guest: Guest, site: Site, examples: int) -> None:
    """Call every operation with what its description allows, and with what it does not."""
    known = furnish(guest, site)
    for operation in operations:
        for mode in GenerationMode:

            @settings(FEW, max_examples=examples)
            @given(case=operation.as_strategy(generation_mode=mode))
            def run(case: AnyCase) -> None:
                aim(case, known, site)
                response = case.call(headers=caller.headers)
                case.validate_response(response, checks=CHECKS, headers=caller.headers)

            # Unsatisfiable: nothing can be wrong with a call that takes nothing.
            with suppress(Unsatisfiable), one_connection():
                run()


def test_fuzzed_as_an_agent(operations: Any, agent: Caller, visitor: Guest, shop: Site) -> None:
    fuzz(operations, agent, visitor, shop, 2)


def test_fuzzed_as_a_visitor(operations: Any, visitor: Guest, shop: Site) -> None:
    fuzz(operations, visitor, visitor, shop, 1)


def test_fuzzed_as_an_administrator(
    operations: Any, administrator: Caller, visitor: Guest, shop: Site
) -> None:
    fuzz(operations, administrator, visitor, shop, 2)


def test_fuzzed_as_nobody(operations: Any, nobody: Caller, visitor: Guest, shop: Site) -> None:
    fuzz(operations, nobody, visitor, shop, 1)
