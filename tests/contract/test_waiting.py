"""The two long waits of the contract: 10 s for hello (section 3), 25 s for a poll (section 6)."""

from tests.contract.long_waits import LongWaits
from tests.contract.world import Kind

KINDS: tuple[Kind, ...] = ("embedded", "scaled", "daphne")


def test_hello_is_awaited_for_10_seconds(long_waits: LongWaits) -> None:
    for kind in KINDS:
        code, took = long_waits.silent_socket(kind)
        assert code == 4408 and 8 < took < 20, (kind, code, took)


def test_a_poll_is_held_for_25_seconds(long_waits: LongWaits) -> None:
    for kind in KINDS[:2]:
        assert 20 < long_waits.unanswered_poll(kind) < 30, kind
