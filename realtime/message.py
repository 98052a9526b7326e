"""What goes between processes: a packet for a topic, with its place in a stream and in all.

Nobody changes any of it. It is not `frozen`, as that makes each one four times as dear.
"""

from dataclasses import dataclass
from enum import StrEnum

CONTROL = "control"
LOGGED = "channel:"

Order = tuple[str, int]
Place = tuple[str, int]  # an epoch, and a count of messages in it


class Rule(StrEnum):
    """How a message is let through."""

    FREE = "free"  # always
    NEXT = "next"  # in its turn: kept until the one before it in its stream has come
    NEWER = "newer"  # when nothing later was said: what is missing will not come any more


@dataclass(slots=True)
class Message:
    """A packet, encoded once for all, to everybody in `topic` but those whom it `spares`.

    `spared` are names with commas between them: who is in one of those does not hear it. `order`
    is a stream and a number in it. What is not `kept` is heard, but in no topic's log.
    """

    topic: str
    packet: str
    spared: str | None = None
    order: Order | None = None
    kept: bool = True

    @property
    def spares(self) -> list[str]:
        """The topics whose sockets do not hear it."""
        return self.spared.split(",") if self.spared else []

    @property
    def rule(self) -> Rule:
        """Numbered messages go in their order, all others as they come."""
        return Rule.FREE if self.order is None else Rule.NEXT


@dataclass(slots=True)
class Heard:
    """A message with its place `n` in the order of all messages of an `epoch`.

    An epoch is the time for which the counter behind `n` lives. What is read from the database
    has no place (0).
    """

    message: Message
    epoch: str
    n: int = 0

    def encode(self) -> str:
        """One line, as the script in `realtime/bus.lua` writes it."""
        return " ".join((self.epoch, str(self.n), line(self.message)))

    @classmethod
    def decode(cls, topic: str, text: str) -> "Heard":
        """From a line; `ValueError` where it is none."""
        epoch, n, stream, number, spared, packet = text.split(" ", 5)
        order = (stream, int(number)) if stream else None
        return cls(Message(topic, packet, spared or None, order), epoch, int(n))


def line(message: Message) -> str:
    """A message but for its topic. No name has a space in it."""
    stream, number = message.order or ("", 0)
    return f"{stream} {number} {message.spared or ''} {message.packet}"


def is_log(stream: str) -> bool:
    """Whether each number of the stream matters, and can be read from the database."""
    return stream.startswith(LOGGED)


def subject(name: str) -> str:
    """Whom a stream or a topic is about: a room's streams are all forgotten with its topic."""
    return name.partition(":")[2]
