"""Quality from an agent's record, with a prior that is fair to newcomers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.routing.fairness import jain
from agents.routing.quality import PRIOR_COUNT, Served, observations, priors, quality

TARGET_S = 60.0
RECORDS = st.lists(
    st.builds(
        Served,
        rating=st.none() | st.integers(-3, 9),
        first_reply_s=st.none() | st.floats(0, 1e7),
        resolved=st.none() | st.booleans(),
        inspection=st.none() | st.floats(-1, 2),
    ),
    max_size=30,
)


def test_a_newcomer_is_as_good_as_the_team() -> None:
    team = [Served(5, 10, True, 0.9)] * 200
    prior = priors(team, TARGET_S)
    newcomer, veteran = quality([], TARGET_S, prior), quality(team, TARGET_S, prior)
    assert newcomer.value == pytest.approx(veteran.value, abs=0.03)
    assert quality([], TARGET_S).value == pytest.approx(0.5)
    assert newcomer.counts == dict.fromkeys(newcomer.parts, 0)


def test_one_bad_rating_does_not_sink_anybody() -> None:
    assert quality([Served(rating=1)], TARGET_S).parts["csat"] == pytest.approx(
        0.5 * PRIOR_COUNT / (PRIOR_COUNT + 1)
    )
    assert quality([Served(rating=1)] * 500, TARGET_S).parts["csat"] < 0.02


def test_what_each_observation_is_worth() -> None:
    assert observations(Served(5, 60, True, 0.8), TARGET_S) == {
        "csat": 1.0, "response": 1.0, "resolution": 1.0, "inspection": 0.8,
    }  # fmt: skip
    assert observations(Served(first_reply_s=120), TARGET_S) == {"response": 0.5}
    assert observations(Served(first_reply_s=180), TARGET_S) == {"response": 0.25}
    assert observations(Served(), TARGET_S) == {}


@given(RECORDS)
def test_shares_stay_shares(record: list[Served]) -> None:
    result = quality(record, TARGET_S)
    assert 0 <= result.value <= 1
    assert all(0 <= part <= 1 for part in result.parts.values())


@given(RECORDS, st.integers(1, 4))
def test_a_better_rating_is_never_worse(record: list[Served], rating: int) -> None:
    worse = quality([*record, Served(rating=rating)], TARGET_S).value
    assert quality([*record, Served(rating=rating + 1)], TARGET_S).value > worse


def test_jain() -> None:
    assert jain([]) == jain([0, 0]) == jain([3, 3, 3]) == 1
    assert jain([1, 0, 0, 0]) == pytest.approx(0.25)
    assert jain([1, 2, 3]) == pytest.approx(36 / 42)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30), st.floats(0.001, 1000))
def test_jain_lies_between_one_share_and_all_whatever_the_unit(shares: list[float], unit: float) -> None:
    index = jain(shares)
    assert 1 / len(shares) - 1e-9 <= index <= 1 + 1e-9
    assert jain([each * unit for each in shares]) == pytest.approx(index, rel=1e-6, abs=1e-6)
