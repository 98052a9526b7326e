"""The way out: one writer keeps the order, and mends what would go out of it.

Whoever changes something publishes it after the commit, and so two processes (or two tasks) may
publish the numbers of one stream swapped; one that is killed in between publishes nothing at all.
The sequencer (`realtime/bus.lua`, `realtime/local_bus.py`) refuses a number that is not the next.
It is held here with all that follows to its topic, and tried again when the one before it has been
heard, or a moment later; so is a number of which we know by what we have heard that it is early.
In the end what is missing is read from the stream's log, where it has one (a channel), and sent
first: as numbers are given in the order of commit, all that is below a number can be read by then.
Of other streams (a state, which supersedes the older ones; a room's news) it is passed over.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from realtime.log_reader import MAX_FILL, LogReader
from realtime.message import Message, Rule, is_log

BATCH = 256
PATIENCE_S = 0.02  # doubled with each try; seldom used up, as what comes before is heard
LOG_TRIES = 2  # 60 ms: most likely another process is just publishing it
BACKLOG = 16
MOST_SENT = 1000
OTHER_TRIES = 5  # some 0.6 s: there is nowhere else to get it from


class Verdict(IntEnum):
    """What the sequencer says of a message; anything from 0 on is the last number before a gap."""

    SENT = -1
    KNOWN = -2
    HELD = -3


@dataclass(slots=True)
class Sending:
    """A message on its way. `base`: what its process knows to be the last number before it.

    Where its topic is held, only what is `urgent` goes; when a `probe` has gone, the rest follows.
    """

    message: Message
    rule: Rule
    base: int
    tries: int = 0
    urgent: bool = False
    probe: bool = False


Append = Callable[[list[Sending]], Awaitable[list[int]]]


class Ear(Protocol):
    """What has been heard of a stream, by its numbers."""

    def last(self, stream: str) -> int | None: ...

    async def reaches(self, stream: str, number: int, within_s: float) -> None: ...


class Publisher:
    """Sends what is published, in order; while it cannot, the oldest of what waits goes first."""

    MAX_WAITING = 10_000

    def __init__(self, append: Append, reader: LogReader, ear: Ear) -> None:
        self._append = append
        self._reader = reader
        self._ear = ear
        self._sent: dict[str, int] = {}  # streams' last numbers that may not have been heard yet
        self._ready: deque[Sending] = deque()
        self._held: dict[str, deque[Sending]] = {}
        self._in_flight: list[Sending] = []
        self._repairs: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()

    def publish(self, message: Message) -> None:
        """Have it sent in its turn."""
        if len(self._ready) >= self.MAX_WAITING:
            self._ready.popleft()
        self._ready.append(self._sending(message))
        self._news.set()

    @property
    def idle(self) -> bool:
        """Whether nothing waits."""
        return not (self._ready or self._in_flight or self._held)

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
                    self._in_flight = []
        finally:
            for task in self._repairs:
                task.cancel()

    def _sending(self, message: Message) -> Sending:
        if message.order is None:
            return Sending(message, Rule.FREE, 0)
        stream, number = message.order
        heard = self._ear.last(stream)
        return Sending(message, message.rule, number - 1 if heard is None else heard)

    def _take(self) -> list[Sending]:
        batch: list[Sending] = []
        taken: set[str] = set()  # topics of which the sequencer judges all in the batch
        while self._ready and len(batch) < BATCH:
            sending = self._ready.popleft()
            topic = sending.message.topic
            held = self._held.get(topic)
            if held is not None and not sending.urgent:
                hold(held, sending)
            elif topic in taken or (last := self._gap_before(sending)) is None:
                batch.append(sending)
                taken.add(topic)
                self._note(sending)
            else:
                self._settle(sending, last)
        return batch

    def _gap_before(self, sending: Sending) -> int | None:
        """The last number before a message that is early, as far as we know; else None.

        What we think is not certain: tried for a second time, it is the sequencer's to judge.
        """
        if sending.rule is not Rule.NEXT or sending.tries or sending.message.order is None:
            return None
        stream, number = sending.message.order
        heard = self._ear.last(stream)
        if heard is None:
            return None
        last = max(heard, self._sent.get(stream, 0))
        return last if number > last + 1 else None

    def _note(self, sending: Sending) -> None:
        """Remember what is sent, until it is heard."""
        if sending.message.order is None:
            return
        if len(self._sent) >= MOST_SENT:
            self._sent = {name: n for name, n in self._sent.items() if self._is_unheard(name, n)}
        stream, number = sending.message.order
        self._sent[stream] = max(number, self._sent.get(stream, 0))

    def _is_unheard(self, stream: str, number: int) -> bool:
        heard = self._ear.last(stream)
        return heard is not None and heard < number

    def _settle(self, sending: Sending, verdict: int) -> None:
        topic = sending.message.topic
        if verdict == Verdict.HELD:
            hold(self._held[topic], sending)
        elif verdict >= 0:
            self._held.setdefault(topic, deque())
            repair = self._repair(topic, sending, verdict)
            task = asyncio.get_running_loop().create_task(repair, name=f"repair-{topic}")
            self._repairs.add(task)
            task.add_done_callback(self._repairs.discard)
        elif sending.probe:
            self._ready.extendleft(reversed(self._held.pop(topic)))

    async def _repair(self, topic: str, sending: Sending, last: int) -> None:
        """Wait for what comes before `sending`, or find it."""
        stream, number = sending.message.order or ("", 0)
        sending.tries += 1
        missing: list[Message] = []
        if sending.tries <= self._patience(topic, stream):
            await self._ear.reaches(stream, number - 1, PATIENCE_S * 2 ** (sending.tries - 1))
        else:
            if is_log(stream) and number <= last + MAX_FILL:
                # Where much is held, there are many gaps to come: as after a time without Redis.
                ahead = last + min(MAX_FILL, 2 * len(self._held[topic]))
                missing = await self._reader.between(stream, last + 1, max(number - 1, ahead))
            sending.rule = Rule.NEWER
        before = [Sending(message, Rule.NEWER, last, urgent=True) for message in missing]
        sending.urgent = sending.probe = False
        first = first_of(self._held[topic], sending)
        first.urgent = first.probe = True
        self._ready.extendleft(reversed([*before, first]))
        self._news.set()

    def _patience(self, topic: str, stream: str) -> int:
        """How many times to try; where much is held, reading many at once is soon faster."""
        if not is_log(stream):
            return OTHER_TRIES
        return LOG_TRIES if len(self._held[topic]) < BACKLOG else 1


def first_of(held: deque[Sending], sending: Sending) -> Sending:
    """What goes first of what is held and `sending`: an earlier one of its stream, or itself."""
    stream, number = sending.message.order or ("", 0)
    for index, other in enumerate(held):
        order = other.message.order
        if order is not None and order[0] == stream:
            if order[1] < number:
                del held[index]
                held.appendleft(sending)
                return other
            break
    return sending


def hold(held: deque[Sending], sending: Sending) -> None:
    """Keep it in its place: before the later ones of its stream, else behind all others."""
    place = len(held)
    if sending.message.order is not None:
        stream, number = sending.message.order
        for index in range(len(held) - 1, -1, -1):
            order = held[index].message.order
            if order is not None and order[0] == stream:
                if order[1] <= number:
                    break
                place = index
    held.insert(place, sending)
