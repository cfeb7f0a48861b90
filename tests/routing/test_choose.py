"""A choice from the prepared pool is that of asking and sorting every agent, whatever changed before."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import msgspec
import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import agents.routing.strategies as package
from agents.models.people import strategy_choices
from agents.routing import pool as pools
from agents.routing.choose import choose
from agents.routing.eligibility import concerns, exclusion
from agents.routing.pool import Pool
from agents.routing.strategies.base import strategies
from agents.routing.terms import Candidate, Policy, Waiter, Wants

SITES, GROUPS, SKILLS = ("s1", "s2"), ("g1", "g2"), ("k1", "k2", "k3")
LANGUAGES, CHANNELS = ("zh-CN", "zh-TW", "en"), ("web", "h5")
NOW_MS = 1_000_000


def some(values: tuple[str, ...]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values))


@st.composite
def candidates(draw: st.DrawFn, id_: str) -> Candidate:
    used = draw(st.integers(0, 4))
    return Candidate(
        id_,
        f"Agent {id_}",
        sites=draw(st.none() | some(SITES)),
        groups=draw(some(GROUPS)),
        skills=draw(st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 5))),
        languages=tuple(sorted(draw(some(LANGUAGES)))),
        capacity=draw(st.integers(0, 4)),
        used=used,
        channel_capacity=draw(st.dictionaries(st.sampled_from(CHANNELS), st.integers(0, 2))),
        channel_used={"web": used},
        quality=draw(st.sampled_from((0.0, 0.4, 0.5, 1.0))),
        served_ms=draw(st.integers(0, 3)),
        availability=draw(st.sampled_from(("online", "online", "online", "busy", "away", "offline"))),
    )


def crowd() -> st.SearchStrategy[list[Candidate]]:
    return st.tuples(*(candidates(f"a{number}") for number in range(8))).map(list)


WAITERS = st.builds(
    Waiter,
    conversation=st.just("c"),
    wants=st.builds(
        Wants,
        site=st.sampled_from(SITES),
        group=st.none() | st.sampled_from(GROUPS),
        skills=some(SKILLS).map(lambda each: tuple(sorted(each))),
        language=st.sampled_from(("", *LANGUAGES)),
        channel=st.sampled_from(CHANNELS),
    ),
    sticky_agent=st.none() | st.sampled_from([f"a{number}" for number in range(9)]),
    refused=st.frozensets(st.sampled_from([f"a{number}" for number in range(9)]), max_size=3),
)
POLICIES = st.builds(
    Policy,
    strategy=st.sampled_from((*sorted(strategies()), "no such thing")),
    weights=st.dictionaries(st.sampled_from(("skill", "capacity", "quality", "x")), st.integers(-1, 9)),
    fallback=st.sampled_from(("weighted", "least_busy", "sticky")),
    explained=st.sampled_from((0, 1, 3, 50)),
)
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("take"), st.integers(0, 7), st.sampled_from(CHANNELS)),
        st.tuples(st.just("release"), st.integers(0, 7), st.sampled_from(CHANNELS)),
        st.tuples(st.just("put"), st.integers(0, 7).flatmap(lambda n: candidates(f"a{n}")), st.just("")),
        st.tuples(st.just("drop"), st.integers(0, 7), st.just("")),
        st.tuples(st.just("choose"), st.just(0), st.just("")),
    ),
    max_size=12,
)


def naive(waiter: Waiter, everybody: list[Candidate], policy: Policy) -> tuple[list[str], dict[str, int]]:
    """Who may take it, best first, and why the others may not: by asking and sorting everybody."""
    asked = strategies().get(policy.strategy, strategies()["weighted"])
    key = asked.key(waiter.wants, policy)
    fit, excluded = [], dict[str, int]()
    for each in everybody:
        if concerns(waiter.wants, each):
            reason = exclusion(waiter, each)
            if reason is None:
                fit.append(each)
            else:
                excluded[reason] = excluded.get(reason, 0) + 1
    order = [each.id for each in sorted(fit, key=lambda each: (key(each), each.id))]
    preferred = asked.preferred(waiter)
    if preferred in order:
        order.remove(preferred)
        order.insert(0, preferred)
    return order, excluded


@given(crowd(), st.lists(WAITERS, min_size=1, max_size=3), POLICIES, CHANGES)
@hypothesis_settings(max_examples=50, deadline=None)
def test_prepared_choice_is_the_naive_one(
    everybody: list[Candidate],
    waiters: list[Waiter],
    policy: Policy,
    changes: list[tuple[str, int | Candidate, str]],
) -> None:
    pool = Pool(everybody)
    known = {each.id: each for each in everybody}
    for number, (what, whom, channel) in enumerate([("choose", 0, ""), *changes, ("choose", 0, "")]):
        agent = whom.id if isinstance(whom, Candidate) else f"a{whom}"
        if what == "put" and isinstance(whom, Candidate):
            pool.put(whom)
            known[agent] = whom
        elif what == "drop":
            pool.drop(agent)
            known.pop(agent, None)
        elif what in ("take", "release") and agent in known:
            step = 1 if what == "take" else -1
            before = known[agent]
            known[agent] = msgspec.structs.replace(
                before,
                used=max(0, before.used + step),
                channel_used=before.channel_used
                | {channel: max(0, before.channel_used.get(channel, 0) + step)},
                served_ms=NOW_MS + number if what == "take" else before.served_ms,
            )
            after = (
                pool.take(agent, channel, NOW_MS + number) if what == "take" else pool.release(agent, channel)
            )
            assert after == known[agent]
        for waiter in waiters:
            order, excluded = naive(waiter, list(known.values()), policy)
            choice = choose(waiter, pool, policy, NOW_MS)
            assert (choice.agent.id if choice.agent else None) == (order[0] if order else None)
            assert [each.candidate.id for each in choice.ranked] == order[: policy.explained]
            assert choice.excluded == excluded
            for scored in choice.ranked:
                assert scored.candidate == known[scored.candidate.id]
                assert all(0 <= part <= 1 for part in (scored.score, *scored.parts.values()))


def test_more_wants_than_lanes_are_kept_still_have_their_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "MAX_ENTRIES", 50)
    skills = [f"k{number:03}" for number in range(70)]
    pool = Pool(Candidate(f"a-{skill}", "Somebody", skills={skill: 3}) for skill in skills)
    for _ in range(2):
        for skill in skills:
            waiter = Waiter("c", Wants("s1", skills=(skill,), channel="web"))
            chosen = choose(waiter, pool, Policy(), NOW_MS).agent
            assert chosen and chosen.id == f"a-{skill}"
            pool.take(chosen.id, "web", NOW_MS)
    assert {pool[f"a-{skill}"].used for skill in skills} == {2}


def test_thousands_of_changes_between_two_questions_are_caught_up() -> None:
    pool = Pool([Candidate("a1", "One", capacity=2), Candidate("a2", "Two", capacity=2)])
    waiter = Waiter("c", Wants("s1", channel="web"))
    policy = Policy("least_busy")
    for _ in range(3):
        for _ in range(900):
            pool.take("a1", "web", NOW_MS)
            pool.release("a1", "web")
        pool.take("a2", "web", NOW_MS)
        chosen = choose(waiter, pool, policy, NOW_MS).agent
        assert chosen and chosen.id == "a1"
        pool.release("a2", "web")
        pool.take("a1", "web", NOW_MS)
        chosen = choose(waiter, pool, policy, NOW_MS).agent
        assert chosen and chosen.id == "a2"
        pool.release("a1", "web")


def test_reasons() -> None:
    wants = Wants("s1", channel="web")
    assert choose(Waiter("c", wants), Pool(), Policy(), NOW_MS).reason == "nobody"
    elsewhere = Candidate("a1", "One", sites=frozenset({"s2"}))
    assert choose(Waiter("c", wants), Pool([elsewhere]), Policy(), NOW_MS).reason == "nobody"
    full = [Candidate(f"a{number}", "Full", capacity=1, used=1) for number in range(2)]
    away = Candidate("b", "Away", availability="away")
    choice = choose(Waiter("c", wants), Pool([*full, away]), Policy(), NOW_MS)
    assert choice.agent is None
    assert choice.reason == "full"
    assert choice.excluded == {"full": 2, "away": 1}
    free = Candidate("c", "Free")
    assert choose(Waiter("c", wants), Pool([*full, free]), Policy(), NOW_MS).reason == "best"


def test_sticky_asks_the_last_agent_first_and_falls_back() -> None:
    pool = Pool([Candidate("a1", "Idle"), Candidate("a2", "Last", used=4)])
    waiter = Waiter("c", Wants("s1", channel="web"), sticky_agent="a2")
    policy = Policy("sticky", fallback="least_busy")
    first = choose(waiter, pool, policy, NOW_MS)
    assert (first.agent and first.agent.id, first.strategy, first.reason) == ("a2", "sticky", "sticky")
    assert [each.candidate.id for each in first.ranked] == ["a2", "a1"]
    pool.take("a2", "web", NOW_MS)
    second = choose(waiter, pool, policy, NOW_MS)
    assert (second.agent and second.agent.id, second.strategy, second.reason) == ("a1", "least_busy", "best")
    assert second.excluded == {"full": 1}


def test_weights_decide() -> None:
    expert = Candidate("a1", "Expert", skills={"k1": 5}, used=4, quality=0.2)
    idle = Candidate("a2", "Idle", skills={"k1": 1}, used=0, quality=0.2)
    good = Candidate("a3", "Good", skills={"k1": 1}, used=4, quality=1.0)
    waiter = Waiter("c", Wants("s1", skills=("k1",), channel="web"))
    for weights, winner in (
        ({"skill": 1}, "a1"),
        ({"capacity": 7}, "a2"),
        ({"quality": 100}, "a3"),
        ({"skill": 0, "capacity": 0, "quality": 0}, "a2"),  # nothing set: the default, 40 % capacity
    ):
        chosen = choose(waiter, Pool([expert, idle, good]), Policy(weights=weights), NOW_MS).agent
        assert chosen and chosen.id == winner
    scored = choose(waiter, Pool([expert]), Policy(), NOW_MS).ranked[0]
    assert scored.parts == pytest.approx({"skill": 1.0, "capacity": 0.2, "quality": 0.2})
    assert scored.score == pytest.approx(0.30 * 1.0 + 0.40 * 0.2 + 0.30 * 0.2)


def test_least_busy_compares_shares_before_numbers() -> None:
    small = Candidate("a1", "Small", capacity=2, used=1)
    large = Candidate("a2", "Large", capacity=10, used=3)
    waiter = Waiter("c", Wants("s1", channel="web"))
    chosen = choose(waiter, Pool([small, large]), Policy("least_busy"), NOW_MS).agent
    assert chosen and chosen.id == "a2"
    even = msgspec.structs.replace(large, capacity=6)
    chosen = choose(waiter, Pool([small, even]), Policy("least_busy"), NOW_MS).agent
    assert chosen and chosen.id == "a1"


def test_every_strategy_is_found_by_its_file() -> None:
    assert set(strategies()) >= {"weighted", "least_busy", "round_robin", "sticky"}
    assert all(each.label and len(name) <= 16 for name, each in strategies().items())
    assert {name for name, _ in strategy_choices()} == set(strategies())


def test_the_strategy_of_contributing_is_a_strategy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (settings.BASE_DIR / "CONTRIBUTING.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (tmp_path / "best_rated.py").write_text(example)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    strategies.cache_clear()
    try:
        assert ("best_rated", "best rated") in [(name, str(label)) for name, label in strategy_choices()]
        pool = Pool([Candidate("a1", "One", quality=0.3), Candidate("a2", "Two", quality=0.8, used=4)])
        waiter = Waiter("c", Wants("s1", channel="web"))
        choice = choose(waiter, pool, Policy("best_rated"), NOW_MS)
        assert choice.strategy == "best_rated"
        assert [each.candidate.id for each in choice.ranked] == ["a2", "a1"]
    finally:
        strategies.cache_clear()
        sys.modules.pop("agents.routing.strategies.best_rated", None)
