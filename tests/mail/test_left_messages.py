"""Left messages become e-mails to the team: through a running server and a real SMTP server, both modes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import httpx
import pytest

from tests.mail.post_office import PostOffice
from tests.support.client import Session, access_token, rest, visitor_session
from tests.support.server import Mode, Server, ServerFactory
from tests.support.waiting import eventually

_TEAM = """
from agents.models import SiteRouting
from chat.models import Site
site = Site.objects.get(public_key="demo")
site.name = {name!r}
site.locale = {locale!r}
site.save()
SiteRouting.objects.update_or_create(
    site=site, defaults={{"leave_message_emails": ["desk@shop.example", "boss@shop.example"]}}
)
"""


@pytest.fixture
def office() -> Iterator[PostOffice]:
    """A post office that is open."""
    found = PostOffice()
    found.open()
    try:
        yield found
    finally:
        found.close()


def served(factory: ServerFactory, mode: Mode, office: PostOffice, locale: str = "en") -> Server:
    """A server that sends by this post office."""
    env = {
        "KEFU_RATE_LIMIT": "off",
        "KEFU_EMAIL_URL": office.url,
        "KEFU_EMAIL_FROM": "Tea Shop <noreply@shop.example>",
    }
    server = factory.start(mode, env=env)
    server.manage("shell", "-c", _TEAM.format(name="Yunling Tea", locale=locale))
    return server


def leave(visitor: Session, text: str, **form: Any) -> httpx.Response:
    """Leave a message."""
    with rest(visitor.server, visitor.token) as http:
        return http.post(
            "/api/v1/visitor/leave-message/", json={"client_msg_id": str(uuid.uuid4()), "text": text, **form}
        )


def body(message: EmailMessage) -> str:
    """The plain text."""
    assert message.get_content_type() == "text/plain"
    return str(message.get_content()).replace("\r\n", "\n")


def test_an_outage_of_the_mail_server_delays_and_loses_nothing(
    server_factory: ServerFactory, mode: Mode, office: PostOffice
) -> None:
    server = served(server_factory, mode, office)
    visitor = visitor_session(server, page={"url": "https://shop.example/tea"})
    answer = leave(visitor, "Is it open on Sunday?", name="Han Meimei", email="han@example.com")
    assert answer.status_code == 201, answer.text
    eventually(lambda: office.taken, 20, "the first e-mail")
    office.close()
    other = visitor_session(server)
    assert leave(other, "And on Monday?", phone="+86 571 8888").status_code == 201
    eventually(lambda: "notice_not_sent" in server.log, 20, "a try that failed")
    office.open()
    eventually(lambda: len(office.taken) == 2, 40, "the second e-mail")

    first, second = office.taken
    assert office.envelopes[0] == ["boss@shop.example", "desk@shop.example"]
    assert first["Subject"] == "[Yunling Tea] Message left by Han Meimei"
    assert first["From"] == "Tea Shop <noreply@shop.example>"
    assert first["Reply-To"] == "Han Meimei <han@example.com>"
    assert first["Auto-Submitted"] == "auto-generated"
    assert "> Is it open on Sunday?" in body(first)
    assert f"/console/c/{visitor.conversation}/" in body(first)
    assert "https://shop.example/tea" in body(first)
    assert second["Reply-To"] is None and "+86 571 8888" in body(second)
    assert first["Message-ID"] != second["Message-ID"]
    if mode == "embedded":

        def counted() -> bool:
            with rest(server) as http:
                metrics = http.get("/metrics").text
            # The e-mail arrives before its sender has noted so.
            return 'kefu_notices_total{outcome="sent"} 2.0' in metrics and 'outcome="retried"' in metrics

        eventually(counted, 20, "both are counted as sent")


def test_in_the_sites_language_and_nothing_gets_into_the_headers(
    server_factory: ServerFactory, office: PostOffice
) -> None:
    server = served(server_factory, "embedded", office, locale="zh-CN")
    visitor = visitor_session(server)
    name = "韩梅梅\r\nBcc: everybody@example.com"
    answer = leave(visitor, "请回电\r\n.\r\nRCPT TO:<x@example.com>", name=name, email="han@example.com")
    assert answer.status_code == 201, answer.text
    eventually(lambda: office.taken, 20, "the e-mail")
    message = office.taken[0]
    assert office.envelopes == [["boss@shop.example", "desk@shop.example"]]
    assert message["Bcc"] is None
    assert "韩梅梅" in message["Subject"] and "\n" not in message["Subject"]
    assert "> 请回电\n> .\n> RCPT TO:<x@example.com>" in body(message)
    # The same form again: still one e-mail, told by the next one coming right behind.
    assert leave(visitor, "第二条", email="han@example.com").status_code == 201
    eventually(lambda: len(office.taken) == 2, 20, "the second e-mail")
    assert "第二条" in body(office.taken[1])


def test_without_a_mail_server_the_message_is_kept_and_that_is_said_once(
    server_factory: ServerFactory,
) -> None:
    server = server_factory.start("embedded", env={"KEFU_RATE_LIMIT": "off"})
    for text in ("one", "two"):
        assert leave(visitor_session(server), text, email="han@example.com").status_code == 201

    def counted() -> bool:
        with rest(server) as http:
            return 'kefu_notices_total{outcome="not_configured"} 2.0' in http.get("/metrics").text

    eventually(counted, 20, "both counted")
    assert server.log.count("left_message_without_email") == 1
    with rest(server, access_token(server)) as http:
        assert http.get("/api/v1/conversations/").json()["data"][0]["last_text"] in ("one", "two")
