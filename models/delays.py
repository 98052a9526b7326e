"""How far a room's listeners are from the server: short-lived, as they last reported it."""

import json
from collections.abc import Mapping
from uuid import UUID

import redis.asyncio as redis

from config.redis import PREFIX, REDIS_DOWN
from models.advice import Delay

KEPT_S = 3600


class Delays:
    """The measurements of all rooms, one hash each; a room that reports nothing is forgotten."""

    def __init__(self, client: "redis.Redis") -> None:
        self._redis = client

    async def note(self, room_id: UUID, user_id: UUID, delay: Delay) -> None:
        """Remember what a listener measured."""
        values = json.dumps([delay.rtt_ms, delay.jitter_ms, delay.output_latency_ms])
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.hset(_key(room_id), str(user_id), values)
            pipeline.expire(_key(room_id), KEPT_S)
            await pipeline.execute()

    async def forget(self, room_id: UUID, user_id: UUID) -> None:
        """That user has left."""
        await self._redis.hdel(_key(room_id), str(user_id))

    async def of(self, room_id: UUID) -> Mapping[UUID, Delay]:
        """The room's measurements, also of users who are not connected now.

        Nothing while Redis is away: a start is then as far ahead as for listeners never measured.
        """
        try:
            found = await self._redis.hgetall(_key(room_id))
        except REDIS_DOWN:
            return {}
        return {UUID(str(user_id)): Delay(*json.loads(values)) for user_id, values in found.items()}


def _key(room_id: UUID) -> str:
    return f"{PREFIX}room:{room_id}:delays"
