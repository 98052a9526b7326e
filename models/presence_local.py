"""The count of sockets of a process that is alone: in its own memory, and gone with it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import TypeVar
from uuid import UUID

from models.presence import CountedSocket, Place, Presence

Key = TypeVar("Key")
Value = TypeVar("Value")


class LocalPresence(Presence):
    """Where there is no Redis there is no other process. Nothing here has to be waited for."""

    def __init__(self) -> None:
        self._owners: dict[str, UUID] = {}
        self._users: defaultdict[UUID, set[str]] = defaultdict(set)
        self._rooms: defaultdict[Place, set[str]] = defaultdict(set)
        self._places: defaultdict[str, set[Place]] = defaultdict(set)

    async def show_life(self) -> None:
        """Nobody looks for it."""

    async def connect(self, user_id: UUID, sid: str) -> None:
        self._owners[sid] = user_id
        self._users[user_id].add(sid)

    async def disconnect(self, user_id: UUID, sid: str, room_ids: Iterable[UUID]) -> None:  # noqa: ARG002
        self._take_out(user_id, sid)

    async def enter(self, room_id: UUID, user_id: UUID, sid: str) -> None:
        self._rooms[room_id, user_id].add(sid)
        self._places[sid].add((room_id, user_id))

    async def leave(self, room_id: UUID, user_id: UUID, sid: str) -> None:
        place = (room_id, user_id)
        discard(self._rooms, place, sid)
        discard(self._places, sid, place)

    async def in_rooms(self, places: Iterable[Place]) -> dict[Place, int]:
        return {place: len(self._rooms.get(place, ())) for place in places}

    async def count(self, user_ids: Iterable[UUID]) -> dict[UUID, int]:
        return {user_id: len(self._users.get(user_id, ())) for user_id in user_ids}

    async def is_alone(self) -> bool:
        return True

    async def registered(self) -> set[str]:
        return set(self._owners)

    async def register(self, sockets: Iterable[CountedSocket]) -> None:
        for socket in sockets:
            await self.connect(socket.user_id, socket.sid)
            for room_id in socket.room_ids:
                await self.enter(room_id, socket.user_id, socket.sid)

    async def forget(self, sids: Collection[str]) -> list[CountedSocket]:
        return [self._take_out(self._owners[sid], sid) for sid in sids if sid in self._owners]

    async def reap(self) -> list[CountedSocket]:
        return []

    async def leave_for_good(self) -> None:
        """What is counted ends with the process."""

    def _take_out(self, user_id: UUID, sid: str) -> CountedSocket:
        places = self._places.pop(sid, set())
        for place in places:
            discard(self._rooms, place, sid)
        self._owners.pop(sid, None)
        discard(self._users, user_id, sid)
        return CountedSocket(sid, user_id, tuple(room_id for room_id, _ in places))


def discard(groups: dict[Key, set[Value]], key: Key, value: Value) -> None:
    """Take `value` out of its group; an empty one is not kept."""
    if (group := groups.get(key)) is not None:
        group.discard(value)
        if not group:
            del groups[key]
