"""Who is connected, and where: counted by sockets, over all processes, in short-lived state.

Who has lost their last socket stays for a while (`GRACE_MS`): a page that is loaded again is no
departure. What friends see of somebody may change with all of this, and with what they do: it is
noted here as well, for whoever tells them (`handlers.friend_presence`).
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from models.presence_news import Change, News, What
from models.user import User, UserStatus

LIFE_SIGN_EVERY_S = 2.0
DEAD_AFTER_S = 8
GRACE_MS = 10_000.0
# As long as a lost socket may be recovered, which then hears all that was said meanwhile.
RECOVERABLE_MS = 180_000.0

Clock = Callable[[], float]  # the server's, in milliseconds

Place = tuple[UUID, UUID]  # a room and a user


@dataclass(frozen=True, slots=True)
class CountedSocket:
    """A socket, whose it is, and which rooms it hears."""

    sid: str
    user_id: UUID
    room_ids: tuple[UUID, ...]


class Standing(NamedTuple):
    """How many sockets a user has, and whether they lost one less than `GRACE_MS` ago."""

    sockets: int
    lingers: bool

    def status_of(self, user: User) -> UserStatus:
        """What others may see of `user`, whose standing this is."""
        is_there = self.sockets > 0 or self.lingers
        return user.chosen_status if is_there else UserStatus.OFFLINE


class Presence(ABC):
    """This process' part in the count of sockets, and in what friends are to be told of it."""

    def __init__(self, now_ms: Clock) -> None:
        self._now_ms = now_ms
        self._changes: deque[Change] = deque()

    @abstractmethod
    async def show_life(self) -> None:
        """Say that this process lives; to be called every `LIFE_SIGN_EVERY_S`."""

    @abstractmethod
    async def connect(self, user_id: UUID, sid: str) -> None:
        """A socket of `user_id` is there, which their friends may be told."""

    @abstractmethod
    async def disconnect(self, user_id: UUID, sid: str, room_ids: Iterable[UUID]) -> None:
        """That socket is gone, and out of the rooms it was in; its user lingers from now on."""

    @abstractmethod
    async def enter(self, room_id: UUID, user_id: UUID, sid: str) -> None:
        """A socket hears a room from now on."""

    @abstractmethod
    async def leave(self, room_id: UUID, user_id: UUID, sid: str) -> None:
        """A socket no longer hears a room."""

    @abstractmethod
    async def in_rooms(self, places: Iterable[Place]) -> dict[Place, int]:
        """How many sockets there are of each user in each room: `places` are pairs of the two."""

    @abstractmethod
    async def standing(self, user_ids: Iterable[UUID]) -> dict[UUID, Standing]:
        """How each of the users stands now."""

    @abstractmethod
    async def reachable(self, user_ids: Collection[UUID]) -> set[UUID]:
        """Those of the users who have a socket, or may recover one that they have lost."""

    @abstractmethod
    async def is_alone(self) -> bool:
        """Whether no other process shows life, or did until a moment ago."""

    @abstractmethod
    async def registered(self) -> set[str]:
        """The sockets that are counted as this process'."""

    @abstractmethod
    async def register(self, sockets: Iterable[CountedSocket]) -> None:
        """Count these sockets of this process; those that are counted already stay so."""

    @abstractmethod
    async def forget(self, sids: Collection[str]) -> list[CountedSocket]:
        """Take these sockets of this process out, and say which they were."""

    @abstractmethod
    async def reap(self) -> list[CountedSocket]:
        """Take out the sockets of processes that show no life, and say which they were."""

    @abstractmethod
    async def pass_on(self) -> None:
        """Give what was noted here to the process that tells; what fails is tried the next time."""

    @abstractmethod
    async def news(self) -> News:
        """The oldest of what any process has noted, and whose grace has ended."""

    @abstractmethod
    async def strike(self, news: News) -> None:
        """All of `news` has been told; what was noted since then stays."""

    def changed(self, user_ids: Iterable[UUID]) -> None:
        """What friends see of these users may have changed: after the commit. Waits for nothing."""
        self._changes.extend((What.USER, user_id) for user_id in user_ids)

    def insist(self, user_ids: Iterable[UUID]) -> None:
        """Friends are to be told of these users, though nothing may have changed."""
        self._changes.extend((What.AGAIN, user_id) for user_id in user_ids)

    def room_changed(self, room_id: UUID) -> None:
        """What friends see of all who are connected in the room may have changed."""
        self._changes.append((What.ROOM, room_id))

    def befriended(self, user_id: UUID, friend_id: UUID) -> None:
        """The two have become friends: each is to be told of the other."""
        self._changes.append((What.PAIR, user_id, friend_id))

    async def in_room(self, room_id: UUID, user_ids: Iterable[UUID]) -> dict[UUID, int]:
        """How many sockets each of the users has in the room."""
        counts = await self.in_rooms([(room_id, user_id) for user_id in user_ids])
        return {user_id: count for (_, user_id), count in counts.items()}

    async def mark(self, users: Iterable[User]) -> None:
        """Set each user's `status` to what others may see: offline for who is not there."""
        users = list(users)
        standing = await self.standing({user.id for user in users})
        for user in users:
            user.status = standing[user.id].status_of(user)
