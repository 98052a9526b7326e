"""Ends of the bus for tests, without sockets; and a log that stands for the database."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import redis.asyncio as redis

from config.redis import open_redis
from realtime.bus import Bus
from realtime.local_bus import LocalBus
from realtime.message import Heard, Message
from realtime.redis_bus import RedisBus

CHANNEL = "channel:1"
ROOM = "room:1"


class Database:
    """What is committed: each channel's events. It can be away, slow, or without memory."""

    def __init__(self) -> None:
        self.events: dict[str, dict[int, str]] = defaultdict(dict)
        self.reads: list[tuple[str, int, int]] = []
        self.answers = asyncio.Event()
        self.answers.set()
        self.failures = 0

    def commit(self, number: int, stream: str = CHANNEL) -> Message:
        """Write an event; gives what is to be published of it."""
        self.events[stream][number] = text = f"{stream}/{number}"
        return Message(stream, text, order=(stream, number))

    async def read(self, stream: str, first: int, last: int) -> list[tuple[int, str]]:
        self.reads.append((stream, first, last))
        await self.answers.wait()
        if self.failures:
            self.failures -= 1
            raise OSError("The database is away.")
        rows = self.events[stream].items()
        return sorted((number, text) for number, text in rows if first <= number <= last)


class End:
    """A process' end of the bus, and what it heard."""

    def __init__(self, bus: Bus, client: "redis.Redis | None" = None) -> None:
        self.bus, self.client = bus, client
        self.heard: list[Heard] = []
        self.resumed = 0

    async def start(self, *topics: str) -> "End":
        await self.bus.start(self._hear, self._resume)
        await self.enter(*topics)
        return self

    def _hear(self, heard: Heard) -> None:
        if heard.message.packet == "poison":
            raise ValueError("what nobody foresaw")
        if heard.message.packet:  # not an echo
            self.heard.append(heard)

    def _resume(self) -> None:
        self.resumed += 1

    async def enter(self, *topics: str) -> None:
        await self.bus.listen(topics)
        for topic in topics:
            self.bus.entered(topic)

    def say(self, *packets: Any, topic: str = ROOM) -> None:
        for packet in packets:
            self.bus.publish(Message(topic, str(packet)))

    def said(self, topic: str = ROOM) -> list[str]:
        return [each.message.packet for each in self.heard if each.message.topic == topic]

    def numbers(self, stream: str = CHANNEL) -> list[int]:
        orders = [each.message.order for each in self.heard]
        return [order[1] for order in orders if order and order[0] == stream]

    async def logged(self, stream: str = CHANNEL) -> list[int]:
        """The numbers that the bus' own log has."""
        said = await self.bus.said_since({stream: 0}) or []
        return [each.message.order[1] for each in said if each.message.order]

    async def hears(self, *packets: Any, topic: str = ROOM) -> None:
        """Wait until exactly that has been heard of a topic."""
        wanted = [str(packet) for packet in packets]
        await until(lambda: self.said(topic) == wanted, lambda: self.said(topic))

    async def counts(self, *numbers: int, stream: str = CHANNEL) -> None:
        """Wait until exactly those numbers of a stream have been heard, in that order."""
        await until(lambda: self.numbers(stream) == [*numbers], lambda: self.numbers(stream))

    async def close(self) -> None:
        await self.bus.close()
        if self.client is not None:
            await self.client.aclose()


async def until(condition: Callable[[], bool], seen: Callable[[], Any] = lambda: "") -> None:
    """Wait for it; what never comes fails the test."""
    try:
        async with asyncio.timeout(15):
            while not condition():
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"That never came: {seen()}") from None


@asynccontextmanager
async def ends(url: str, database: Database, count: int = 2) -> AsyncIterator[list[End]]:
    """So many processes on one Redis; without a URL, one in memory. All hear channel and room."""
    if url:
        clients = [open_redis(url) for _ in range(count)]
        found = [
            End(RedisBus(client, f"process-{n}", database.read), client)
            for n, client in enumerate(clients)
        ]
    else:
        found = [End(LocalBus(database.read))]
    for end in found:
        await end.start(CHANNEL, ROOM)
    yield found
    for end in found:
        await end.close()
