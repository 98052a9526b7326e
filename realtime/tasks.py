"""Tasks that belong to somebody: named, and ended with their owner."""

import asyncio
from collections.abc import Coroutine
from typing import Any

LOOK_EVERY_S = 1.0


class Tasks:
    """What is under way for one owner."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run `work` in a task of its own; it ends with its owner at the latest."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def cancel(self) -> None:
        """Have all of them end soon."""
        for task in list(self._running):
            task.cancel()

    async def end(self) -> None:
        """Return when all of them have ended.

        In Python 3.11 `wait_for` may swallow a cancellation: then it comes again.
        """
        while self._running:
            self.cancel()
            await asyncio.wait(self._running, timeout=LOOK_EVERY_S)
