"""One thing at a time, in the order in which it came."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Self

Begin = Callable[[], bool]


class Turn:
    """What waits for its turn: events of one socket, and who else must not come between them.

    `take(begin)` calls `begin` at once or later; it says whether it has ended already, else
    `done()` is to be called. `async with turn:` waits in the same row.
    """

    __slots__ = ("_waiting", "busy")

    def __init__(self) -> None:
        self.busy = False
        self._waiting: deque[Begin] | None = None

    def __len__(self) -> int:
        return len(self._waiting) if self._waiting else 0

    def take(self, begin: Begin) -> None:
        """Begin now if nobody else has the turn."""
        if self.busy:
            if self._waiting is None:
                self._waiting = deque()
            self._waiting.append(begin)
            return
        self.busy = True
        if begin():
            self.done()

    def done(self) -> None:
        """The turn is the next one's."""
        while self._waiting:
            if not self._waiting.popleft()():
                return  # it goes on by itself
        self._waiting, self.busy = None, False

    async def __aenter__(self) -> Self:
        begun = asyncio.get_running_loop().create_future()

        def begin() -> bool:
            if begun.cancelled():
                return True
            begun.set_result(None)
            return False

        self.take(begin)
        try:
            await begun
        except asyncio.CancelledError:
            if begun.done() and not begun.cancelled():
                self.done()  # it was our turn by then
            raise
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.done()
