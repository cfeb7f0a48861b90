"""Calls of the NLP interface that come together are computed together, and fail alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from bot.nlp.batching import Batcher
from bot.nlp.errors import NlpError


def test_calls_that_come_together_are_computed_together() -> None:
    sizes: list[int] = []
    first, go = threading.Event(), threading.Event()

    def compute(items: list[int]) -> list[int]:
        sizes.append(len(items))
        if items == [0]:
            first.set()
            assert go.wait(5)
        return [item * 2 for item in items]

    batcher = Batcher(compute, window_us=300_000, most=8)
    with ThreadPoolExecutor(9) as pool:
        alone = pool.submit(batcher.call, 0)
        assert first.wait(5)
        together = [pool.submit(batcher.call, number) for number in range(1, 9)]
        assert [future.result(5) for future in together] == [number * 2 for number in range(1, 9)]
        go.set()
        assert alone.result(5) == 0
    assert sizes == [1, 8]  # a full batch does not wait for its window
    assert (batcher.batches, batcher.computed) == (2, 9)


def test_one_bad_item_does_not_fail_its_neighbours() -> None:
    first, go = threading.Event(), threading.Event()

    def compute(items: list[str]) -> list[str]:
        if items == ["first"]:
            first.set()
            assert go.wait(5)
        if "bad" in items:
            raise NlpError(1006, "bad")
        return items

    batcher = Batcher(compute, window_us=300_000, most=3)
    with ThreadPoolExecutor(4) as pool:
        alone = pool.submit(batcher.call, "first")
        assert first.wait(5)
        good, bad, fine = (pool.submit(batcher.call, item) for item in ("good", "bad", "fine"))
        assert (good.result(5), fine.result(5)) == ("good", "fine")
        assert isinstance(bad.exception(5), NlpError)
        go.set()
        alone.result(5)


def test_tasks_never_share_a_batch() -> None:
    batches: list[list[str]] = []
    first, go = threading.Event(), threading.Event()

    def compute(items: list[str]) -> list[str]:
        batches.append(items)
        if items == ["first"]:
            first.set()
            assert go.wait(5)
        return items

    batcher = Batcher(compute, window_us=100_000, most=2)
    with ThreadPoolExecutor(5) as pool:
        futures = [pool.submit(batcher.call, "first", "a")]
        assert first.wait(5)
        futures += [pool.submit(batcher.call, f"{key}{at}", key) for key in "ab" for at in range(2)]
        for future in futures[1:]:
            future.result(5)
        go.set()
        futures[0].result(5)
    assert sorted(map(sorted, batches[1:])) == [["a0", "a1"], ["b0", "b1"]]
