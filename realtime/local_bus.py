"""The bus of one process alone: the sequencer and its logs in memory."""

import asyncio
import secrets
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from realtime.bus import LAST_LIFE_S, LOG_LIFE_S, LOG_SIZE, Bus, Resumed
from realtime.log_reader import ReadLog, nothing_logged
from realtime.message import Heard, Place, Rule
from realtime.publisher import Sending, Verdict
from realtime.receiver import Deliver

TIDY_EVERY_S = 30.0


@dataclass(slots=True)
class _Log:
    kept: deque[Heard] = field(default_factory=lambda: deque(maxlen=LOG_SIZE))
    touched_at: float = 0.0


class LocalBus(Bus):
    """What is published is heard in the same process a moment later."""

    def __init__(self, read_log: ReadLog = nothing_logged) -> None:
        super().__init__(read_log)
        self._epoch = secrets.token_hex(4)
        self._n = 0
        self._last: dict[str, tuple[int, float]] = {}
        self._logs: dict[str, _Log] = {}
        self._topics: set[str] = set()

    async def start(self, deliver: Deliver, resumed: Resumed) -> None:  # noqa: ARG002
        """Begin; here nothing is ever missed."""
        self.receiver.deliver = deliver
        self.receiver.begin_at(await self.place_now())
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self.publisher.run(), name="bus-write"),
            loop.create_task(self._tidy(), name="bus-tidy"),
        ]

    async def append(self, batch: list[Sending]) -> list[int]:
        """As `realtime/bus.lua` does it."""
        now, held, verdicts = asyncio.get_running_loop().time(), set[str](), list[int]()
        for sending in batch:
            topic = sending.message.topic
            verdict: int = Verdict.HELD if topic in held else self._judge(sending, now)
            if verdict == Verdict.SENT:
                self._pass_on(sending, now)
            elif verdict >= 0:
                held.add(topic)
            verdicts.append(verdict)
        return verdicts

    async def listen(self, topics: Collection[str]) -> set[str]:
        """Hear the topics from now on."""
        new = set(topics) - self._topics
        self._topics |= new
        return new

    def entered(self, topic: str) -> None:
        """Somebody is in the topic, which the last one may have left meanwhile."""
        self._topics.add(topic)

    def deserted(self, topic: str) -> None:
        """Nobody is in the topic any more."""
        self._topics.discard(topic)
        self.receiver.forget(topic)

    async def place_now(self) -> Place:
        """Where the process is."""
        return self._epoch, self._n

    async def said_since(self, after: Mapping[str, int]) -> list[Heard] | None:
        """What was said to each topic after a place, in order; None where not all is kept."""
        said: list[Heard] = []
        for topic, n in after.items():
            kept = self._logs.get(topic, _Log()).kept
            if len(kept) == LOG_SIZE and kept[0].n > n:
                return None
            said += [heard for heard in kept if heard.n > n]
        return sorted(said, key=lambda heard: heard.n)

    def is_alive(self) -> bool:
        """One that talks to itself is heard."""
        return True

    def _judge(self, sending: Sending, now: float) -> int:
        if sending.message.order is None:
            return Verdict.SENT
        stream, number = sending.message.order
        last, _ = self._last.get(stream, (sending.base, now))
        if number <= last:
            return Verdict.KNOWN
        if sending.rule is Rule.NEXT and number > last + 1:
            return last
        self._last[stream] = (number, now)
        return Verdict.SENT

    def _pass_on(self, sending: Sending, now: float) -> None:
        self._n += 1
        heard = Heard(sending.message, self._epoch, self._n)
        if sending.message.kept:
            log = self._logs.setdefault(sending.message.topic, _Log())
            log.kept.append(heard)
            log.touched_at = now
        if sending.message.topic in self._topics:
            self.receiver.receive(heard)

    async def _tidy(self) -> None:
        """Forget what has been silent for long."""
        while True:
            await asyncio.sleep(TIDY_EVERY_S)
            self.tidy(asyncio.get_running_loop().time())

    def tidy(self, now: float) -> None:
        """Forget the logs and numbers that are too old at `now` (s, of the loop's clock)."""
        logs, lasts = self._logs.items(), self._last.items()
        self._logs = {topic: log for topic, log in logs if now - log.touched_at < LOG_LIFE_S}
        self._last = {name: last for name, last in lasts if now - last[1] < LAST_LIFE_S}
