"""Thousands of clients on one process, each as patient as the stock client."""

import asyncio
import random
from collections import Counter
from functools import partial
from typing import Any

from tests.faults.wire import Wire

# The stock client's own: a second, doubled up to five, give or take a half; 20 s for a connection.
DELAY_S, MOST_S, GIVE_OR_TAKE = 1.0, 5.0, 0.5
CONNECT_WITHIN_S = 20.0
AT_ONCE = 50


class Crowd:
    """Everybody comes back to `url` as the stock client does, or spread as told, until `stop`."""

    def __init__(self, url: str, tokens: list[str], size: int) -> None:
        self.url = url
        self.back: dict[int, float] = {}  # when each heard `connected`
        # When each first meant to come back: this loop may be late, when it has thousands to wake.
        self.tried: dict[int, float] = {}
        self.told: dict[int, float] = {}  # over how many seconds each was told to spread
        self.gathered_in_s = 0.0
        self.failures: Counter[str] = Counter()  # of connections, by what went wrong
        self._wires: dict[int, Wire] = {}
        self._at_once = asyncio.Semaphore(AT_ONCE)  # while they gather
        self._tasks = [
            asyncio.create_task(self._stay(number, tokens[number % len(tokens)]))
            for number in range(size)
        ]

    def __len__(self) -> int:
        return len(self._tasks)

    def forget(self) -> None:
        """Note anew who comes back."""
        for noted in (self.back, self.tried, self.told):
            noted.clear()

    async def stop(self) -> None:
        """All go for good; what broke in one of them is raised."""
        for task in self._tasks:
            task.cancel()
        ends = await asyncio.gather(*self._tasks, return_exceptions=True)
        for wire in self._wires.values():
            wire.close()
            await wire.ended()
        for end in ends:
            if isinstance(end, Exception):
                raise end

    async def _stay(self, number: int, token: str) -> None:
        async with self._at_once:
            await self._come(number, token)
        while True:
            await self._wires[number].ended()
            spread_s = self.told.get(number)
            wait_s = jittered(DELAY_S) if spread_s is None else random.uniform(0, spread_s)
            self.tried[number] = asyncio.get_running_loop().time() + wait_s
            await asyncio.sleep(wait_s)
            await self._come(number, token)

    async def _come(self, number: int, token: str) -> None:
        """Try until it succeeds, with the stock client's delays between."""
        loop, delay_s = asyncio.get_running_loop(), DELAY_S
        hear = partial(self._hear, number)
        self.tried.setdefault(number, loop.time())
        while True:
            try:
                self._wires[number] = await Wire.open(self.url, token, hear, CONNECT_WITHIN_S)
            except OSError as error:
                self.failures[type(error).__name__] += 1
                delay_s = min(2 * delay_s, MOST_S)
                await asyncio.sleep(jittered(delay_s))
            else:
                self.back[number] = loop.time()
                return

    def _hear(self, number: int, event: str, data: Any) -> None:
        if event == "server:draining":
            self.told[number] = data["retryAfter"]


def jittered(delay_s: float) -> float:
    """That time, give or take up to a half."""
    return delay_s * random.uniform(1 - GIVE_OR_TAKE, 1 + GIVE_OR_TAKE)
