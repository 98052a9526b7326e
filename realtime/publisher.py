"""The way out: one writer keeps the order, and mends what would go out of it.

Whoever changes something publishes it after the commit, and so two processes (or two tasks) may
publish the numbers of one stream swapped; one that is killed in between publishes nothing at all.
The sequencer (`realtime/bus.lua`, `realtime/local_bus.py`) keeps a number that comes too early, and
passes it on right after the one before. Until then what follows to the topic is held here. Where
it takes long, the early ones are sent again (the sequencer may have lost its memory), and in the
end what is missing is read from the stream's log, where it has one (a channel), and sent first: as
numbers are given in the order of commit, all that is below a number can be read by then.
Of other streams (a state, which supersedes the older ones; a room's news) it is passed over.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import IntEnum

from realtime.log_reader import MAX_FILL, LogReader
from realtime.message import Message, Rule, is_log
from realtime.receiver import Receiver
from realtime.tasks import Tasks

BATCH = 256
PATIENCE_S = 0.02  # doubled with each try; seldom used up, as what comes before is heard
LOG_TRIES = 2  # 60 ms: most likely another process is just publishing it
OTHER_TRIES = 5  # some 0.6 s: there is nowhere else to get it from
MOST_EARLY = 1000


class Verdict(IntEnum):
    """What the sequencer says of a message.

    Anything from 0 on: it is early, and kept there; that is the last number before the gap.
    """

    SENT = -1
    KNOWN = -2
    HELD = -3  # not looked at, as something before it in the topic is early


@dataclass(slots=True)
class Sending:
    """A message on its way. `base`: what its process knows to be the last number before it.

    What is `urgent` goes although its topic waits.
    """

    message: Message
    rule: Rule
    base: int
    urgent: bool = False

    @property
    def order(self) -> tuple[str, int]:
        """Stream and number; no stream where it has none."""
        return self.message.order or ("", 0)


@dataclass(slots=True)
class Gap:
    """A topic that waits for numbers of a stream after its `last`.

    `early`: what the sequencer keeps, by number. `behind`: what followed, and is held here.
    """

    stream: str
    last: int = 0
    early: dict[int, Sending] = field(default_factory=dict)
    behind: deque[Sending] = field(default_factory=deque)

    @property
    def is_answered(self) -> bool:
        """Whether nothing of it is being sent again."""
        return not any(sending.urgent for sending in self.early.values())

    def admits(self, sending: Sending) -> bool:
        """Whether it may go to the sequencer: its number tells its place."""
        in_order = sending.order[0] == self.stream and not self.behind
        return sending.urgent or (in_order and len(self.early) < MOST_EARLY)

    def reach(self, last: int) -> None:
        """All up to that number has been passed on: what is heard may come before a verdict."""
        self.last = max(self.last, last)
        self.early = {n: sending for n, sending in self.early.items() if n > self.last}


Append = Callable[[list[Sending]], Awaitable[list[int]]]


class Publisher:
    """Sends what is published, in order; while it cannot, the oldest of what waits goes first."""

    MAX_WAITING = 10_000

    def __init__(self, append: Append, reader: LogReader, receiver: Receiver) -> None:
        self._append = append
        self._reader = reader
        self._receiver = receiver
        self._ready: deque[Sending] = deque()
        self._gaps: dict[str, Gap] = {}
        self._in_flight: list[Sending] = []
        self._repairs = Tasks()
        self._news = asyncio.Event()

    def publish(self, message: Message) -> None:
        """Have it sent in its turn."""
        if len(self._ready) >= self.MAX_WAITING:
            self._ready.popleft().urgent = False
        self._ready.append(self._sending(message))
        self._news.set()

    @property
    def idle(self) -> bool:
        """Whether nothing waits."""
        return not (self._ready or self._in_flight or self._gaps)

    async def run(self) -> None:
        """Send until cancelled."""
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                while batch := self._take():
                    self._in_flight = batch
                    verdicts = await self._append(batch)
                    for sending, verdict in zip(batch, verdicts, strict=True):
                        self._settle(sending, verdict)
                    self._release()  # not before: the last verdicts may be that it is held
                    self._in_flight = []
        finally:
            self._repairs.cancel()

    def _sending(self, message: Message) -> Sending:
        if message.order is None:
            return Sending(message, Rule.FREE, 0)
        stream, number = message.order
        heard = self._receiver.last(stream)
        return Sending(message, message.rule, number - 1 if heard is None else heard)

    def _take(self) -> list[Sending]:
        batch: list[Sending] = []
        while self._ready and len(batch) < BATCH:
            sending = self._ready.popleft()
            gap = self._gaps.get(sending.message.topic)
            if gap is None or gap.admits(sending):
                batch.append(sending)
            else:
                gap.behind.append(sending)
        return batch

    def _settle(self, sending: Sending, verdict: int) -> None:
        topic, (stream, number) = sending.message.topic, sending.order
        gap = self._gaps.get(topic)
        if verdict >= 0:
            gap = gap or self._open(topic, stream)
            gap.early[number], sending.urgent = sending, False
            gap.reach(verdict)
        elif gap is not None and verdict == Verdict.HELD:
            gap.behind.append(sending)
        elif gap is not None and gap.stream == stream:
            gap.reach(number)

    def _open(self, topic: str, stream: str) -> Gap:
        gap = self._gaps[topic] = Gap(stream)
        self._repairs.start(self._repair(gap), f"repair-{topic}")
        return gap

    def _release(self) -> None:
        """What was held goes, where nothing is early any more."""
        for topic in [topic for topic, gap in self._gaps.items() if not gap.early]:
            self._ready.extendleft(reversed(self._gaps.pop(topic).behind))
            self._news.set()

    async def _repair(self, gap: Gap) -> None:
        """Wait until all that is early has been passed on; help where that takes long."""
        tries, stream = 0, gap.stream
        while gap.early:
            last, first = gap.last, min(gap.early)
            await self._receiver.reaches(stream, first, PATIENCE_S * 2**tries)
            gap.reach(self._receiver.last(stream) or 0)
            if gap.last > last:
                tries = 0
            elif gap.is_answered:
                tries += 1
                if tries <= (LOG_TRIES if is_log(stream) else OTHER_TRIES):
                    self._send_again(list(gap.early.values()))
                else:
                    await self._pass_over(gap)
        self._release()

    async def _pass_over(self, gap: Gap) -> None:
        """Send what can be read of what is missing, then the first of what is early anyway."""
        missing: list[Message] = []
        first = gap.early[min(gap.early)]
        if is_log(gap.stream) and first.order[1] <= gap.last + MAX_FILL:
            upto = min(max(gap.early), gap.last + MAX_FILL)
            missing = await self._reader.between(gap.stream, gap.last + 1, upto)
        first.rule = Rule.NEWER
        self._send_again([*(Sending(each, Rule.NEWER, gap.last) for each in missing), first])

    def _send_again(self, sendings: list[Sending]) -> None:
        for sending in sendings:
            sending.urgent = True
        self._ready.extendleft(reversed(sendings))
        self._news.set()
