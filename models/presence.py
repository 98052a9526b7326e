"""Who is connected, and where: counted by sockets, over all processes, in short-lived state."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from models.user import User, UserStatus

LIFE_SIGN_EVERY_S = 2.0
DEAD_AFTER_S = 8

Place = tuple[UUID, UUID]  # a room and a user


@dataclass(frozen=True, slots=True)
class CountedSocket:
    """A socket, whose it is, and which rooms it hears."""

    sid: str
    user_id: UUID
    room_ids: tuple[UUID, ...]


class Presence(ABC):
    """This process' part in the count of sockets."""

    @abstractmethod
    async def show_life(self) -> None:
        """Say that this process lives; to be called every `LIFE_SIGN_EVERY_S`."""

    @abstractmethod
    async def connect(self, user_id: UUID, sid: str) -> None:
        """A socket of `user_id` is there."""

    @abstractmethod
    async def disconnect(self, user_id: UUID, sid: str, room_ids: Iterable[UUID]) -> None:
        """That socket is gone, and out of the rooms it was in."""

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
    async def count(self, user_ids: Iterable[UUID]) -> dict[UUID, int]:
        """How many sockets each of the users has."""

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
    async def leave_for_good(self) -> None:
        """This process ends in order: nothing of it is left to be reaped."""

    async def in_room(self, room_id: UUID, user_ids: Iterable[UUID]) -> dict[UUID, int]:
        """How many sockets each of the users has in the room."""
        counts = await self.in_rooms([(room_id, user_id) for user_id in user_ids])
        return {user_id: count for (_, user_id), count in counts.items()}

    async def mark(self, users: Iterable[User]) -> None:
        """Set each user's `status` to what others may see: offline without a socket."""
        users = list(users)
        sockets = await self.count({user.id for user in users})
        for user in users:
            user.status = user.chosen_status if sockets[user.id] else UserStatus.OFFLINE
