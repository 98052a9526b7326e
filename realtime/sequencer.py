"""Puts numbered events of a stream back in order before they are delivered.

Two processes that write to one stream commit in the order of its numbers, but what they publish
may arrive swapped, or not at all where one is killed in between. What comes too early waits a
moment; what is still missing then is read from the stream's log, where it has one (a channel), or
passed over (a state that supersedes the older ones).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

PATIENCE_S = 0.5
MAX_STREAMS = 20_000
MAX_EARLY = 1000
MAX_FILL = 300  # as many as `channel:sync` gives: who has missed more reads the list anew
TRIES = 4  # with patience doubled each time: 0.5 … 4 s, some 8 s in all
READ_WITHIN_S = 5.0

LOGGED = "channel:"

Deliver = Callable[[str], None]
Missing = Callable[[str, int, int], Awaitable[dict[int, Deliver]]]

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Stream:
    """`last` was delivered last; None: nothing yet, it is open where the stream begins."""

    last: int | None
    early: dict[int, Deliver] = field(default_factory=dict)
    timer: asyncio.TimerHandle | None = None
    filling: bool = False
    failures: int = 0


class Sequencer:
    """`accept(stream, number, deliver)` calls each `deliver` once, in the order of the numbers.

    `missing(stream, first, last)` reads from the log of a stream whose name begins with `channel:`;
    it may give fewer than there are, and may fail for a while.
    """

    def __init__(self, missing: Missing | None = None, patience_s: float = PATIENCE_S) -> None:
        self.missing = missing
        self._patience_s = patience_s
        self._streams: OrderedDict[str, _Stream] = OrderedDict()
        self._filling: set[asyncio.Task[None]] = set()

    def begin(self, name: str, last: int) -> None:
        """`last` is known to members already: what follows it is new, and what is not, is not.

        Without it, the first events of a stream wait for what may come before them.
        """
        if name not in self._streams:
            self._add(name, _Stream(last))

    def accept(self, name: str, number: int, deliver: Deliver) -> None:
        """Deliver now, later in its turn, or (a number that has passed) never."""
        stream = self._streams.get(name)
        if stream is None:
            stream = self._add(name, _Stream(_before_first(name, number)))
        self._streams.move_to_end(name)
        if stream.last is not None and number <= stream.last:
            return
        stream.early.setdefault(number, deliver)
        self._release(name, stream)
        if len(stream.early) > MAX_EARLY:
            self._pass_over(name, stream, max(stream.early))
        self._wait(name, stream)

    def forget(self, name: str) -> None:
        """Begin the stream anew with whatever number comes next; what waits is not delivered."""
        stream = self._streams.pop(name, None)
        if stream is not None:
            _stop_timer(stream)

    def close(self) -> None:
        """End all timers and reads; what waits is not delivered."""
        for name in list(self._streams):
            self.forget(name)
        for task in self._filling:
            task.cancel()

    def _add(self, name: str, stream: _Stream) -> _Stream:
        self._streams[name] = stream
        if len(self._streams) > MAX_STREAMS:
            oldest, stalest = next(iter(self._streams.items()))
            if stalest.early:
                self._pass_over(oldest, stalest, max(stalest.early))
            self.forget(oldest)
        return stream

    def _release(self, name: str, stream: _Stream) -> None:
        """Deliver what is next, as far as it goes on without a gap; the next gap waits anew."""
        while stream.last is not None and stream.last + 1 in stream.early:
            stream.last += 1
            _stop_timer(stream)
            stream.early.pop(stream.last)(name)

    def _pass_over(self, name: str, stream: _Stream, upto: int) -> None:
        """Deliver what there is up to `upto`, in order; what is missing will not come any more."""
        _stop_timer(stream)
        for number in sorted(number for number in stream.early if number <= upto):
            stream.last = number
            stream.early.pop(number)(name)
        stream.last = max(stream.last or 0, upto)
        self._release(name, stream)

    def _wait(self, name: str, stream: _Stream) -> None:
        if stream.early and stream.timer is None and not stream.filling:
            loop = asyncio.get_running_loop()
            wait_s = self._patience_s * 2**stream.failures
            stream.timer = loop.call_later(wait_s, self._lose_patience, name, stream)

    def _lose_patience(self, name: str, stream: _Stream) -> None:
        stream.timer = None
        first = min(stream.early)
        if stream.last is None:
            stream.last = first - 1
            self._release(name, stream)
            self._wait(name, stream)
        elif self.missing is None or not name.startswith(LOGGED):
            self._pass_over(name, stream, max(stream.early))
        else:
            stream.filling = True
            fill = self._fill(name, stream, stream.last + 1, first - 1)
            task = asyncio.get_running_loop().create_task(fill, name=f"fill-{name}")
            self._filling.add(task)
            task.add_done_callback(self._filling.discard)

    async def _fill(self, name: str, stream: _Stream, first: int, last: int) -> None:
        """Read the numbers from `first` to `last` from the log, then go on behind them."""
        found = await self._read(name, stream, first, last)
        stream.filling = False
        if self._streams.get(name) is not stream:
            return  # forgotten meanwhile: whoever has its place begins anew
        if found is not None:
            new = {number: found[number] for number in found if number > (stream.last or 0)}
            stream.early = new | stream.early
            self._pass_over(name, stream, last + 1)
        self._wait(name, stream)

    async def _read(
        self, name: str, stream: _Stream, first: int, last: int
    ) -> dict[int, Deliver] | None:
        """What the log has; None where it cannot be read, and it is worth trying again."""
        if self.missing is None or last - first >= MAX_FILL:
            return {}
        try:
            async with asyncio.timeout(READ_WITHIN_S):
                found = await self.missing(name, first, last)
        except Exception as error:  # noqa: BLE001 - whatever it is, what has arrived must go out
            stream.failures += 1
            log.warning("log not read", stream=name, error=type(error).__name__)
            if stream.failures < TRIES:
                return None
            found = {}
        stream.failures = 0
        return found


def _stop_timer(stream: _Stream) -> None:
    if stream.timer is not None:
        stream.timer.cancel()
        stream.timer = None


def _before_first(name: str, number: int) -> int | None:
    """Where a stream begins of which `number` is the first that is seen.

    A state may begin anywhere. In a log, what was committed before may still be on its way, unless
    nothing can be.
    """
    return None if name.startswith(LOGGED) and number > 1 else number - 1
