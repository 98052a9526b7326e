"""Puts numbered events of a stream back in order before they are delivered.

Two processes that write to one stream commit in the order of its numbers, but what they publish
may arrive swapped. What comes too early waits a moment; what is still missing then is fetched
(a channel's log) or passed over (a state that supersedes the older ones).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

PATIENCE_S = 0.25
MAX_STREAMS = 20_000

Deliver = Callable[[str], None]


@dataclass(slots=True)
class _Stream:
    last: int
    early: dict[int, Deliver] = field(default_factory=dict)
    timer: asyncio.TimerHandle | None = None


Missing = Callable[[str, int, int], Awaitable[dict[int, Deliver]]]


class Sequencer:
    """`accept(stream, number, deliver)` calls each `deliver` once, in the order of the numbers."""

    def __init__(self, missing: Missing | None = None, patience_s: float = PATIENCE_S) -> None:
        self._missing = missing
        self._patience_s = patience_s
        self._streams: OrderedDict[str, _Stream] = OrderedDict()
        self._filling: set[asyncio.Task[None]] = set()

    def accept(self, name: str, number: int, deliver: Deliver) -> None:
        """Deliver now, later in its turn, or (a number that has passed) never."""
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = _Stream(number - 1)
            if len(self._streams) > MAX_STREAMS:
                self._streams.popitem(last=False)
        self._streams.move_to_end(name)
        if number <= stream.last:
            return
        stream.early[number] = deliver
        self._release(name, stream)
        if stream.early and stream.timer is None:
            loop = asyncio.get_running_loop()
            stream.timer = loop.call_later(self._patience_s, self._lose_patience, name, stream)

    def forget(self, name: str) -> None:
        """Begin the stream anew with whatever number comes next."""
        stream = self._streams.pop(name, None)
        if stream is not None and stream.timer is not None:
            stream.timer.cancel()

    def close(self) -> None:
        """End all timers and fetches."""
        for name in list(self._streams):
            self.forget(name)
        for task in self._filling:
            task.cancel()

    def _release(self, name: str, stream: _Stream) -> None:
        while (deliver := stream.early.pop(stream.last + 1, None)) is not None:
            stream.last += 1
            deliver(name)
        if not stream.early and stream.timer is not None:
            stream.timer.cancel()
            stream.timer = None

    def _lose_patience(self, name: str, stream: _Stream) -> None:
        stream.timer = None
        task = asyncio.get_running_loop().create_task(self._fill(name, stream), name=f"fill-{name}")
        self._filling.add(task)
        task.add_done_callback(self._filling.discard)

    async def _fill(self, name: str, stream: _Stream) -> None:
        if self._missing is not None and stream.early:
            found = await self._missing(name, stream.last + 1, max(stream.early))
            stream.early = {**found, **stream.early}
        for number in sorted(stream.early):
            deliver = stream.early.pop(number)
            if number > stream.last:
                stream.last = number
                deliver(name)
