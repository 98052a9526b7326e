"""The way between processes: a message reaches those that have members of its topic."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping

from realtime.log_reader import LogReader, ReadLog, nothing_logged
from realtime.message import Heard, Message, Place
from realtime.publisher import Publisher, Sending
from realtime.receiver import Deliver, Receiver
from realtime.tasks import Tasks

LOG_SIZE = 1000
# Longer than a lost client can be recovered: until its loss is noticed (45 s), and 180 s from then.
LOG_LIFE_S = 300
LAST_LIFE_S = 3600
CLOSE_WITHIN_S = 1.0

Resumed = Callable[[], None]


def ignore(_heard: Heard) -> None:
    """Nobody listens yet."""


class Bus(ABC):
    """Carries messages to every process that listens, this one included, in one order for all.

    The numbers of a stream go through once and in order, whoever publishes them.
    """

    def __init__(self, read_log: ReadLog = nothing_logged) -> None:
        reader = LogReader(read_log)
        self.receiver = Receiver(ignore, reader)
        self.publisher = Publisher(self.append, reader, self.receiver)
        self._tasks = Tasks()

    def publish(self, message: Message) -> None:
        """Say it to all who listen to its topic. It is sent in its turn."""
        self.publisher.publish(message)

    @abstractmethod
    async def start(self, deliver: Deliver, resumed: Resumed) -> None:
        """Begin; `resumed` is called after a time in which something may have been missed."""

    @abstractmethod
    async def append(self, batch: list[Sending]) -> list[int]:
        """Have the sequencer judge messages, and pass on those that it lets through."""

    @abstractmethod
    async def listen(self, topics: Collection[str]) -> set[str]:
        """Hear the topics from now on; gives those that this process did not hear until now.

        To be awaited before somebody enters. A topic that nobody has entered some seconds later,
        or that the last one has left, is let go. `TimeoutError` while that cannot be had.
        """

    @abstractmethod
    def entered(self, topic: str) -> None:
        """Somebody of this process is in the topic."""

    @abstractmethod
    def deserted(self, topic: str) -> None:
        """Nobody of this process is in the topic any more."""

    @abstractmethod
    async def place_now(self) -> Place:
        """Where all processes are: epoch and place of what was said last."""

    @abstractmethod
    async def said_since(self, after: Mapping[str, int]) -> list[Heard] | None:
        """What was said to each topic after a place, in order; None where not all is kept."""

    @abstractmethod
    def is_alive(self) -> bool:
        """Whether what is published is also heard."""

    @property
    def connected(self) -> bool:
        """Whether there is a way to hear at this moment."""
        return True

    async def close(self) -> None:
        """Stop; what was published before still goes out, if it can."""
        deadline = asyncio.get_running_loop().time() + CLOSE_WITHIN_S
        while not self.publisher.idle and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)
        await self._tasks.end()
        self.receiver.close()
