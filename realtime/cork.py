"""One write a socket and turn of the loop: what is said meanwhile leaves together, in order."""

import asyncio
from typing import Protocol


class Corked(Protocol):
    """Something that has gathered what to write."""

    def flush(self) -> None: ...


class Cork:
    """Flushes, at the end of the loop's turn, all that have something to write."""

    __slots__ = ("_loop", "waiting")

    def __init__(self) -> None:
        # Kept, since to ask for it is a call to the system each time.
        self._loop: asyncio.AbstractEventLoop | None = None
        self.waiting: list[Corked] = []

    def add(self, corked: Corked) -> None:
        """Have `corked` flushed; to be called once for each time it begins to gather."""
        if not self.waiting:
            self._loop = self._loop or asyncio.get_running_loop()
            self._loop.call_soon(self._flush)
        self.waiting.append(corked)

    def _flush(self) -> None:
        waiting, self.waiting = self.waiting, []
        for corked in waiting:
            corked.flush()
