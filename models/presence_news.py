"""What friends may have to be told anew, in the order in which it came about."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID

MOST = 500  # changes that are read at one time


class What(StrEnum):
    """What may have changed, by whose ids follow it."""

    USER = "user"
    AGAIN = "again"  # a user, whose friends may not know what they were told, too
    ROOM = "room"  # all who are connected in it
    PAIR = "pair"  # two who have become friends


Change = tuple[What, UUID] | tuple[What, UUID, UUID]


@dataclass(frozen=True, slots=True)
class News:
    """The first `read` changes, and who is `gone`: whose grace has ended until `until_ms`.

    `again`: of whom all friends are to be told in any case. `pairs`: of whom these friends are.
    """

    read: int
    users: set[UUID]
    rooms: set[UUID]
    again: set[UUID]
    pairs: dict[UUID, set[UUID]]
    gone: list[UUID]
    until_ms: float

    @classmethod
    def of(cls, changes: Iterable[Change], gone: list[UUID], until_ms: float) -> Self:
        """The same, sorted."""
        changes, users, rooms = list(changes), set(gone), set[UUID]()
        again, pairs = set[UUID](), dict[UUID, set[UUID]]()
        for what, *ids in changes:
            (rooms if what is What.ROOM else users).update(ids)
            if what is What.AGAIN:
                again.update(ids)
            elif what is What.PAIR:
                for user_id, friend_id in (ids, ids[::-1]):
                    pairs.setdefault(user_id, set()).add(friend_id)
        return cls(len(changes), users, rooms, again, pairs, gone, until_ms)

    def __bool__(self) -> bool:
        return bool(self.read or self.gone)


def insisting(changes: Iterable[Change]) -> Iterator[Change]:
    """The same changes, to be told in any case: it may have been forgotten what was told."""
    for change in changes:
        yield (What.AGAIN, change[1]) if change[0] is What.USER else change


def written(change: Change) -> str:
    """`change` as text."""
    return ":".join(map(str, change))


def read_change(text: str) -> Change:
    """What `written` made of it."""
    what, first, *second = text.split(":")
    return (What(what), UUID(first), *map(UUID, second))  # type: ignore[return-value]
