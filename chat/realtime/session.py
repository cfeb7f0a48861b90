"""One client's session: what it follows, where it stands, what it may do. The same over socket and long poll.

A socket sends `seq == position + 1`, drops lower, and reads the journal on a gap, so the order of delivery
is the order of the log whatever the ways between did.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

from chat import metrics, posting
from chat.conversation import Participant, may_read
from chat.delivery.frames import Delivery
from chat.delivery.hub import VISITORS_SEE, hub, site_topic
from chat.delivery.outbound import keep
from chat.errors import KefuError
from chat.journal.base import JournalUnavailable, Outcome, Refused, Stored
from chat.protocol.commands import FrameError, Send, SendPayload
from chat.protocol.entry import Entry, new_id
from chat.realtime.backlog import RESYNC_OVER, missed_entries
from chat.realtime.limits import AGENT, VISITOR, Bucket
from chat.realtime.outlet import Outlet
from chat.realtime.viewing import viewers
from chat.states import cached, remember

logger = logging.getLogger(__name__)

#: Signals that visitors never get.
_FOR_AGENTS: Final = frozenset({"conversation.gone", "presence", "viewing"})
#: While catching up: look every so many entries whether more than so many bytes wait, for so long at most.
ROOM_EVERY: Final = 16
ROOM_BYTES: Final = 262_144
ROOM_WAIT_S: Final = 20.0

MAX_FOLLOWED: Final = 5_000  # conversations one connection may follow

_ACKED = metrics.ACKS
_MESSAGES_OUT = metrics.FRAMES.labels(type="message", direction="out")
_ACKS_OUT = metrics.FRAMES.labels(type="message.ack", direction="out")


class ClientSession:
    """A connected participant. Lives on the event-loop thread."""

    __slots__ = (
        "_healing", "_own", "_retries", "_settled", "_unanswered", "address", "bucket", "claims", "closed",
        "form", "internal", "key", "learn_own", "origin", "outlet", "own_ids",
        "participant", "positions", "sites", "viewing", "zstd",
    )  # fmt: skip

    def __init__(self, outlet: Outlet, form: Any, participant: Participant, limited: bool) -> None:
        self.key = new_id()
        #: Where the client calls from, for the blacklist; "" when nobody told.
        self.address = ""
        self.outlet = outlet
        self.form = form
        self.zstd = False
        self.participant = participant
        self.claims: Any = None
        self.internal = participant.kind != "visitor"
        #: What an agent has open (`chat.realtime.viewing`).
        self.viewing: set[str] | None = None
        #: We have said goodbye: what still comes in is not looked at any more.
        self.closed = False
        self.positions: dict[str, int] = {}
        self.sites: tuple[str, ...] = ()
        #: What stands for "the connection that sent it": itself, or the poll that outlives its requests.
        self.origin: object = self
        self.bucket: Bucket | None = Bucket(*(AGENT if self.internal else VISITOR)) if limited else None
        self._healing: dict[str, bool] | None = None  # conversation → did more arrive meanwhile?
        self._own: set[tuple[str, int]] | None = None  # own entries acknowledged before their turn came
        self._retries: deque[tuple[SendPayload, str | None]] | None = None
        self._unanswered = 0
        self._settled: asyncio.Future[None] | None = None
        #: (conversation, client_msg_id) sent over other requests of the same poll: not given back.
        self.own_ids: set[tuple[str, str]] | None = None
        #: Brings `own_ids` up to date once the log was read (polls: another process may have posted).
        self.learn_own: Callable[[], Awaitable[None]] | None = None

    # --- out ----------------------------------------------------------------------------------------------

    def write(self, frame: bytes) -> None:
        """Send bytes already in this session's form; a reader too slow is closed with 4508 and resumes."""
        if self.zstd and len(frame) > 512:
            from chat.protocol.binary_form import compress

            frame = compress(frame)
        if not self.outlet.send(frame, self.form.binary):
            self.too_slow()

    def too_slow(self) -> None:
        """Close with 4508: it may come back and resume."""
        if not self.closed:
            metrics.SLOW_CLOSES.inc()
            self.close(4508)

    def close(self, code: int) -> None:
        """End the connection from our side; ending twice is ending once."""
        if self.closed:
            return
        metrics.CLOSES.labels(code=str(code)).inc()
        self.end()
        self.outlet.close(code)

    def end(self) -> None:
        """The client is gone or told to go: nothing is delivered any more, whatever is still under way."""
        self.closed = True
        if self.viewing:
            viewers.leave(self)
        self.leave_all()

    def frame(self, kind: str, payload: dict[str, Any], ref: str | None = None) -> None:
        """Send a frame."""
        metrics.FRAMES.labels(type=kind, direction="out").inc()
        self.write(self.form.frame(kind, payload, ref))

    def error(self, error: KefuError | FrameError, ref: str | None = None) -> None:
        """Answer with an `error` frame."""
        metrics.ERRORS.labels(code=error.code).inc()
        known = error if isinstance(error, KefuError) else KefuError(error.code, error.message)
        payload: dict[str, Any] = {
            "code": known.code,
            "message": known.message,
            "retryable": known.retryable,
            "retry_after_s": known.retry_after_s,
        }
        if known.details:
            payload["details"] = known.details
            if "conversation" in known.details:
                payload["conversation"] = known.details["conversation"]
        self.frame("error", payload, ref)

    # --- following ----------------------------------------------------------------------------------------

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

    # --- messages in --------------------------------------------------------------------------------------

    async def settled(self) -> None:
        """Wait until every send so far was answered (a poll's POST answers with the acks)."""
        while self._unanswered:
            self._settled = asyncio.get_running_loop().create_future()
            await self._settled
            self._settled = None

    def _answered(self) -> None:
        self._unanswered -= 1
        if not self._unanswered and self._settled is not None and not self._settled.done():
            self._settled.set_result(None)

    def send(self, command: SendPayload, ref: str | None) -> None:
        """Post a message: the short way when everything is at hand, else (in order) the whole course."""
        self._unanswered += 1
        if self._retries is None:
            try:
                if posting.submit_plain(
                    command,
                    self.participant,
                    self.origin,
                    lambda outcome: self._stored(command, ref, outcome),
                ):
                    return
            except KefuError as error:
                self.refuse(error, ref)
                return
        self._post_later(command, ref)

    def refuse(self, error: KefuError, ref: str | None) -> None:
        """Answer a send with an error."""
        self.error(error, ref)
        self._answered()

    def _stored(self, command: SendPayload, ref: str | None, outcome: Outcome | JournalUnavailable) -> None:
        if isinstance(outcome, Stored):
            last = outcome.entries[-1]
            self.ack(command, ref, last.id, last.seq, last.created_at)
        elif isinstance(outcome, JournalUnavailable):
            self.refuse(KefuError("journal_unavailable", "not stored; try again", retry_after_s=1), ref)
        else:
            if isinstance(outcome, Refused):
                remember(outcome.head)
            self._post_later(command, ref)

    def ack(self, command: SendPayload, ref: str | None, entry_id: str, seq: int, created_at: int) -> None:
        """Acknowledge: the entry is durable."""
        _ACKED.inc()
        _ACKS_OUT.inc()
        position = self.positions.get(command.conversation)
        if position is None:
            # The visitor's next conversation (the one `conversation_closed` named): follow it from here.
            if not self.internal:
                self.follow(command.conversation, seq)
        elif seq > position:
            if self._own is None:
                self._own = set()
            self._own.add((command.conversation, seq))
        self.write(self.form.ack(ref, command.conversation, command.client_msg_id, entry_id, seq, created_at))
        self._answered()

    def _post_later(self, command: SendPayload, ref: str | None) -> None:
        if self._retries is not None:
            self._retries.append((command, ref))
            return
        self._retries = deque([(command, ref)])
        keep(asyncio.create_task(self._work_off()))

    async def _work_off(self) -> None:
        assert self._retries is not None
        try:
            while self._retries:
                command, ref = self._retries[0]
                try:
                    await self._post(command, ref)
                except Exception:
                    # It was answered with `internal`; those behind it wait for their turn.
                    logger.exception("a message could not be taken")
                self._retries.popleft()
        finally:
            self._retries = None

    async def _post(self, command: SendPayload, ref: str | None) -> None:
        try:
            posted = await posting.post(
                Send(
                    command.conversation,
                    command.client_msg_id,
                    command.kind,
                    command.text,
                    command.attachment,
                    command.card,
                    command.reply_to,
                ),
                self.participant,
                self.origin,
            )
        except KefuError as error:
            self.refuse(error, ref)
        except Exception:
            self.refuse(KefuError("internal", "the message could not be taken; try again"), ref)
            raise
        else:
            self.ack(command, ref, posted.id or "", posted.seq, posted.created_at)
