"""Who is connected, and where: counted by sockets, over all processes, in short-lived state.

Every process keeps a sign of life. The sockets of one that died without a word are taken out by
whichever process notices first (`reap`), so that nobody stays connected for ever.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import redis.asyncio as redis

from config.redis import PREFIX
from models.user import User, UserStatus

LIFE_SIGN_EVERY_S = 2.0
DEAD_AFTER_S = 8
PROCESSES = f"{PREFIX}processes"


@dataclass(frozen=True, slots=True)
class LostSocket:
    """A socket of a process that died."""

    sid: str
    user_id: UUID
    room_ids: tuple[UUID, ...]


class Presence:
    """This process' part in the count of sockets."""

    def __init__(self, client: "redis.Redis", process_id: str) -> None:
        self._redis = client
        self._process_id = process_id

    async def show_life(self) -> None:
        """Say that this process lives; to be called every `LIFE_SIGN_EVERY_S`."""
        async with self._redis.pipeline() as pipeline:
            pipeline.sadd(PROCESSES, self._process_id)
            pipeline.set(_life(self._process_id), 1, ex=DEAD_AFTER_S)
            await pipeline.execute()

    async def connect(self, user_id: UUID, sid: str) -> None:
        """A socket of `user_id` is there."""
        async with self._redis.pipeline() as pipeline:
            pipeline.hset(_sockets(self._process_id), sid, str(user_id))
            pipeline.sadd(_user(user_id), sid)
            await pipeline.execute()

    async def disconnect(self, user_id: UUID, sid: str, room_ids: Iterable[UUID]) -> None:
        """That socket is gone, and out of the rooms it was in."""
        await self._remove(self._process_id, user_id, sid, room_ids)

    async def enter(self, room_id: UUID, user_id: UUID, sid: str) -> None:
        """A socket hears a room from now on."""
        async with self._redis.pipeline() as pipeline:
            pipeline.sadd(_room(room_id, user_id), sid)
            pipeline.sadd(_rooms(sid), str(room_id))
            await pipeline.execute()

    async def leave(self, room_id: UUID, user_id: UUID, sid: str) -> None:
        """A socket no longer hears a room."""
        async with self._redis.pipeline() as pipeline:
            pipeline.srem(_room(room_id, user_id), sid)
            pipeline.srem(_rooms(sid), str(room_id))
            await pipeline.execute()

    async def in_room(self, room_id: UUID, user_ids: Iterable[UUID]) -> dict[UUID, int]:
        """How many sockets each of the users has in the room."""
        return await self._counts({user_id: _room(room_id, user_id) for user_id in user_ids})

    async def count(self, user_ids: Iterable[UUID]) -> dict[UUID, int]:
        """How many sockets each of the users has."""
        return await self._counts({user_id: _user(user_id) for user_id in user_ids})

    async def mark(self, users: Iterable[User]) -> None:
        """Set each user's `status` to what others may see: offline without a socket."""
        users = list(users)
        sockets = await self.count({user.id for user in users})
        for user in users:
            user.status = user.chosen_status if sockets[user.id] else UserStatus.OFFLINE

    async def reap(self) -> list[LostSocket]:
        """Take out the sockets of processes that show no life, and say which they were."""
        lost: list[LostSocket] = []
        for process_id in await self._dead():
            for key, value in (await self._redis.hgetall(_sockets(process_id))).items():
                sid, user_id = str(key), UUID(str(value))
                rooms = await self._redis.smembers(_rooms(sid))
                room_ids = tuple(UUID(str(room)) for room in rooms)
                await self._remove(process_id, user_id, sid, room_ids)
                lost.append(LostSocket(sid, user_id, room_ids))
            await self._redis.srem(PROCESSES, process_id)
        return lost

    async def leave_for_good(self) -> None:
        """This process ends in order: nothing of it is left to be reaped."""
        await self._redis.delete(_life(self._process_id))

    async def _dead(self) -> list[str]:
        processes = sorted(map(str, await self._redis.smembers(PROCESSES)))
        async with self._redis.pipeline(transaction=False) as pipeline:
            for process_id in processes:
                pipeline.exists(_life(process_id))
            alive = await pipeline.execute()
        return [process for process, lives in zip(processes, alive, strict=True) if not lives]

    async def _remove(
        self, process_id: str, user_id: UUID, sid: str, room_ids: Iterable[UUID]
    ) -> None:
        async with self._redis.pipeline() as pipeline:
            pipeline.hdel(_sockets(process_id), sid)
            pipeline.srem(_user(user_id), sid)
            pipeline.delete(_rooms(sid))
            for room_id in room_ids:
                pipeline.srem(_room(room_id, user_id), sid)
            await pipeline.execute()

    async def _counts(self, keys: dict[UUID, str]) -> dict[UUID, int]:
        if not keys:
            return {}
        async with self._redis.pipeline(transaction=False) as pipeline:
            for key in keys.values():
                pipeline.scard(key)
            counts = await pipeline.execute()
        return dict(zip(keys, counts, strict=True))


def _life(process_id: str) -> str:
    return f"{PREFIX}process:{process_id}:alive"


def _sockets(process_id: str) -> str:
    return f"{PREFIX}process:{process_id}:sockets"


def _rooms(sid: str) -> str:
    return f"{PREFIX}socket:{sid}:rooms"


def _user(user_id: UUID) -> str:
    return f"{PREFIX}user:{user_id}:sockets"


def _room(room_id: UUID, user_id: UUID) -> str:
    return f"{PREFIX}room:{room_id}:{user_id}:sockets"
