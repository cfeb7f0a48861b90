"""`presence` frames: whoever works for a site hears at once how their colleagues stand."""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from django.db import DatabaseError

from agents.presence.reading import presence_of
from chat import sites
from chat.delivery.hub import Signal, site_topic
from chat.delivery.outbound import announce

log = structlog.get_logger(__name__)


def tell(agent_ids: Iterable[str]) -> None:
    """Send these agents' status and load to their sites. Call after the commit; costs three queries.

    Best effort: a frame that is lost, or not sent because the database went away, is made up for by the next
    change and by the lists people read.
    """
    wanted = sorted({str(agent_id) for agent_id in agent_ids})
    if not wanted:
        return
    try:
        seen = presence_of(wanted)
        every_site = tuple(sorted(sites.all_ids()))
    except DatabaseError as error:
        log.warning("presence.not_told", agents=len(wanted), error=type(error).__name__)
        return
    announce(
        [
            Signal(site_topic(site), "presence", presence.payload())
            for presence in seen
            for site in (every_site if presence.sites is None else presence.sites)
        ]
    )
