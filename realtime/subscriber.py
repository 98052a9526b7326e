"""One connection to Redis that hears topics, and is made anew whenever it breaks."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import Any

import redis.asyncio as redis
import structlog

from config.redis import PREFIX, REDIS_DOWN
from realtime.private_parts import already_read

RETRY_S = 0.5
LISTEN_WITHIN_S = 5.0
LINGER_S = 15.0  # longer than any event or sign-in takes from listening to entering
TIDY_EVERY_S = 5.0
CHANNEL = f"{PREFIX}topic:"

Frame = tuple[str, str]  # a topic, and what was said
Hear = Callable[[str, str], None]
Prepare = Callable[[], Awaitable[None]]
Resume = Callable[[Collection[str], list[Frame]], Awaitable[None]]

log = structlog.get_logger(__name__)


class Subscriber:
    """Subscribed to the topics that were asked for, in one command for all of a moment.

    Once for each new connection, `prepare` is awaited before the topics are subscribed, then
    `resume` with all topics and what was heard of them meanwhile; nothing else is heard before.
    """

    def __init__(self, client: "redis.Redis", hear: Hear, prepare: Prepare, resume: Resume) -> None:
        self._client = client
        self._hear = hear
        self._prepare = prepare
        self._resume = resume
        self._connection: Any = None
        self._confirmed: dict[str, asyncio.Event] = {}
        self._idle_since: dict[str, float] = {}
        self._to_subscribe: list[str] = []
        self._news = asyncio.Event()

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        return self._connection is not None

    async def listen(self, topics: Collection[str]) -> set[str]:
        """Return when all topics are heard; gives those that are new."""
        now = asyncio.get_running_loop().time()
        new = {topic for topic in topics if topic not in self._confirmed}
        for topic in new:
            self._confirmed[topic] = asyncio.Event()
            self._to_subscribe.append(topic)
        for topic in topics:
            if topic in new or topic in self._idle_since:
                self._idle_since[topic] = now
        self._news.set()
        async with asyncio.timeout(LISTEN_WITHIN_S):
            for topic in topics:
                await self._confirmed[topic].wait()
        return new

    def entered(self, topic: str) -> None:
        """The topic is needed until it is deserted."""
        self._idle_since.pop(topic, None)

    def deserted(self, topic: str) -> None:
        """The topic is let go some seconds later, unless it is asked for again."""
        if topic in self._confirmed:
            self._idle_since[topic] = asyncio.get_running_loop().time()

    async def hang_up(self) -> None:
        """Break the connection: it will be made anew."""
        if self._connection is not None:
            await self._connection.disconnect(nowait=True)

    async def read(self) -> None:
        """Hear until cancelled, over one connection after the other."""
        while True:
            connection = self._client.connection_pool.make_connection()  # type: ignore[no-untyped-call]
            try:
                await connection.connect()
                await self._begin(connection)
                while True:
                    for frame in await self._read_some(connection):
                        self._take(*frame)
            except REDIS_DOWN as error:
                log.warning("bus is deaf", error=type(error).__name__)
            except Exception:
                log.exception("unexpected error")  # whatever it is, deaf we must not stay
            finally:
                self._connection = None
                for confirmed in self._confirmed.values():
                    confirmed.clear()
                await connection.disconnect(nowait=True)
            await asyncio.sleep(RETRY_S)

    async def write(self) -> None:
        """Send what is to be subscribed, until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            topics, connection = self._to_subscribe, self._connection
            if connection is not None and topics:
                self._to_subscribe = []
                await _send(connection, "SUBSCRIBE", topics)

    async def let_go(self) -> list[str]:
        """Unsubscribe from what nobody has needed for a while; gives it."""
        long_ago = asyncio.get_running_loop().time() - LINGER_S
        idle = [topic for topic, since in self._idle_since.items() if since < long_ago]
        for topic in idle:
            del self._idle_since[topic], self._confirmed[topic]
        if idle and self._connection is not None:
            await _send(self._connection, "UNSUBSCRIBE", idle)
        return idle

    async def _begin(self, connection: Any) -> None:
        """Subscribe to everything, and let what was missed be made up for."""
        await self._prepare()
        wanted, confirmed, early = set(self._confirmed), set[str](), list[Frame]()
        self._to_subscribe = []
        await _send(connection, "SUBSCRIBE", list(wanted), strictly=True)
        self._connection = connection
        self._news.set()
        while not wanted <= confirmed:
            for kind, topic, data in await self._read_some(connection):
                if kind == "subscribe":
                    confirmed.add(topic)
                elif kind == "message":
                    early.append((topic, data))
        await self._resume(wanted, early)
        for topic in confirmed:  # also such as were asked for meanwhile
            self._confirm(topic)

    def _take(self, kind: str, topic: str, data: str) -> None:
        if kind == "subscribe":
            self._confirm(topic)
        elif kind == "message" and topic in self._confirmed:
            try:
                self._hear(topic, data)
            except Exception:
                # A line of bad form must not make us deaf for all others.
                log.exception("unexpected error")

    def _confirm(self, topic: str) -> None:
        if confirmed := self._confirmed.get(topic):
            confirmed.set()

    @staticmethod
    async def _read_some(connection: Any) -> list[tuple[str, str, str]]:
        """Wait for the next frame; gives all that have come with it: kind, topic, data."""
        first = await connection.read_response(timeout=math.inf, push_request=True)
        frames = [first, *already_read(connection)]
        return [(kind, channel.removeprefix(CHANNEL), data) for kind, channel, data in frames]


async def _send(
    connection: Any, command: str, topics: Collection[str], *, strictly: bool = False
) -> None:
    """Send a command; where the connection is broken, its reader makes it anew."""
    channels = [CHANNEL + topic for topic in topics]
    with suppress(*(() if strictly else REDIS_DOWN)):
        await connection.send_command(command, *channels, check_health=False)
