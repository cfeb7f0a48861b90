"""The widget before real routing: nobody there, outside hours, a full queue, a queue that moves on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, expect

from tests.support.client import Session, agent_session, joined, visitor_session
from tests.support.server import Server, ServerFactory
from tests.widget.browser import PHONE, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

_SETTLE_MS = 30_000
"""What the server remembers of hours and agents, and what a nudge may take on a busy machine."""

_RULES = """
from agents.models import Agent, BusinessHours, SiteRouting
from chat.models import Site
site = Site.objects.get(public_key="demo")
hours, _ = BusinessHours.objects.get_or_create(name="never", defaults={{"week": [[]] * 7}})
SiteRouting.objects.update_or_create(
    site=site, defaults={{"hours": hours if {closed} else None, "max_waiting": {limit}}}
)
Agent.objects.update(capacity={capacity})
"""


@pytest.fixture(scope="module")
def routed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that assigns by itself."""
    factory = ServerFactory(tmp_path_factory.mktemp("routed"))
    try:
        yield factory.start("embedded", env={"KEFU_RATE_LIMIT": "off", "KEFU_ROUTING": "auto"})
    finally:
        factory.close()


def rule(server: Server, closed: bool = False, limit: int = 0, capacity: int = 1) -> None:
    """Set the demo site's hours, the queue's limit and everybody's capacity."""
    server.manage("shell", "-c", _RULES.format(closed=closed, limit=limit, capacity=capacity))


async def words_become(visitor: Visitor, text: str) -> None:
    """Come back until the page says so."""
    for _ in range(15):
        try:
            await expect(visitor.where.locator("#head-status")).to_have_text(text, timeout=2_000)
            return
        except AssertionError:
            await visitor.page.reload()
            await visitor.connected()
    await expect(visitor.where.locator("#head-status")).to_have_text(text)


async def test_a_day_at_the_desk(browser: Browser, routed: Server) -> None:
    rule(routed)
    who: Session = agent_session(routed)
    guest = await Visitor.arrive(browser, routed, **PHONE)
    await words_become(guest, "Away just now, leave us a message")
    await expect(guest.where.get_by_role("button", name="Leave a message")).to_be_visible()
    rule(routed, closed=True)
    await words_become(guest, "Closed just now, leave us a message")
    await expect(guest.where.get_by_label("Your message")).to_be_visible()
    rule(routed)
    async with joined(who) as agent:
        await words_become(guest, "We are here for you")
        # The agent's one seat is taken by somebody else; this visitor waits, and hears when it is their turn.
        first = visitor_session(routed)
        async with joined(first) as other:
            await other.say(first.conversation, "I was here before")
            await agent.expect("conversation", 60, where=lambda frame: frame["payload"]["status"] == "active")
            await guest.write("Me too")
            await guest.state_of("Me too", "sent")
            place = guest.where.locator(".queue .place")
            await expect(place).to_have_text("You are next", timeout=_SETTLE_MS)
            rule(routed, limit=1)
            late = await Visitor.arrive(browser, routed, **PHONE)
            await words_become(late, "Very busy just now")
            await expect(late.where.locator("#composer")).to_be_hidden()
            await expect(place).to_be_visible()
            await late.leave()
            rule(routed, capacity=2)
            line = guest.where.locator("#log .act").last
            await expect(line).to_have_text("admin is now helping you", timeout=_SETTLE_MS)
            await expect(place).to_have_count(0)
            await expect(guest.where.locator("#head-status")).to_have_text("In conversation with you")
    await guest.leave()
