"""The way in: each message once, in order, and holes in a log filled before what follows."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

import structlog

from realtime.log_reader import MAX_FILL, LogReader
from realtime.message import Heard, Message, Place, is_log, subject
from realtime.tasks import Tasks

MAX_HELD = 1000

Deliver = Callable[[Heard], None]
log = structlog.get_logger(__name__)


class Receiver:
    """Hears messages in the order of their places, and passes them on.

    The sequencer leaves no hole in a log. A process sees one after the store was emptied, or
    where its connection was away for too long. Topics do not wait for each other.
    """

    def __init__(self, deliver: Deliver, reader: LogReader) -> None:
        self.deliver = deliver
        self._reader = reader
        self._last: dict[str, dict[str, int]] = {}
        self._held: dict[str, deque[Heard]] = {}
        self._fills = Tasks()
        self._awaited: dict[str, list[tuple[int, asyncio.Event]]] = {}
        self.epoch = ""
        self.n = 0

    @property
    def place(self) -> Place | None:
        """Epoch and place up to which all was delivered; None while a topic is behind others."""
        return None if self._held or not self.epoch else (self.epoch, self.n)

    def begin(self, stream: str, last: int) -> None:
        """Members know the stream up to `last`: what follows is new. The first word counts."""
        self._last.setdefault(subject(stream), {}).setdefault(stream, last)

    def last(self, stream: str) -> int | None:
        """The last number that was delivered, or begun at."""
        return self._last.get(subject(stream), {}).get(stream)

    async def reaches(self, stream: str, number: int, within_s: float) -> None:
        """Return when that number has been delivered, but after that time anyway."""
        if (self.last(stream) or 0) >= number:
            return
        reached = asyncio.Event()
        awaited = (number, reached)
        self._awaited.setdefault(stream, []).append(awaited)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await reached.wait()
        finally:
            self._awaited[stream].remove(awaited)
            if not self._awaited[stream]:
                del self._awaited[stream]

    def begin_at(self, place: Place) -> None:
        """What is heard from now on is later than that."""
        self.epoch, self.n = place

    def forget(self, topic: str) -> None:
        """Nobody here hears the topic any more; what is held of it is not delivered."""
        self._last.pop(subject(topic), None)
        self._held.pop(topic, None)

    def receive(self, heard: Heard) -> None:
        """Deliver a message now or in its turn, unless it was delivered already."""
        if heard.epoch == self.epoch and heard.n <= self.n:
            return
        self.epoch, self.n = heard.epoch, heard.n
        topic = heard.message.topic
        held = self._held.get(topic)
        if held is None and self._hole_before(heard) is None:
            self._accept(heard)
        elif held is None:
            self._hold(topic, deque([heard]))
        elif len(held) < MAX_HELD:
            held.append(heard)

    def catch_up(self, stream: str, last: int) -> None:
        """Deliver from the log what is missing up to number `last`; of very many, the newest."""
        if stream not in self._held:
            self._hold(stream, deque(), last)

    def close(self) -> None:
        """End all reads; what is held is not delivered."""
        self._fills.cancel()

    def _hold(self, topic: str, held: deque[Heard], upto: int = 0) -> None:
        self._held[topic] = held
        self._fills.start(self._fill(topic, held, upto), f"fill-{topic}")

    def _hole_before(self, heard: Heard) -> tuple[str, int, int] | None:
        """The stream with the first and the last number that are missing before a message."""
        if heard.message.order is None:
            return None
        stream, number = heard.message.order
        last = self.last(stream)
        if not is_log(stream) or last is None or number <= last + 1:
            return None
        return stream, last + 1, number - 1

    def _accept(self, heard: Heard) -> None:
        if heard.message.order is not None:
            stream, number = heard.message.order
            lasts = self._last.setdefault(subject(stream), {})
            if number <= lasts.get(stream, number - 1):
                return
            lasts[stream] = number
            for awaited, reached in self._awaited.get(stream, ()):
                if awaited <= number:
                    reached.set()
        try:
            self.deliver(heard)
        except Exception:
            # One message that nobody understands must not stop those that follow.
            log.exception("unexpected error")

    async def _fill(self, topic: str, held: deque[Heard], upto: int) -> None:
        """Deliver what a topic lacks, and what is held of it, until there is no more hole."""
        if upto:
            first = max(self.last(topic) or 0, upto - MAX_FILL) + 1
            await self._fill_hole(topic, held, topic, first, upto)
        while self._held.get(topic) is held:
            if held and (hole := self._hole_before(held[0])):
                await self._fill_hole(topic, held, *hole)
            if self._held.get(topic) is not held:
                return
            heard = held.popleft() if held else None
            if not held:
                del self._held[topic]  # the last one is no longer behind others
            if heard is not None:
                self._accept(heard)

    async def _fill_hole(
        self, topic: str, held: deque[Heard], stream: str, first: int, last: int
    ) -> None:
        missing: list[Message] = await self._reader.between(stream, first, last)
        if self._held.get(topic) is not held:
            return
        for message in missing:
            self._accept(Heard(message, self.epoch))
        lasts = self._last.setdefault(subject(stream), {})
        lasts[stream] = max(lasts.get(stream, 0), last)
