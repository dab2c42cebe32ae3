"""Batches: all items that wait when one call ends share the next."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["Batcher", "FullError"]


class FullError(Exception):
    """So many items wait already that no more are taken."""


class Batcher:
    """Collects items of concurrent requests, and passes them to a function in a thread.

    While a call runs, the next items gather; an item that comes to an idle batcher does not wait.
    """

    def __init__(
        self, function: Callable[[list[Any]], Sequence[Any]], batch_size: int, max_waiting: int
    ) -> None:
        self._function = function
        self._batch_size = batch_size
        self._max_waiting = max_waiting
        self._waiting: deque[tuple[Any, asyncio.Future[Any]]] = deque()
        self._arrived = asyncio.Event()

    @property
    def n_waiting(self) -> int:
        """The number of items that wait."""
        return len(self._waiting)

    @property
    def is_full(self) -> bool:
        """Whether the next item would be refused."""
        return len(self._waiting) >= self._max_waiting

    async def submit(self, items: Sequence[Any]) -> list[Any]:
        """Wait for the results of some items, of which all or none are taken."""
        if len(self._waiting) + len(items) > self._max_waiting:
            raise FullError
        loop = asyncio.get_running_loop()
        results: list[asyncio.Future[Any]] = [loop.create_future() for _ in items]
        self._waiting.extend(zip(items, results, strict=True))
        self._arrived.set()
        try:
            return await asyncio.gather(*results)
        finally:
            for result in results:
                result.cancel()  # the batcher leaves out what nobody waits for

    async def run(self) -> None:
        """Work on batch after batch, forever."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while batch := self._next_batch():
                await self._work_on(batch)

    def _next_batch(self) -> list[tuple[Any, asyncio.Future[Any]]]:
        batch: list[tuple[Any, asyncio.Future[Any]]] = []
        while self._waiting and len(batch) < self._batch_size:
            item, result = self._waiting.popleft()
            if not result.done():
                batch.append((item, result))
        return batch

    async def _work_on(self, batch: list[tuple[Any, asyncio.Future[Any]]]) -> None:
        try:
            found = await asyncio.to_thread(self._function, [item for item, _ in batch])
        except Exception as error:
            for _, result in batch:
                if not result.done():
                    result.set_exception(error)
            return
        for (_, result), value in zip(batch, found, strict=True):
            if not result.done():
                result.set_result(value)
