"""The outbox of e-mails: one row an act, each claimed by one worker, tried again, given up in the end."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail

from agents.mail import sending
from agents.mail.following import LeftMessages
from agents.mail.recipients import recipients
from agents.models import Agent, Group, Notice, Role, SiteRouting
from chat.conversation import State
from chat.models import Conversation, Message, Site, Visitor, new_uuid
from chat.ports import Moved
from chat.protocol.entry import now_ms

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def configured(settings: Any) -> None:
    """Django's own outbox in memory stands for the mail server."""
    settings.KEFU_EMAIL_URL = "smtp://mail.example.com"
    settings.DEFAULT_FROM_EMAIL = "Shop <noreply@shop.example>"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def shop() -> Site:
    """A site with an address for left messages."""
    site = Site.objects.create(public_key="shop", name="Shop", locale="en")
    SiteRouting.objects.create(site=site, leave_message_emails=["desk@shop.example"])
    return site


@pytest.fixture
def left(shop: Site) -> Iterator[Moved]:
    """A persisted left message, as persistence tells it."""
    visitor = Visitor.objects.create(site=shop, token_hash="h", name="Han")
    row = Conversation.objects.create(site=shop, visitor=visitor)
    base = {"conversation": row, "created_at": 1}
    Message.objects.create(id=new_uuid(), seq=1, sender_kind="visitor", kind="text", text="Hello", **base)
    event = {"name": "left_message", "data": {"contact": {"email": "han@example.com"}}}
    Message.objects.create(id=new_uuid(), seq=2, sender_kind="system", kind="event", event=event, **base)
    state = State(str(row.id), str(shop.id), str(visitor.id))
    yield Moved(state, True, True, ("left_message",), 1, 0, 1)


def test_seeing_an_act_again_asks_for_no_second_email(left: Moved) -> None:
    follower = LeftMessages()
    follower.follow([left])
    follower.follow([left])
    assert sending.send_due() == 1
    follower.follow([left])
    assert sending.send_due() == 0
    assert len(mail.outbox) == 1 and mail.outbox[0].reply_to == ["Han <han@example.com>"]
    assert Notice.objects.get().sent_ms is not None


def test_two_workers_send_it_once(left: Moved) -> None:
    LeftMessages().follow([left])
    first, second = Notice.objects.get(), Notice.objects.get()
    assert sending._claim(first) and not sending._claim(second)


def test_a_worker_that_died_leaves_its_claim_to_the_next(left: Moved) -> None:
    LeftMessages().follow([left])
    assert sending._claim(Notice.objects.get())
    assert sending.send_due() == 0
    Notice.objects.update(due_ms=now_ms() - 1)
    assert sending.send_due() == 1


def test_the_waits_grow_and_it_is_given_up_in_the_end(left: Moved, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> int:
        raise smtplib.SMTPServerDisconnected("away")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    LeftMessages().follow([left])
    waits = []
    for _ in range(sending.MAX_TRIES):
        Notice.objects.update(due_ms=now_ms())
        begun = now_ms()
        sending.send_due()
        due = Notice.objects.get().due_ms
        waits.append(None if due is None else round((due - begun) / 1000))
    assert waits[:4] == [5, 10, 20, 40] and max(wait for wait in waits[:-1] if wait is not None) == 3600
    assert waits[-1] is None
    notice = Notice.objects.get()
    assert notice.sent_ms is None and "SMTPServerDisconnected" in notice.error


def test_who_is_told(shop: Site) -> None:
    def hire(name: str, email: str, **more: Any) -> Agent:
        user = User.objects.create(username=name, email=email, is_superuser=name == "root")
        agent = Agent.objects.create(user=user, display_name=name, **more)
        agent.sites.set([shop])
        return agent

    assert recipients(shop) == ["desk@shop.example"]
    SiteRouting.objects.update(leave_message_emails=["a\nb@shop.example", "", "  "])
    assert recipients(shop) == []
    hire("root", "root@shop.example")
    assert recipients(shop) == ["root@shop.example"]
    hire("chief", "chief@shop.example", role=Role.SUPERVISOR)
    hire("gone", "gone@shop.example", role=Role.SUPERVISOR, is_enabled=False)
    member = hire("member", "member@shop.example")
    assert recipients(shop) == ["chief@shop.example"]
    group = Group.objects.create(name="Tea")
    group.agents.add(member)
    SiteRouting.objects.update(default_group=group)
    assert recipients(shop) == ["chief@shop.example", "member@shop.example"]


def test_nobody_with_an_address_ends_it(left: Moved) -> None:
    SiteRouting.objects.all().delete()
    LeftMessages().follow([left])
    assert sending.send_due() == 0
    notice = Notice.objects.get()
    assert notice.due_ms is None and notice.error == "nobody has an e-mail address"
