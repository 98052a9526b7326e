"""Who is connected, and where: counted by sockets, over all processes, in short-lived state.

Every process keeps a sign of life. The sockets of one that died without a word are taken out by
whichever process notices first (`reap`), so that nobody stays connected for ever.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TypeVar
from uuid import UUID

import redis.asyncio as redis
from redis.asyncio.client import Pipeline

from config.redis import PREFIX
from models.batch import Batch
from models.user import User, UserStatus

LIFE_SIGN_EVERY_S = 2.0
DEAD_AFTER_S = 8
PROCESSES = f"{PREFIX}processes"
BATCH = 200

Place = tuple[UUID, UUID]  # a room and a user
Key = TypeVar("Key")
Change = Callable[[Pipeline], None]


@dataclass(frozen=True, slots=True)
class CountedSocket:
    """A socket, whose it is, and which rooms it hears."""

    sid: str
    user_id: UUID
    room_ids: tuple[UUID, ...]


class Presence:
    """This process' part in the count of sockets."""

    def __init__(self, client: "redis.Redis", process_id: str) -> None:
        self._redis = client
        self._process_id = process_id
        self._changes = Batch("presence", self._change)

    async def show_life(self) -> None:
        """Say that this process lives; to be called every `LIFE_SIGN_EVERY_S`."""
        async with self._redis.pipeline() as pipeline:
            pipeline.sadd(PROCESSES, self._process_id)
            pipeline.set(_life(self._process_id), 1, ex=DEAD_AFTER_S)
            await pipeline.execute()

    async def connect(self, user_id: UUID, sid: str) -> None:
        """A socket of `user_id` is there."""
        await self._changes.do(partial(_count, self._process_id, CountedSocket(sid, user_id, ())))

    async def disconnect(self, user_id: UUID, sid: str, room_ids: Iterable[UUID]) -> None:
        """That socket is gone, and out of the rooms it was in."""
        socket = CountedSocket(sid, user_id, tuple(room_ids))
        await self._changes.do(partial(_uncount, self._process_id, socket))

    async def enter(self, room_id: UUID, user_id: UUID, sid: str) -> None:
        """A socket hears a room from now on."""
        await self._changes.do(partial(_seat, room_id, user_id, sid))

    async def leave(self, room_id: UUID, user_id: UUID, sid: str) -> None:
        """A socket no longer hears a room."""
        await self._changes.do(partial(_unseat, room_id, user_id, sid))

    async def in_room(self, room_id: UUID, user_ids: Iterable[UUID]) -> dict[UUID, int]:
        """How many sockets each of the users has in the room."""
        return await self._counts({user_id: _room(room_id, user_id) for user_id in user_ids})

    async def in_rooms(self, places: Iterable[Place]) -> dict[Place, int]:
        """How many sockets there are of each user in each room: `places` are pairs of the two."""
        return await self._counts({place: _room(*place) for place in places})

    async def count(self, user_ids: Iterable[UUID]) -> dict[UUID, int]:
        """How many sockets each of the users has."""
        return await self._counts({user_id: _user(user_id) for user_id in user_ids})

    async def mark(self, users: Iterable[User]) -> None:
        """Set each user's `status` to what others may see: offline without a socket."""
        users = list(users)
        sockets = await self.count({user.id for user in users})
        for user in users:
            user.status = user.chosen_status if sockets[user.id] else UserStatus.OFFLINE

    async def is_alone(self) -> bool:
        """Whether no other process shows life, or did until a moment ago."""
        return set(map(str, await self._redis.smembers(PROCESSES))) <= {self._process_id}

    async def registered(self) -> set[str]:
        """The sockets that the store counts as this process'."""
        return set(map(str, await self._redis.hkeys(_sockets(self._process_id))))

    async def register(self, sockets: Iterable[CountedSocket]) -> None:
        """Count these sockets of this process; those that are counted already stay so."""
        for some in batched(sockets, BATCH):
            async with self._redis.pipeline() as pipeline:
                for socket in some:
                    _count(self._process_id, socket, pipeline)
                await pipeline.execute()

    async def forget(self, sids: Collection[str]) -> list[CountedSocket]:
        """Take these sockets of this process out, and say which they were."""
        return await self._take_out(self._process_id, set(sids))

    async def reap(self) -> list[CountedSocket]:
        """Take out the sockets of processes that show no life, and say which they were."""
        lost: list[CountedSocket] = []
        for process_id in await self._dead():
            lost += await self._take_out(process_id)
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
