"""The count of sockets over all processes, in Redis.

Every process keeps a sign of life. The sockets of one that died without a word are taken out by
whichever process notices first (`reap`), so that nobody stays connected for ever.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TypeVar
from uuid import UUID

import redis.asyncio as redis

from config.redis import REDIS_DOWN
from models.batch import Batch
from models.presence import (
    DEAD_AFTER_S,
    GRACE_MS,
    RECOVERABLE_MS,
    Clock,
    CountedSocket,
    Place,
    Presence,
    Standing,
)
from models.presence_news import MOST, News, insisting, read_change, written
from models.presence_steps import (
    LINGERING,
    NEWS,
    PROCESSES,
    RECOVERABLE,
    Step,
    count,
    life_key,
    room_key,
    rooms_key,
    seat,
    sockets_key,
    uncount,
    unseat,
    user_key,
)

BATCH = 200
AT_ONCE = 1000

Item = TypeVar("Item")


class RedisPresence(Presence):
    """This process' part in the count of sockets, which all processes share."""

    def __init__(self, client: "redis.Redis", process_id: str, now_ms: Clock) -> None:
        super().__init__(now_ms)
        self._redis = client
        self._process_id = process_id
        self._steps = Batch("presence", self._take_steps)

    async def show_life(self) -> None:
        async with self._redis.pipeline() as pipeline:
            pipeline.sadd(PROCESSES, self._process_id)
            pipeline.set(life_key(self._process_id), 1, ex=DEAD_AFTER_S)
            await pipeline.execute()

    async def connect(self, user_id: UUID, sid: str) -> None:
        await self._steps.do(partial(count, self._process_id, CountedSocket(sid, user_id, ())))

    async def disconnect(self, user_id: UUID, sid: str, room_ids: Iterable[UUID]) -> None:
        try:
            await self._end(self._process_id, CountedSocket(sid, user_id, tuple(room_ids)))
        except REDIS_DOWN:
            self.insist([user_id])  # it may come back without knowing that they were there
            raise

    async def enter(self, room_id: UUID, user_id: UUID, sid: str) -> None:
        await self._steps.do(partial(seat, room_id, user_id, sid))

    async def leave(self, room_id: UUID, user_id: UUID, sid: str) -> None:
        await self._steps.do(partial(unseat, room_id, user_id, sid))

    async def in_rooms(self, places: Iterable[Place]) -> dict[Place, int]:
        places = list(places)
        if not places:
            return {}
        async with self._redis.pipeline(transaction=False) as pipeline:
            for place in places:
                pipeline.scard(room_key(*place))
            return dict(zip(places, await pipeline.execute(), strict=True))

    async def standing(self, user_ids: Iterable[UUID]) -> dict[UUID, Standing]:
        user_ids = list(user_ids)
        counts, (ends,) = await self._counts(user_ids, LINGERING)
        now_ms = self._now_ms()
        return {
            user_id: Standing(count, (end or 0.0) > now_ms)
            for user_id, count, end in zip(user_ids, counts, ends, strict=True)
        }

    async def reachable(self, user_ids: Collection[UUID]) -> set[UUID]:
        found: set[UUID] = set()
        for some in batched(user_ids, AT_ONCE):
            counts, (lingering, ends) = await self._counts(some, LINGERING, RECOVERABLE)
            now_ms = self._now_ms()
            found |= {
                user_id
                for user_id, count, lingers, end in zip(some, counts, lingering, ends, strict=True)
                if count or lingers or (end or 0.0) > now_ms
            }
        return found

    async def is_alone(self) -> bool:
        return set(map(str, await self._redis.smembers(PROCESSES))) <= {self._process_id}

    async def registered(self) -> set[str]:
        return set(map(str, await self._redis.hkeys(sockets_key(self._process_id))))

    async def register(self, sockets: Iterable[CountedSocket]) -> None:
        for some in batched(sockets, BATCH):
            async with self._redis.pipeline() as pipeline:
                for socket in some:
                    count(self._process_id, socket, pipeline)
                await pipeline.execute()

    async def forget(self, sids: Collection[str]) -> list[CountedSocket]:
        return await self._take_out(self._process_id, set(sids))

    async def reap(self) -> list[CountedSocket]:
        lost: list[CountedSocket] = []
        for process_id in await self._dead():
            lost += await self._take_out(process_id)
            await self._redis.srem(PROCESSES, process_id)
        return lost

    async def pass_on(self) -> None:
        while some := list(islice(self._changes, MOST)):
            try:
                await self._redis.rpush(NEWS, *dict.fromkeys(map(written, some)))
            except REDIS_DOWN:
                self._changes = deque(dict.fromkeys(insisting(self._changes)))
                raise
            for _ in some:
                self._changes.popleft()

    async def news(self) -> News:
        now_ms = self._now_ms()
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.lrange(NEWS, 0, MOST - 1)
            pipeline.zrangebyscore(LINGERING, "-inf", now_ms)
            changes, gone = await pipeline.execute()
        return News.of(map(read_change, changes), list(map(UUID, gone)), now_ms)

    async def strike(self, news: News) -> None:
        recoverable = dict.fromkeys(map(str, news.gone), news.until_ms + RECOVERABLE_MS)
        async with self._redis.pipeline() as pipeline:
            pipeline.ltrim(NEWS, news.read, -1)
            pipeline.zremrangebyscore(LINGERING, "-inf", news.until_ms)
            pipeline.zremrangebyscore(RECOVERABLE, "-inf", news.until_ms)
            if recoverable:
                pipeline.zadd(RECOVERABLE, recoverable)
            await pipeline.execute()

    async def _dead(self) -> list[str]:
        processes = sorted(map(str, await self._redis.smembers(PROCESSES)))
        async with self._redis.pipeline(transaction=False) as pipeline:
            for process_id in processes:
                pipeline.exists(life_key(process_id))
            alive = await pipeline.execute()
        return [process for process, lives in zip(processes, alive, strict=True) if not lives]

    async def _take_out(self, process_id: str, sids: set[str] | None = None) -> list[CountedSocket]:
        """Take sockets of a process out, all of them without `sids`."""
        counted = (await self._redis.hgetall(sockets_key(process_id))).items()
        owners = {str(sid): UUID(str(user)) for sid, user in counted if sids is None or sid in sids}
        async with self._redis.pipeline(transaction=False) as pipeline:
            for sid in owners:
                pipeline.smembers(rooms_key(sid))
            rooms = await pipeline.execute()
        lost = []
        for (sid, user_id), names in zip(owners.items(), rooms, strict=True):
            socket = CountedSocket(sid, user_id, tuple(UUID(str(name)) for name in names))
            await self._end(process_id, socket)
            lost.append(socket)
        return lost

    async def _end(self, process_id: str, socket: CountedSocket) -> None:
        until_ms = self._now_ms() + GRACE_MS
        await self._steps.do(partial(uncount, process_id, socket, until_ms))

    async def _take_steps(self, steps: Sequence[Step]) -> Sequence[None]:
        """What sockets do at one time, in the order in which they do it."""
        async with self._redis.pipeline() as pipeline:
            for step in steps:
                step(pipeline)
            await pipeline.execute()
        return [None] * len(steps)

    async def _counts(
        self, user_ids: Sequence[UUID], *ends: str
    ) -> tuple[list[int], list[list[float | None]]]:
        """How many sockets each user has, and what stands of them in each of the sorted sets."""
        if not user_ids:
            return [], [[] for _ in ends]
        names = list(map(str, user_ids))
        async with self._redis.pipeline(transaction=False) as pipeline:
            for user_id in user_ids:
                pipeline.scard(user_key(user_id))
            for key in ends:
                pipeline.zmscore(key, names)
            answers = await pipeline.execute()
        return answers[: len(names)], answers[len(names) :]


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """`items` in lists of at most `size`."""
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some
