"""The bot's back office: roles bound what is seen, secrets are written and never shown, models are chosen,
answers are read with their reasons.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from agents.models import Agent
from bot import config
from bot.learning import progress
from bot.models import (
    Answered,
    BotSettings,
    Endpoint,
    LanguageModel,
    RemoteEngine,
    Rule,
    TrainedModel,
)
from chat.models import Site

pytestmark = pytest.mark.django_db
RULE: dict[str, Any] = {
    "name": "Hours", "kind": "keyword", "expressions": "几点\n营业+时间", "answer": "九点到九点",
    "priority": 0,
    "enabled": "on",
}  # fmt: skip


@pytest.mark.parametrize(
    "page",
    [
        "botsettings", "rule", "sensitiveword", "intent", "example", "endpoint", "entitylist",
        "entitypattern",
        "trainedmodel", "remoteengine", "languagemodel", "answered",
    ],
)  # fmt: skip
def test_lists_and_forms_open(page: str, admin_client: Client, keeper: Client) -> None:
    assert admin_client.get(f"/admin/bot/{page}/").status_code == 200
    assert keeper.get(f"/admin/bot/{page}/").status_code == 200
    wanted = 403 if page in ("trainedmodel", "answered") else 200
    assert admin_client.get(f"/admin/bot/{page}/add/").status_code == wanted


def test_who_is_no_administrator_has_no_business_here(client: Client, shop: Site) -> None:
    user = User.objects.create_user("lilei", password="correct-horse-42", is_staff=True)
    Agent.objects.create(user=user, display_name="Lilei").sites.add(shop)
    client.force_login(user)
    for page in ("bot/rule/", "bot/playground/", "bot/replay/", "bot/endpoint/", "bot/answered/"):
        assert client.get(f"/admin/{page}").status_code == 403
    client.logout()
    assert client.get("/admin/bot/playground/").status_code == 302


def test_a_site_gets_its_bot(admin_client: Client, shop: Site) -> None:
    given = {
        "site": str(shop.pk), "enabled": "on", "name": "小茶", "pause_min_ms": 0, "pause_max_ms": 10,
        "patience_s": 3,
        "misses_to_people": 2, "anger_to_people": "on", "memory_minutes": 30,
        "quick_questions": "退款多久到账\n\n怎么开发票",
    }  # fmt: skip
    before = config.version()
    bad = admin_client.post("/admin/bot/botsettings/add/", {**given, "pause_min_ms": 11})
    assert bad.status_code == 200 and not BotSettings.objects.exists()
    assert admin_client.post("/admin/bot/botsettings/add/", given).status_code == 302
    row = BotSettings.objects.get()
    assert row.quick_questions == ["退款多久到账", "怎么开发票"]
    assert config.version() > before
    audited = LogEntry.objects.get_for_object(row).first()
    assert audited is not None and audited.actor is not None and audited.actor.get_username() == "admin"


def test_administrators_keep_their_own_sites_only(
    keeper: Client, shop: Site, other_shop: Site, django_user_model: Any
) -> None:
    theirs = Rule.objects.create(site=other_shop, name="Theirs", expressions=["x"], answer="x")
    common = Rule.objects.create(name="Common", expressions=["y"], answer="y")
    page = keeper.get("/admin/bot/rule/").content.decode()
    assert "Common" in page and "Theirs" not in page
    assert keeper.get(f"/admin/bot/rule/{theirs.pk}/change/").status_code == 302
    assert keeper.post(f"/admin/bot/rule/{common.pk}/change/", RULE).status_code == 403
    assert keeper.post("/admin/bot/rule/add/", RULE).status_code == 200  # every site is not theirs to give
    assert keeper.post("/admin/bot/rule/add/", {**RULE, "site": str(other_shop.pk)}).status_code == 200
    assert Rule.objects.count() == 2
    assert keeper.post("/admin/bot/rule/add/", {**RULE, "site": str(shop.pk)}).status_code == 302
    for page_ in ("endpoint", "entitylist", "entitypattern", "remoteengine"):
        assert keeper.get(f"/admin/bot/{page_}/add/").status_code == 403
    row = TrainedModel.objects.create(number=1, data=b"x")
    assert keeper.post("/admin/bot/trainedmodel/train/").status_code == 403
    assert keeper.post(f"/admin/bot/trainedmodel/{row.pk}/activate/").status_code == 403


def test_secrets_are_written_and_never_shown(admin_client: Client) -> None:
    endpoint = {
        "name": "orders",
        "url": "https://shop.example.com/orders",
        "timeout_ms": 2000,
        "enabled": "on",
    }
    made = admin_client.post("/admin/bot/endpoint/add/", endpoint, follow=True)
    row = Endpoint.objects.get()
    assert row.secret in made.content.decode()  # once
    for path in ("", f"{row.pk}/change/"):
        page = admin_client.get(f"/admin/bot/endpoint/{path}").content.decode()
        assert row.secret not in page
    old = row.secret
    admin_client.post(f"/admin/bot/endpoint/{row.pk}/change/", {**endpoint, "timeout_ms": 3000})
    row.refresh_from_db()
    assert (row.secret, row.timeout_ms) == (old, 3000)
    new = {**endpoint, "new_secret": "a-secret-of-my-own-42"}
    admin_client.post(f"/admin/bot/endpoint/{row.pk}/change/", new)
    row.refresh_from_db()
    assert row.secret == "a-secret-of-my-own-42"
    assert (
        admin_client.post(
            "/admin/bot/endpoint/add/", {**endpoint, "name": "x", "new_secret": "k"}
        ).status_code
        == 200
    )
    model = {
        "base_url": "https://llm.example.com/v1", "model": "m", "new_key": "sk-very-secret-key",
        "max_tokens": 100,
        "tokens_a_day": 1000, "timeout_ms": 8000, "enabled": "on",
    }  # fmt: skip
    admin_client.post("/admin/bot/languagemodel/add/", model)
    kept = LanguageModel.objects.get()
    assert kept.key == "sk-very-secret-key"
    assert (
        "sk-very-secret"
        not in admin_client.get(f"/admin/bot/languagemodel/{kept.pk}/change/").content.decode()
    )
    engine = {
        "name": "gpu", "url": "https://gpu.example.com/nlp", "new_key": "engine-secret-key",
        "tasks": ["intent"],
        "canary_percent": 10, "timeout_ms": 500, "enabled": "on",
    }  # fmt: skip
    admin_client.post("/admin/bot/remoteengine/add/", engine)
    remote = RemoteEngine.objects.get()
    assert (remote.key, remote.tasks) == ("engine-secret-key", ["intent"])
    audited = " ".join(str(entry.changes) for entry in LogEntry.objects.all())
    assert not any(secret in audited for secret in ("secret-of-my-own", "sk-very", "engine-secret"))


def test_an_endpoint_is_called_with_slots_somebody_types(admin_client: Client) -> None:
    row = Endpoint.objects.create(name="orders", url="http://127.0.0.1:9/orders", timeout_ms=200)
    page = f"/admin/bot/endpoint/{row.pk}/try/"
    assert admin_client.get(page).status_code == 200
    given = {"intent": "order_status", "slots": "order_id = 2026112000123", "language": "zh"}
    shown = admin_client.post(page, given).content.decode()
    assert "unreachable" in shown
    assert row.secret not in shown


def test_models_are_learnt_chosen_and_told_of(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[Any, ...]] = []
    monkeypatch.setattr("bot.tasks.train.delay", lambda *args: begun.append(args))
    page = "/admin/bot/trainedmodel/"
    assert admin_client.post(f"{page}train/", {"note": "more", "canary_percent": "20"}).status_code == 302
    assert begun == [("admin", "more", 20)]
    waiting = admin_client.get(page).content.decode()
    assert 'http-equiv="refresh"' in waiting
    assert admin_client.post(f"{page}train/").status_code == 302 and len(begun) == 1  # one at a time
    failed = progress.carry_out("admin", "", 0)
    assert (failed.state, failed.number) == ("failed", None)
    assert "badge-failed" in admin_client.get(page).content.decode()
    report = {
        "examples": 10, "intents": 2, "accuracy": 0.91, "train_s": 1.2, "size": 10, "scarce": ["invoice"],
        "confusions": [{"intent": "invoice", "taken_for": "refund_apply", "times": 3}],
    }  # fmt: skip
    one = TrainedModel.objects.create(number=1, data=b"x", active=True, report=report)
    two = TrainedModel.objects.create(number=2, data=b"y")
    shown = admin_client.get(f"{page}{one.pk}/change/").content.decode()
    assert "refund_apply" in shown and "invoice" in shown
    before = config.version()
    assert admin_client.post(f"{page}{two.pk}/activate/").status_code == 302
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.active, two.active) == (False, True)
    assert (
        admin_client.post(f"{page}{one.pk}/change/", {"canary_percent": 15, "note": "old"}).status_code == 302
    )
    one.refresh_from_db()
    assert one.canary_percent == 15 and config.version() > before + 1
    assert admin_client.get(f"{page}{one.pk}/activate/").status_code == 405


def test_answers_are_read_with_their_reasons(
    admin_client: Client, keeper: Client, shop: Site, other_shop: Site
) -> None:
    step = {"level": "retrieval", "verdict": "answered", "detail": {"threshold": "<b>"}, "took_us": 8}
    key = uuid4()
    source = {"kind": "question", "id": str(key), "title": "退款 <i>", "url": ""}
    row = Answered.objects.create(
        site=shop, conversation=uuid4(), seq=1, question="退款多久", outcome="answered", level="retrieval",
        at_ms=1_763_680_000_000, trace=[step], sources=[source], helped=True,
    )  # fmt: skip
    other = Answered.objects.create(
        site=other_shop, conversation=uuid4(), seq=1, question="别家的问题", outcome="honest", at_ms=5
    )
    page = keeper.get("/admin/bot/answered/").content.decode()
    assert "退款多久" in page and "别家的问题" not in page
    assert keeper.get(f"/admin/bot/answered/{other.pk}/change/").status_code == 302
    shown = admin_client.get(f"/admin/bot/answered/{row.pk}/change/").content.decode()
    assert "&lt;b&gt;" in shown and "<i>" not in shown.split("退款")[-1][:10]
    assert f"/admin/knowledge/question/{key}/change/" in shown
    assert admin_client.post(f"/admin/bot/answered/{row.pk}/change/", {"question": "x"}).status_code == 403
    assert (
        admin_client.get("/admin/bot/answered/?helped=1&outcome=answered&level=retrieval").status_code == 200
    )
