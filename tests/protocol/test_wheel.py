"""Heartbeats: a ping per heartbeat, and silence for two is found within them (section 3)."""

import pytest

from chat.realtime.wheel import Wheel


class Peer:
    """A connection that answers pings while it is alive."""

    def __init__(self) -> None:
        self.last_seen = 0.0
        self.alive = True
        self.pings: list[float] = []
        self.now = 0.0

    def ping(self, payload: bytes = b"") -> bool:
        """Answered at once by a living peer."""
        self.pings.append(self.now)
        if self.alive:
            self.last_seen = self.now + 0.05
        return True


def run(wheel: Wheel, peer: Peer, until: float, speaks: list[float], dies: float) -> float | None:
    """Turn once a second; when the wheel called the peer silent."""
    ended: list[float] = []
    slot = wheel.add(peer, lambda: ended.append(peer.now))  # type: ignore[arg-type]
    for second in range(1, int(until) + 1):
        peer.now = second + 0.01
        peer.alive = peer.now < dies
        spoken = [at for at in speaks if at <= peer.now]
        peer.last_seen = max(peer.last_seen, *spoken, 0.0) if spoken else peer.last_seen
        wheel.turn(peer.now)
        if ended:
            wheel.remove(slot, peer)  # type: ignore[arg-type]
            return ended[0]
    return None


@pytest.mark.parametrize("heartbeat", [2, 25])
def test_a_living_peer_is_pinged_every_heartbeat_and_kept(heartbeat: int) -> None:
    wheel, peer = Wheel(heartbeat), Peer()
    assert run(wheel, peer, 10 * heartbeat, [], 1e9) is None
    assert len(peer.pings) == 10
    assert all(
        later - earlier <= heartbeat + 0.1 for earlier, later in zip(peer.pings, peer.pings[1:], strict=False)
    )


@pytest.mark.parametrize("last_word", [0.5, 3.0, 12.2, 24.4, 26.0, 37.0, 49.9, 61.0])
def test_silence_is_found_within_two_heartbeats(last_word: float) -> None:
    wheel, peer = Wheel(25), Peer()
    ended = run(wheel, peer, 200, [last_word], last_word + 0.01)
    assert ended is not None
    assert 2 * 25 - 1 <= ended - peer.last_seen <= 2 * 25 + 2


def test_a_suspect_that_speaks_again_is_kept() -> None:
    wheel, peer = Wheel(25), Peer()
    assert run(wheel, peer, 95, [22.0, 60.0, 85.0], 1.0) is None
