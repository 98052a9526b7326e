"""The way from one process to all: in this process alone, or through Redis' pub/sub."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

import orjson
import redis.asyncio as redis
import structlog

from config.redis import PREFIX, REDIS_DOWN

CHANNEL = f"{PREFIX}bus"
RETRY_S = 0.5
BATCH = 256
RESUMED = "resumed"  # said to ourselves after a time in which we may have missed something

log = structlog.get_logger(__name__)

Receive = Callable[[dict[str, Any]], None]


class Bus(Protocol):
    """Carries messages to every process, this one included, in one order for all."""

    def publish(self, message: dict[str, Any]) -> None: ...

    async def start(self, receive: Receive) -> None: ...

    async def close(self) -> None: ...

    def is_alive(self) -> bool: ...


class LocalBus:
    """One process: what is published is received at once."""

    def __init__(self) -> None:
        self._receive: Receive | None = None

    def publish(self, message: dict[str, Any]) -> None:
        if self._receive is not None:
            self._receive(message)

    async def start(self, receive: Receive) -> None:
        self._receive = receive

    async def close(self) -> None:
        self._receive = None

    def is_alive(self) -> bool:
        return True


class RedisBus:
    """All processes of one Redis. One writer keeps the order; an own echo proves that it works.

    While Redis is away, messages wait (bounded: the oldest go first, and clients catch up by
    `channel:sync` and `room:join`).
    """

    ECHO_EVERY_S = 1.0
    DEAF_AFTER_S = 4.0
    MAX_WAITING = 10_000

    def __init__(self, client: "redis.Redis", process_id: str) -> None:
        self._client = client
        self._process_id = process_id
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(self.MAX_WAITING)
        self._tasks: list[asyncio.Task[None]] = []
        self._heard_at = float("-inf")

    def publish(self, message: dict[str, Any]) -> None:
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(orjson.dumps(message))

    async def start(self, receive: Receive) -> None:
        subscribed = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._listen(receive, subscribed), name="bus-listen"),
            loop.create_task(self._write(), name="bus-write"),
            loop.create_task(self._echo(), name="bus-echo"),
        ]
        await asyncio.wait_for(subscribed.wait(), 10)

    async def close(self) -> None:
        for _ in range(100):  # what was published before the stop still goes out
            if self._waiting.empty():
                break
            await asyncio.sleep(0.01)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def is_alive(self) -> bool:
        """Whether our own echo came back within the last seconds."""
        return asyncio.get_running_loop().time() - self._heard_at < self.DEAF_AFTER_S

    async def _write(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            await self._send(batch)

    async def _send(self, batch: list[bytes]) -> None:
        while True:
            try:
                async with self._client.pipeline(transaction=False) as pipeline:
                    for message in batch:
                        pipeline.publish(CHANNEL, message)
                    await pipeline.execute()
            except REDIS_DOWN as error:
                log.warning("bus cannot write", error=type(error).__name__)
                await asyncio.sleep(RETRY_S)
            else:
                return

    async def _echo(self) -> None:
        while True:
            self.publish({"kind": "echo", "process": self._process_id})
            await asyncio.sleep(self.ECHO_EVERY_S)

    async def _listen(self, receive: Receive, subscribed: asyncio.Event) -> None:
        while True:
            try:
                async with self._client.pubsub() as pubsub:
                    await pubsub.subscribe(CHANNEL)
                    await self._pump(pubsub, receive, subscribed)
            except REDIS_DOWN as error:
                log.warning("bus is deaf", error=type(error).__name__)
            await asyncio.sleep(RETRY_S)

    async def _pump(self, pubsub: Any, receive: Receive, subscribed: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        self._heard_at = loop.time()
        while loop.time() - self._heard_at < self.DEAF_AFTER_S:
            frame = await pubsub.get_message(timeout=self.ECHO_EVERY_S)
            if frame is None:
                continue
            try:
                self._hear(frame, receive, subscribed)
            except Exception:
                # One message that nobody understands must not make us deaf for all others.
                log.exception("unexpected error")

    def _hear(self, frame: dict[str, Any], receive: Receive, subscribed: asyncio.Event) -> None:
        if frame["type"] == "subscribe":
            # The client subscribes again by itself when its connection broke.
            if subscribed.is_set():
                receive({"kind": RESUMED})
            subscribed.set()
            return
        message = orjson.loads(frame["data"])
        if message["kind"] != "echo":
            receive(message)
        elif message["process"] == self._process_id:
            self._heard_at = asyncio.get_running_loop().time()
