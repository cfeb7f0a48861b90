"""What a session says and to whom: frames in the client's form, errors, and the goodbye."""

from __future__ import annotations

from typing import Any

from chat import metrics
from chat.conversation import Participant
from chat.errors import KefuError
from chat.protocol.commands import FrameError
from chat.protocol.entry import new_id
from chat.realtime.outlet import Outlet


class Voice:
    """The outgoing half of a connected participant. Lives on the event-loop thread."""

    __slots__ = ("closed", "form", "internal", "key", "origin", "outlet", "participant", "zstd")

    def __init__(self, outlet: Outlet, form: Any, participant: Participant) -> None:
        self.key = new_id()
        self.outlet = outlet
        self.form = form
        self.zstd = False
        self.participant = participant
        self.internal = participant.kind != "visitor"
        #: We have said goodbye: what still comes in is not looked at any more.
        self.closed = False
        #: What stands for "the connection that sent it": itself, or the poll that outlives its requests.
        self.origin: object = self

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
