"""Batches of concurrent items."""

import asyncio

import pytest
import served_models  # noqa: F401  skips without the libraries

from skmultitext.serving._batching import Batcher, FullError


def test_items_that_wait_share_a_call_in_their_order():
    calls = []

    def double(items):
        calls.append(items)
        return [2 * item for item in items]

    async def run():
        batcher = Batcher(double, 3, 100)
        waiting = [asyncio.ensure_future(batcher.submit(range(n, n + 2))) for n in (0, 2, 4)]
        await asyncio.sleep(0)
        assert batcher.n_waiting == 6
        worker = asyncio.ensure_future(batcher.run())
        found = await asyncio.gather(*waiting)
        worker.cancel()
        return found

    assert asyncio.run(run()) == [[0, 2], [4, 6], [8, 10]]
    assert calls == [[0, 1, 2], [3, 4, 5]]


def test_all_or_none_of_the_items_are_taken():
    async def run():
        batcher = Batcher(list, 1, 2)
        first = asyncio.ensure_future(batcher.submit("a"))
        await asyncio.sleep(0)
        with pytest.raises(FullError):
            await batcher.submit("bc")
        assert batcher.n_waiting == 1
        second = asyncio.ensure_future(batcher.submit("d"))
        await asyncio.sleep(0)
        assert batcher.is_full
        worker = asyncio.ensure_future(batcher.run())
        assert await asyncio.gather(first, second) == [["a"], ["d"]]
        worker.cancel()

    asyncio.run(run())


def test_an_error_reaches_its_batch_alone():
    def invert(items):
        return [1 / item for item in items]

    async def run():
        batcher = Batcher(invert, 2, 10)
        waiting = [asyncio.ensure_future(batcher.submit([item])) for item in (0, 1, 2)]
        await asyncio.sleep(0)
        worker = asyncio.ensure_future(batcher.run())
        found = await asyncio.gather(*waiting, return_exceptions=True)
        worker.cancel()
        return found

    first, second, third = asyncio.run(run())
    assert isinstance(first, ZeroDivisionError)
    assert isinstance(second, ZeroDivisionError)
    assert third == [0.5]


def test_what_nobody_waits_for_is_left_out():
    calls = []

    def note(items):
        calls.append(items)
        return items

    async def run():
        batcher = Batcher(note, 10, 10)
        gone = asyncio.ensure_future(batcher.submit("ab"))
        kept = asyncio.ensure_future(batcher.submit("c"))
        await asyncio.sleep(0)
        gone.cancel()
        worker = asyncio.ensure_future(batcher.run())
        await kept
        worker.cancel()

    asyncio.run(run())
    assert calls == [["c"]]
