"""What a visitor in the queue is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agents.routing.eta import LEAST_S, MOST_S, PRIOR_SERVICE_S, expected_wait_s, percentile, service_s


def test_examples() -> None:
    assert expected_wait_s(1, 0, 0, 300) is None
    assert expected_wait_s(1, 0, 10, 300) == 30
    assert expected_wait_s(4, 0, 10, 300) == 120
    assert expected_wait_s(4, 4, 10, 300) == LEAST_S
    assert expected_wait_s(10_000, 0, 1, 300) == MOST_S


def test_service_time_moves_from_the_prior_to_what_is_measured() -> None:
    assert service_s([]) == PRIOR_SERVICE_S
    assert service_s([100] * 5) == 200
    assert 100 < service_s([100] * 500) < 103
    assert service_s([1e9] * 10_000) <= 3_600
    assert service_s([-5.0]) >= 0


@given(st.integers(1, 1000), st.integers(0, 50), st.integers(1, 500), st.floats(0, 3600), st.integers(0, 100))
def test_further_back_never_waits_less(
    position: int, free: int, seats: int, service: float, more: int
) -> None:
    near, far = (expected_wait_s(each, free, seats, service) for each in (position, position + more))
    assert near is not None
    assert far is not None
    assert LEAST_S <= near <= far <= MOST_S
    assert near % 5 == 0


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.sampled_from([0.5, 0.95, 0.99, 1.0]))
def test_percentile_is_the_least_value_that_covers_the_share(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert sum(each <= found for each in values) >= share * len(values) - 1e-9
    assert sum(each < found for each in values) < share * len(values) + 1e-9
