"""What a session follows, and how far it is in each log.

A socket sends `seq == position + 1`, drops lower, and reads the journal on a gap, so the order of delivery
is the order of the log whatever the ways between did.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from chat import metrics, posting
from chat.conversation import Participant, may_read
from chat.delivery.frames import Delivery
from chat.delivery.hub import VISITORS_SEE, hub, site_topic
from chat.delivery.outbound import keep
from chat.errors import KefuError
from chat.protocol.entry import Entry
from chat.realtime.backlog import RESYNC_OVER, missed_entries
from chat.realtime.outlet import Outlet
from chat.realtime.viewing import viewers
from chat.realtime.voice import Voice
from chat.states import cached

#: Signals that visitors never get.
_FOR_AGENTS: Final = frozenset({"conversation.gone", "presence", "viewing"})
#: While catching up: look every so many entries whether more than so many bytes wait, for so long at most.
ROOM_EVERY: Final = 16
ROOM_BYTES: Final = 262_144
ROOM_WAIT_S: Final = 20.0

MAX_FOLLOWED: Final = 5_000  # conversations one connection may follow

_MESSAGES_OUT = metrics.FRAMES.labels(type="message", direction="out")


class Following(Voice):
    """Conversations and sites that a participant hears of; a `Subscriber` of the hub."""

    __slots__ = ("_healing", "_own", "learn_own", "own_ids", "positions", "sites", "viewing")

    def __init__(self, outlet: Outlet, form: Any, participant: Participant) -> None:
        super().__init__(outlet, form, participant)
        #: What an agent has open (`chat.realtime.viewing`).
        self.viewing: set[str] | None = None
        self.positions: dict[str, int] = {}
        self.sites: tuple[str, ...] = ()
        self._healing: dict[str, bool] | None = None  # conversation → did more arrive meanwhile?
        self._own: set[tuple[str, int]] | None = None  # own entries acknowledged before their turn came
        #: (conversation, client_msg_id) sent over other requests of the same poll: not given back.
        self.own_ids: set[tuple[str, str]] | None = None
        #: Brings `own_ids` up to date once the log was read (polls: another process may have posted).
        self.learn_own: Callable[[], Awaitable[None]] | None = None

    def end(self) -> None:
        """See `Voice.end`; it takes no more part anywhere."""
        super().end()
        if self.viewing:
            viewers.leave(self)
        self.leave_all()

    def follow(self, conversation: str, position: int) -> None:
        """Deliver what comes after `position` from now on."""
        if self.closed:
            return  # an acknowledgement that comes after the goodbye would keep a dead session in the hub
        if conversation not in self.positions and len(self.positions) >= MAX_FOLLOWED:
            raise KefuError("conflict", f"one connection follows at most {MAX_FOLLOWED} conversations")
        self.positions[conversation] = position
        hub.subscribe(conversation, self)

    def unfollow(self, conversation: str) -> None:
        """Stop delivering it."""
        if self.positions.pop(conversation, None) is not None:
            hub.unsubscribe(conversation, self)
        if self.viewing and conversation in self.viewing and not self.closed:
            viewers.say(self, conversation, False)

    def follow_sites(self, sites: tuple[str, ...]) -> None:
        """Hear of every conversation's changes at these sites, and no others any more (agents)."""
        if self.closed:
            sites = ()
        for site in set(self.sites) - set(sites):
            hub.unsubscribe(site_topic(site), self)
        for site in sites:
            hub.subscribe(site_topic(site), self)
        self.sites = sites

    def become(self, participant: Participant, every_site: tuple[str, ...]) -> None:
        """The same agent as of now: what is no longer theirs falls silent. `every_site`: ids of all sites."""
        sites = every_site if participant.sites is None else tuple(sorted(participant.sites))
        if sites != self.sites:
            self.follow_sites(sites)
        self.act_as(participant)

    def act_as(self, participant: Participant) -> None:
        """Take on what this person may do now: a conversation that is no longer theirs falls silent."""
        if participant == self.participant:
            return
        self.participant = participant
        for conversation in list(self.positions):
            known = cached(conversation)
            if known is None:
                keep(asyncio.create_task(self._look_again(conversation)))
            elif not may_read(known.state, participant):
                self.unfollow(conversation)
        if self.internal:
            # What stands in the client's list may be another's now, or more may be its own.
            groups = None if participant.groups is None else sorted(participant.groups)
            sites = None if participant.sites is None else sorted(participant.sites)
            self.frame("rights", {"role": participant.role, "sites": sites, "groups": groups})

    async def _look_again(self, conversation: str) -> None:
        try:
            known = await posting.look(conversation)
        except KefuError:
            self.close(4500)  # whoever comes back is asked anew
            return
        if not may_read(known.state, self.participant):
            self.unfollow(conversation)

    def leave_all(self) -> None:
        """Forget everything followed; the session takes no more part."""
        for conversation in list(self.positions):
            self.unfollow(conversation)
        self.follow_sites(())

    def offer(self, delivery: Delivery) -> None:
        """See `Subscriber`: an entry was stored."""
        conversation = delivery.conversation
        position = self.positions.get(conversation)
        if position is None or delivery.seq <= position:
            return
        if delivery.seq != position + 1 or (self._healing is not None and conversation in self._healing):
            self.heal(conversation)
            return
        self.positions[conversation] = delivery.seq
        if delivery.origin is not None and delivery.origin == self.origin:
            return
        self.pass_on(delivery)

    def pass_on(self, delivery: Delivery) -> None:
        """Write a `message` frame."""
        if self.own_ids and self._is_own(delivery):
            return
        _MESSAGES_OUT.inc()
        self.write(delivery.binary(self.internal) if self.form.binary else delivery.json(self.internal))

    def _is_own(self, delivery: Delivery) -> bool:
        entry = delivery.entry
        return isinstance(entry, Entry) and (entry.conversation, entry.client_msg_id) in (self.own_ids or ())

    def signal(self, topic: str, kind: str, payload: dict[str, Any]) -> None:
        """See `Subscriber`: a frame outside the log."""
        if not self.internal:
            if kind in _FOR_AGENTS:
                return
            if kind == "conversation":
                payload = {key: payload.get(key) for key in VISITORS_SEE}
            elif kind == "typing":
                payload = {key: value for key, value in payload.items() if key != "preview"}
        elif kind == "conversation":
            if not self._may_hear(payload):
                return
        elif kind == "viewing":
            payload = viewers.merged(payload)
        elif kind == "conversation.gone":
            if self._may_hear(payload):
                return
            self.unfollow(payload["id"])
            payload = {"conversation": payload["id"]}
        self.frame(kind, payload)

    def _may_hear(self, payload: dict[str, Any]) -> bool:
        """`may_read`, of a `conversation` frame (its site is the topic's)."""
        who = self.participant
        if who.groups is None or not payload.get("group") or payload["group"]["id"] in who.groups:
            return who.serves(payload["site"])
        people = [payload.get("agent"), *payload.get("guests", ())]
        return who.serves(payload["site"]) and any(each and each["id"] == who.id for each in people)

    def behind(self, conversation: str, head: int) -> bool:
        """See `Subscriber`."""
        position = self.positions.get(conversation)
        return position is not None and position < head

    def heal(self, conversation: str) -> None:
        """Read what delivery skipped. Calls while one reading is under way make it read once more."""
        if self._healing is None:
            self._healing = {}
        if conversation in self._healing:
            self._healing[conversation] = True
            return
        self._healing[conversation] = False
        task = asyncio.create_task(self._heal(conversation))
        keep(task)

    async def _heal(self, conversation: str) -> None:
        assert self._healing is not None
        try:
            while True:
                self._healing[conversation] = False
                await self.catch_up(conversation, count_healed=True)
                if not self._healing[conversation]:
                    return
        except KefuError:
            # The log cannot be read just now. The sweep of heads (every 2 s) comes back to it.
            return
        finally:
            del self._healing[conversation]

    async def catch_up(self, conversation: str, *, count_healed: bool = False) -> bool:
        """Send what stands in the log after the position. False when that is too much (the client reads
        history).
        """
        position = self.positions.get(conversation)
        if position is None:
            return True
        deliveries, head = await missed_entries(conversation, position)
        if deliveries and self.learn_own is not None:
            # After the log: what is in it was noted as sent before it was written.
            await self.learn_own()
        if head - position > RESYNC_OVER:
            if self.positions.get(conversation) != position:
                return True  # unfollowed, or another reading was quicker
            self.positions[conversation] = head
            self._own = None
            self.frame("resync", {"conversation": conversation, "head": head})
            return False
        for count, delivery in enumerate(deliveries, 1):
            if count % ROOM_EVERY == 0:
                await self._room()
            if delivery.seq <= self.positions.get(conversation, head):
                continue
            self.positions[conversation] = delivery.seq
            if self._own and (conversation, delivery.seq) in self._own:
                self._own.discard((conversation, delivery.seq))
                continue
            if count_healed:
                metrics.GAPS_HEALED.inc()
            self.pass_on(delivery)
        return True

    async def _room(self) -> None:
        """Wait until a reader that catches up has taken what it was given.

        500 long messages are 12 MB: written at once they would make a phone that reads as fast as it can too
        slow a reader. One that takes nothing for `ROOM_WAIT_S` is.
        """
        left, waited = self.outlet.backlog(), 0.0
        while left > ROOM_BYTES and not self.closed:
            await asyncio.sleep(0.05)
            before, left = left, self.outlet.backlog()
            waited = 0.0 if left < before else waited + 0.05
            if waited >= ROOM_WAIT_S:
                self.too_slow()
