"""One client's session, the same over socket and long poll: what it hears (`following`), what it says
(`voice`), and here the messages it sends, answered in their order.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Any

from chat import metrics, posting
from chat.conversation import Participant
from chat.delivery.outbound import keep
from chat.errors import KefuError
from chat.journal.base import JournalUnavailable, Outcome, Refused, Stored
from chat.protocol.commands import Send, SendPayload
from chat.realtime.following import Following
from chat.realtime.limits import AGENT, VISITOR, Bucket
from chat.realtime.outlet import Outlet
from chat.states import remember

logger = logging.getLogger(__name__)

_ACKED = metrics.ACKS
_ACKS_OUT = metrics.FRAMES.labels(type="message.ack", direction="out")


class ClientSession(Following):
    """A connected participant. Lives on the event-loop thread."""

    __slots__ = ("_retries", "_settled", "_unanswered", "address", "bucket", "claims")

    def __init__(self, outlet: Outlet, form: Any, participant: Participant, limited: bool) -> None:
        super().__init__(outlet, form, participant)
        #: Where the client calls from, for the blacklist; "" when nobody told.
        self.address = ""
        self.claims: Any = None
        self.bucket: Bucket | None = Bucket(*(AGENT if self.internal else VISITOR)) if limited else None
        self._retries: deque[tuple[SendPayload, str | None]] | None = None
        self._unanswered = 0
        self._settled: asyncio.Future[None] | None = None

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
