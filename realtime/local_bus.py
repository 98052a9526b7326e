"""The bus of one process alone: the sequencer and its logs in memory."""

import asyncio
import secrets
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from realtime.bus import LAST_LIFE_S, LOG_LIFE_S, LOG_SIZE, Bus, Resumed
from realtime.log_reader import ReadLog, nothing_logged
from realtime.message import Heard, Message, Place, Rule
from realtime.publisher import Sending, Verdict
from realtime.receiver import Deliver

TIDY_EVERY_S = 30.0
NOTHING = "*"  # no stream's name


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
        self._early: dict[str, dict[int, Message]] = {}
        self._logs: dict[str, _Log] = {}
        self._topics: set[str] = set()

    async def start(self, deliver: Deliver, resumed: Resumed) -> None:  # noqa: ARG002
        """Begin; here nothing is ever missed."""
        self.receiver.deliver = deliver
        self.receiver.begin_at(await self.place_now())
        self._tasks.start(self.publisher.run(), "bus-write")
        self._tasks.start(self._tidy(), "bus-tidy")

    async def append(self, batch: list[Sending]) -> list[int]:
        """As `realtime/bus.lua` does it."""
        now, held, verdicts = asyncio.get_running_loop().time(), dict[str, str](), list[int]()
        for sending in batch:
            topic, (stream, _) = sending.message.topic, sending.order
            verdict: int = Verdict.HELD
            if held.get(topic, stream) == stream:
                verdict = self._take(sending, now)
            else:
                held[topic] = NOTHING
            if verdict >= 0:
                held[topic] = stream
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

    def _take(self, sending: Sending, now: float) -> int:
        stream, number = sending.order
        if sending.rule is Rule.FREE:
            self._pass_on(sending.message, now)
            return Verdict.SENT
        last, _ = self._last.get(stream, (sending.base, now))
        if number <= last:
            return Verdict.KNOWN
        early = self._early.get(stream, {})
        if number > last + 1:
            if sending.rule is Rule.NEXT:
                self._early.setdefault(stream, {})[number] = sending.message
                return last
            for each in sorted(n for n in early if n < number):
                self._pass_on(early.pop(each), now)
        self._pass_on(sending.message, now)
        while following := early.pop(number + 1, None):
            self._pass_on(following, now)
            number += 1
        if not early:
            self._early.pop(stream, None)
        self._last[stream] = (number, now)
        return Verdict.SENT

    def _pass_on(self, message: Message, now: float) -> None:
        self._n += 1
        heard = Heard(message, self._epoch, self._n)
        if message.kept:
            log = self._logs.setdefault(message.topic, _Log())
            log.kept.append(heard)
            log.touched_at = now
        if message.topic in self._topics:
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
