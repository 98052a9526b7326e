"""The bus of all processes that share a Redis."""

import asyncio
import secrets
from collections.abc import Collection, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import redis.asyncio as redis
import structlog

from config.redis import PREFIX, REDIS_DOWN
from realtime.bus import LAST_LIFE_S, LOG_LIFE_S, LOG_SIZE, Bus, Resumed
from realtime.log_reader import ReadLog, nothing_logged
from realtime.message import Heard, Message, Place, line
from realtime.publisher import Sending
from realtime.receiver import Deliver
from realtime.subscriber import RETRY_S, TIDY_EVERY_S, Frame, Subscriber

SCRIPT = Path(__file__).with_name("bus.lua").read_text()
BUS_KEY = f"{PREFIX}bus"
TOPICS_AT_ONCE = 200

log = structlog.get_logger(__name__)


class RedisBus(Bus):
    """One script in Redis is the sequencer; one connection hears; an own echo proves both."""

    ECHO_EVERY_S = 1.0
    DEAF_AFTER_S = 4.0

    def __init__(
        self, client: "redis.Redis", process_id: str, read_log: ReadLog = nothing_logged
    ) -> None:
        super().__init__(read_log)
        self._client = client
        self._script = client.register_script(SCRIPT)
        self._echo_topic = f"echo:{process_id}"
        self._subscriber = Subscriber(client, self._hear, self._prepare, self._resume)
        self._heard_at = float("-inf")
        self._batches = 0
        self._place: Place = ("", 0)
        self._resumed: Resumed = lambda: None

    async def start(self, deliver: Deliver, resumed: Resumed) -> None:
        """Begin; `resumed` is called after a time in which something may have been missed."""
        self.receiver.deliver, self._resumed = deliver, resumed
        parts = {
            "bus-read": self._subscriber.read(),
            "bus-subscribe": self._subscriber.write(),
            "bus-write": self.publisher.run(),
            "bus-echo": self._echo(),
            "bus-tidy": self._tidy(),
        }
        for name, part in parts.items():
            self._tasks.start(part, name)
        await self.listen([self._echo_topic])
        self.entered(self._echo_topic)

    async def append(self, batch: list[Sending]) -> list[int]:
        """Send messages; while Redis is away, again and again."""
        self._batches += 1
        arguments = self._settings()
        for sending in batch:
            message = sending.message
            stream, number = message.order or ("", 0)
            arguments += [message.topic, sending.rule.value, stream, number, sending.base]
            arguments += [int(message.kept), line(message)]
        while True:
            try:
                verdicts: list[int] = await self._script(args=arguments)
            except REDIS_DOWN as error:
                log.warning("bus cannot write", error=type(error).__name__)
                await asyncio.sleep(RETRY_S)
            else:
                return verdicts

    async def listen(self, topics: Collection[str]) -> set[str]:
        """Return when Redis has confirmed that it will tell of these topics."""
        return await self._subscriber.listen(topics)

    def entered(self, topic: str) -> None:
        """Somebody of this process is in the topic."""
        self._subscriber.entered(topic)

    def deserted(self, topic: str) -> None:
        """Nobody of this process is in the topic any more."""
        self._subscriber.deserted(topic)

    async def place_now(self) -> Place:
        """Where all processes are."""
        epoch, n = await self._client.hmget(BUS_KEY, "epoch", "n")
        return str(epoch or ""), int(n or 0)

    async def said_since(self, after: Mapping[str, int]) -> list[Heard] | None:
        """What was said to each topic after a place, in order; None where not all is kept."""
        said, whole = await self._read_logs(after) or ([], False)
        return said if whole else None

    def is_alive(self) -> bool:
        """Whether our own echo came back within the last seconds."""
        return asyncio.get_running_loop().time() - self._heard_at < self.DEAF_AFTER_S

    @property
    def connected(self) -> bool:
        """Whether there is a connection to Redis at this moment."""
        return self._subscriber.connected

    def _hear(self, topic: str, text: str) -> None:
        heard = Heard.decode(topic, text)
        if topic == self._echo_topic:
            self._heard_at = asyncio.get_running_loop().time()
        elsewhere = self.receiver.epoch not in {"", heard.epoch}
        self.receiver.receive(heard)
        if elsewhere:  # Redis was emptied
            self._resumed()

    def _settings(self) -> list[str | int]:
        bounds = (LOG_SIZE, LOG_LIFE_S, LAST_LIFE_S)
        return [PREFIX, secrets.token_hex(4), *bounds, self._echo_topic, self._batches]

    async def _prepare(self) -> None:
        """Look where the bus is, before topics are subscribed: what they say is later."""
        await self._script(args=self._settings())  # there is an epoch from now on
        self._place = await self.place_now()

    async def _resume(self, topics: Collection[str], early: list[Frame]) -> None:
        """Make up for what was said while there was no connection."""
        now, before = asyncio.get_running_loop().time(), self.receiver.epoch
        away_s, self._heard_at = now - self._heard_at, now
        found = None
        if before == self._place[0]:
            found = await self._read_logs(dict.fromkeys(topics, self.receiver.n))
        else:
            self.receiver.begin_at(self._place)
        missed, whole = found or ([], False)
        heard = [*missed, *(Heard.decode(topic, text) for topic, text in early)]
        for each in sorted(heard, key=lambda each: each.n):
            self.receiver.receive(each)
        if before and not (whole and away_s < LOG_LIFE_S / 2):
            self._resumed()

    async def _read_logs(self, after: Mapping[str, int]) -> tuple[list[Heard], bool] | None:
        """What the topics' logs have after a place, in order, and whether that is all.

        None in another epoch.
        """
        said, whole = list[Heard](), True
        rest = iter(after.items())
        while some := dict(islice(rest, TOPICS_AT_ONCE)):
            found = await self._read_some(some)
            if found is None:
                return None
            for topic, (entries, size) in zip(some, found, strict=True):
                said += [Heard.decode(topic, fields["m"]) for _, fields in entries]
                whole = whole and not len(entries) == size >= LOG_SIZE  # there may have been more
        return sorted(said, key=lambda heard: heard.n), whole

    async def _read_some(self, after: Mapping[str, int]) -> list[tuple[Any, int]] | None:
        """Each topic's entries after a place, with the log's size; None in another epoch."""
        epoch = self.receiver.epoch
        async with self._client.pipeline(transaction=False) as pipeline:
            for topic, n in after.items():
                key = f"{PREFIX}log:{epoch}:{topic}"
                pipeline.xrange(key, min=f"{n}-1")
                pipeline.xlen(key)
            pipeline.hget(BUS_KEY, "epoch")
            *answers, now = await pipeline.execute()
        return None if now != epoch else list(zip(answers[::2], answers[1::2], strict=True))

    async def _echo(self) -> None:
        broken_at = float("-inf")
        while True:
            self.publish(Message(self._echo_topic, "", kept=False))
            await asyncio.sleep(self.ECHO_EVERY_S)
            now = asyncio.get_running_loop().time()
            if not self.is_alive() and now - broken_at > self.DEAF_AFTER_S:
                broken_at = now
                await self._subscriber.hang_up()

    async def _tidy(self) -> None:
        """Let go of the topics that nobody needs."""
        while True:
            await asyncio.sleep(TIDY_EVERY_S)
            for topic in await self._subscriber.let_go():
                self.receiver.forget(topic)
