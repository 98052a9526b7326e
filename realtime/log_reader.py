"""Reads missing events of a stream from where they are kept for good."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from realtime.message import Message

MAX_FILL = 300  # as many as `channel:sync` gives: who has missed more reads the list anew
TRIES = 4  # with twice the pause each time: some 4 s in all
PAUSE_S = 0.5
READ_WITHIN_S = 5.0

# A stream's events from one number to another, both included, as (number, packet).
ReadLog = Callable[[str, int, int], Awaitable[list[tuple[int, str]]]]

log = structlog.get_logger(__name__)


async def nothing_logged(_stream: str, _first: int, _last: int) -> list[tuple[int, str]]:
    """The log where there is none."""
    return []


class LogReader:
    """Tries a few times, then gives what follows its way: nothing waits for ever."""

    def __init__(self, read: ReadLog = nothing_logged, pause_s: float = PAUSE_S) -> None:
        self._read = read
        self._pause_s = pause_s

    async def between(self, stream: str, first: int, last: int) -> list[Message]:
        """The events from `first` to `last` that there are; none where there are too many."""
        if last - first >= MAX_FILL:
            return []
        for attempt in range(TRIES):
            try:
                async with asyncio.timeout(READ_WITHIN_S):
                    found = await self._read(stream, first, last)
            except Exception as error:  # noqa: BLE001 - whatever it is, it may pass
                log.warning("log not read", stream=stream, error=type(error).__name__)
                await asyncio.sleep(self._pause_s * 2**attempt)
            else:
                return [Message(stream, packet, order=(stream, n)) for n, packet in found]
        return []
