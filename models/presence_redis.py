"""The count of sockets over all processes, in Redis.

Every process keeps a sign of life. The sockets of one that died without a word are taken out by
whichever process notices first (`reap`), so that nobody stays connected for ever.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TypeVar
from uuid import UUID

import redis.asyncio as redis
from redis.asyncio.client import Pipeline

from config.redis import PREFIX
from models.batch import Batch
from models.presence import DEAD_AFTER_S, CountedSocket, Place, Presence

PROCESSES = f"{PREFIX}processes"
BATCH = 200

Key = TypeVar("Key")
Change = Callable[[Pipeline], None]


class RedisPresence(Presence):
    """This process' part in the count of sockets, which all processes share."""

    def __init__(self, client: "redis.Redis", process_id: str) -> None:
        self._redis = client
        self._process_id = process_id
        self._changes = Batch("presence", self._change)

    async def show_life(self) -> None:
        async with self._redis.pipeline() as pipeline:
            pipeline.sadd(PROCESSES, self._process_id)
            pipeline.set(_life(self._process_id), 1, ex=DEAD_AFTER_S)
            await pipeline.execute()

    async def connect(self, user_id: UUID, sid: str) -> None:
        await self._changes.do(partial(_count, self._process_id, CountedSocket(sid, user_id, ())))

    async def disconnect(self, user_id: UUID, sid: str, room_ids: Iterable[UUID]) -> None:
        socket = CountedSocket(sid, user_id, tuple(room_ids))
        await self._changes.do(partial(_uncount, self._process_id, socket))

    async def enter(self, room_id: UUID, user_id: UUID, sid: str) -> None:
        await self._changes.do(partial(_seat, room_id, user_id, sid))

    async def leave(self, room_id: UUID, user_id: UUID, sid: str) -> None:
        await self._changes.do(partial(_unseat, room_id, user_id, sid))

    async def in_rooms(self, places: Iterable[Place]) -> dict[Place, int]:
        return await self._counts({place: _room(*place) for place in places})

    async def count(self, user_ids: Iterable[UUID]) -> dict[UUID, int]:
        return await self._counts({user_id: _user(user_id) for user_id in user_ids})

    async def is_alone(self) -> bool:
        return set(map(str, await self._redis.smembers(PROCESSES))) <= {self._process_id}

    async def registered(self) -> set[str]:
        return set(map(str, await self._redis.hkeys(_sockets(self._process_id))))

    async def register(self, sockets: Iterable[CountedSocket]) -> None:
        for some in batched(sockets, BATCH):
            async with self._redis.pipeline() as pipeline:
                for socket in some:
                    _count(self._process_id, socket, pipeline)
                await pipeline.execute()

    async def forget(self, sids: Collection[str]) -> list[CountedSocket]:
        return await self._take_out(self._process_id, set(sids))

    async def reap(self) -> list[CountedSocket]:
        lost: list[CountedSocket] = []
        for process_id in await self._dead():
            lost += await self._take_out(process_id)
            await self._redis.srem(PROCESSES, process_id)
        return lost

    async def leave_for_good(self) -> None:
        await self._redis.delete(_life(self._process_id))

    async def _dead(self) -> list[str]:
        processes = sorted(map(str, await self._redis.smembers(PROCESSES)))
        async with self._redis.pipeline(transaction=False) as pipeline:
            for process_id in processes:
                pipeline.exists(_life(process_id))
            alive = await pipeline.execute()
        return [process for process, lives in zip(processes, alive, strict=True) if not lives]

    async def _take_out(self, process_id: str, sids: set[str] | None = None) -> list[CountedSocket]:
        """Take sockets of a process out, all of them without `sids`."""
        counted = (await self._redis.hgetall(_sockets(process_id))).items()
        owners = {str(sid): UUID(str(user)) for sid, user in counted if sids is None or sid in sids}
        async with self._redis.pipeline(transaction=False) as pipeline:
            for sid in owners:
                pipeline.smembers(_rooms(sid))
            rooms = await pipeline.execute()
        lost = []
        for (sid, user_id), names in zip(owners.items(), rooms, strict=True):
            socket = CountedSocket(sid, user_id, tuple(UUID(str(name)) for name in names))
            await self._changes.do(partial(_uncount, process_id, socket))
            lost.append(socket)
        return lost

    async def _change(self, changes: Sequence[Change]) -> Sequence[None]:
        """What sockets do at one time, in the order in which they do it."""
        async with self._redis.pipeline() as pipeline:
            for change in changes:
                change(pipeline)
            await pipeline.execute()
        return [None] * len(changes)

    async def _counts(self, keys: dict[Key, str]) -> dict[Key, int]:
        if not keys:
            return {}
        async with self._redis.pipeline(transaction=False) as pipeline:
            for key in keys.values():
                pipeline.scard(key)
            counts = await pipeline.execute()
        return dict(zip(keys, counts, strict=True))


def batched(sockets: Iterable[CountedSocket], size: int) -> Iterator[list[CountedSocket]]:
    """`sockets` in lists of at most `size`."""
    rest = iter(sockets)
    while some := list(islice(rest, size)):
        yield some


def _count(process_id: str, socket: CountedSocket, pipeline: Pipeline) -> None:
    pipeline.hset(_sockets(process_id), socket.sid, str(socket.user_id))
    pipeline.sadd(_user(socket.user_id), socket.sid)
    for room_id in socket.room_ids:
        _seat(room_id, socket.user_id, socket.sid, pipeline)


def _uncount(process_id: str, socket: CountedSocket, pipeline: Pipeline) -> None:
    pipeline.hdel(_sockets(process_id), socket.sid)
    pipeline.srem(_user(socket.user_id), socket.sid)
    pipeline.delete(_rooms(socket.sid))
    for room_id in socket.room_ids:
        pipeline.srem(_room(room_id, socket.user_id), socket.sid)


def _seat(room_id: UUID, user_id: UUID, sid: str, pipeline: Pipeline) -> None:
    pipeline.sadd(_room(room_id, user_id), sid)
    pipeline.sadd(_rooms(sid), str(room_id))


def _unseat(room_id: UUID, user_id: UUID, sid: str, pipeline: Pipeline) -> None:
    pipeline.srem(_room(room_id, user_id), sid)
    pipeline.srem(_rooms(sid), str(room_id))


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
