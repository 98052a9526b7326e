"""A lease: of several processes, one does what is to be done once."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import redis.asyncio as redis
from redis.exceptions import WatchError

from config.redis import PREFIX

LASTS = timedelta(seconds=5)


class Lease:
    """Held by one process at a time, for a while; who stops renewing it loses it.

    A holder that is paused may believe for a moment that it holds what another has taken: what is
    done under a lease must be right even if two do it. The lease only saves the work.
    The algorithm is Redis' own (SET NX PX with a token that only its holder knows).
    """

    def __init__(self, client: "redis.Redis", name: str, lasts: timedelta = LASTS) -> None:
        self._redis = client
        self._key = f"{PREFIX}lease:{name}"
        self._token = uuid4().hex
        self._lasts = lasts
        # Those who ask here at one time would disturb each other's renewals.
        self._asking = asyncio.Lock()

    async def hold(self) -> bool:
        """Take it where it is free, renew it where it is ours; says whether it is ours now."""
        async with self._asking:
            if await self._redis.set(self._key, self._token, nx=True, px=self._lasts):
                return True
            return await self._if_mine("pexpire", self._lasts)

    async def release(self) -> None:
        """Let go of it, so that the next need not wait for its end."""
        async with self._asking:
            await self._if_mine("delete")

    async def _if_mine(self, command: str, *args: Any) -> bool:
        """Run a command on the key, unless it is or becomes another's meanwhile."""
        async with self._redis.pipeline() as pipeline:
            await pipeline.watch(self._key)
            if await pipeline.get(self._key) != self._token:
                return False
            pipeline.multi()  # type: ignore[no-untyped-call]
            getattr(pipeline, command)(self._key, *args)
            try:
                await pipeline.execute()
            except WatchError:
                return False
        return True
