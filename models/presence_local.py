"""The count of sockets of a process that is alone: in its own memory, and gone with it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from itertools import islice, takewhile
from math import inf
from typing import TypeVar
from uuid import UUID

from models.presence import (
    GRACE_MS,
    RECOVERABLE_MS,
    Clock,
    CountedSocket,
    Place,
    Presence,
    Standing,
)
from models.presence_news import MOST, News, What

Key = TypeVar("Key")
Value = TypeVar("Value")


class LocalPresence(Presence):
    """Where there is no Redis there is no other process. Nothing here has to be waited for."""

    def __init__(self, now_ms: Clock) -> None:
        super().__init__(now_ms)
        self._owners: dict[str, UUID] = {}
        self._users: defaultdict[UUID, set[str]] = defaultdict(set)
        self._rooms: defaultdict[Place, set[str]] = defaultdict(set)
        self._places: defaultdict[str, set[Place]] = defaultdict(set)
        # Until when (ms), the first to end first.
        self._lingering: dict[UUID, float] = {}
        self._recoverable: dict[UUID, float] = {}

    async def show_life(self) -> None:
        """Nobody looks for it."""

    async def connect(self, user_id: UUID, sid: str) -> None:
        self._owners[sid] = user_id
        self._users[user_id].add(sid)
        self._changes.append((What.USER, user_id))

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

    async def standing(self, user_ids: Iterable[UUID]) -> dict[UUID, Standing]:
        now_ms, users, ends = self._now_ms(), self._users, self._lingering
        return {
            user_id: Standing(len(users.get(user_id, ())), ends.get(user_id, 0.0) > now_ms)
            for user_id in user_ids
        }

    async def reachable(self, user_ids: Collection[UUID]) -> set[UUID]:
        now_ms, known = self._now_ms(), (self._users, self._lingering)
        return {
            user_id
            for user_id in user_ids
            if any(user_id in each for each in known)
            or self._recoverable.get(user_id, 0.0) > now_ms
        }

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

    async def pass_on(self) -> None:
        """It is where it is to be."""

    async def news(self) -> News:
        now_ms = self._now_ms()
        gone = ended(self._lingering, now_ms)
        return News.of(islice(self._changes, MOST), gone, now_ms)

    async def strike(self, news: News) -> None:
        for _ in range(news.read):
            self._changes.popleft()
        for user_id in news.gone:
            if self._lingering.get(user_id, inf) <= news.until_ms:
                del self._lingering[user_id]
            put_last(self._recoverable, user_id, news.until_ms + RECOVERABLE_MS)
        for user_id in ended(self._recoverable, news.until_ms):
            del self._recoverable[user_id]

    def _take_out(self, user_id: UUID, sid: str) -> CountedSocket:
        places = self._places.pop(sid, set())
        for place in places:
            discard(self._rooms, place, sid)
        self._owners.pop(sid, None)
        discard(self._users, user_id, sid)
        put_last(self._lingering, user_id, self._now_ms() + GRACE_MS)
        return CountedSocket(sid, user_id, tuple(room_id for room_id, _ in places))


def discard(groups: dict[Key, set[Value]], key: Key, value: Value) -> None:
    """Take `value` out of its group; an empty one is not kept."""
    if (group := groups.get(key)) is not None:
        group.discard(value)
        if not group:
            del groups[key]


def ended(ends: dict[UUID, float], now_ms: float) -> list[UUID]:
    """Those whose end has come."""
    return [user_id for user_id, _ in takewhile(lambda each: each[1] <= now_ms, ends.items())]


def put_last(ends: dict[UUID, float], user_id: UUID, end_ms: float) -> None:
    """Let it end then, which is later than all others do."""
    ends.pop(user_id, None)
    ends[user_id] = end_ms
