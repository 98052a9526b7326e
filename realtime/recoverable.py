"""What is known of a socket that may be recovered, and how it is told its place."""

from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from realtime.message import Heard, Place

MAX_SIDS = 16
NO_OFFSET = "-"  # while a topic is behind the others, no place says what a socket has heard


@dataclass(slots=True)
class Recoverable:
    """A socket that asked for it. `topics`: what it hears, and from which place of `epoch` on.

    `sids`: its own id, and before it those of the lost sockets whose place it took.
    A place is None where it is not known. What was said until `begins` was said before it entered
    anything new. What comes while it is being recovered is `collected`.
    """

    pid: str
    sids: list[str]
    user_id: str
    session_id: str
    epoch: str
    topics: dict[str, int | None] = field(default_factory=dict)
    begins: Place | None = None
    missed: list[Heard] = field(default_factory=list)
    read: set[int] = field(default_factory=set)
    collected: list[Heard] | None = None

    @property
    def sid(self) -> str:
        return self.sids[-1]

    def rebase(self, epoch: str) -> None:
        """In another epoch, no place of this one is known."""
        if epoch != self.epoch:
            self.epoch, self.topics = epoch, dict.fromkeys(self.topics)

    def enter(self, topic: str, here: Place | None) -> None:
        """Hear a topic from now on, when its process has heard all until `here`."""
        if topic in self.topics:
            return
        self.topics[topic] = None
        if here is not None and self.begins is not None and here[0] == self.begins[0]:
            self.topics[topic] = max(here[1], self.begins[1])

    def successor(self, sid: str) -> "Recoverable":
        """Another socket in its place, which collects what it hears.

        What it is told of the past may be lost on its way, too: it hears from the same places on.
        """
        sids = [*self.sids[1 - MAX_SIDS :], sid]
        return replace(self, sids=sids, topics=dict(self.topics), collected=[])

    def encode(self) -> str:
        """As the record is kept."""
        names = ("pid", "sids", "user_id", "session_id", "epoch", "topics")
        return orjson.dumps({name: getattr(self, name) for name in names}).decode()

    @classmethod
    def decode(cls, kept: str | bytes) -> "Recoverable":
        """From its record."""
        return cls(**orjson.loads(kept))

    def heard_until(self, offset: Any) -> dict[str, int] | None:
        """Up to which place each topic was heard, by what the client says; None: nobody knows."""
        until = 0
        if offset is not None:
            epoch, _, n = str(offset).rpartition(".")
            if epoch != self.epoch or not (n.isascii() and n.isdigit() and len(n) < 16):
                return None
            until = int(n)
        elif None in self.topics.values():
            return None
        return {topic: max(until, entered or 0) for topic, entered in self.topics.items()}

    def is_spared(self, heard: Heard) -> bool:
        """Whether this was not meant for it."""
        return any(each in self.sids or each in self.topics for each in heard.message.spares)


def with_offset(encoded: str, offset: str) -> str:
    """An encoded event with its offset as last argument."""
    return f'{encoded[:-1]},"{offset}"]'


def placed(heard: Heard) -> str:
    """An event of a topic's log, with its own place as offset."""
    return with_offset(heard.message.packet, f"{heard.epoch}.{heard.n}")
