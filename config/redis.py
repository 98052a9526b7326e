"""Short-lived state: a real Redis where one is set, else one inside this process."""

from typing import Any, cast

import fakeredis
import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.connection import HiredisRespSerializer
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

PREFIX = "soundroom:"
# A client that has no connection free opens one; the library's own bound makes it fail instead.
MANY = 10_000
EPOCH_KEY = f"{PREFIX}clock:epoch"
REDIS_DOWN: tuple[type[Exception], ...] = (RedisError, RedisConnectionError, OSError)


def open_redis(url: str) -> "redis.Redis":
    """A client with text answers. An empty `url` gives a store that lives and dies with us."""
    if not url:
        # With a time limit each command goes through `wait_for`, in which Python 3.11 may lose a
        # cancellation; here there is nothing to wait for.
        fake = fakeredis.FakeAsyncRedis(
            decode_responses=True, socket_timeout=None, max_connections=MANY
        )
        return cast("redis.Redis", fake)
    client = redis.Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=5.0,
        socket_connect_timeout=2.0,
        health_check_interval=15,
        max_connections=MANY,
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.02), 2),
    )
    pool = client.connection_pool
    pool.connection_class = quickly_packing(pool.connection_class)
    return client


def quickly_packing(connection_class: type[Any]) -> type[Any]:
    """Commands packed by hiredis, as the library does it where it is not asynchronous."""
    packer = HiredisRespSerializer()

    class Connection(connection_class):  # type: ignore[misc]
        def pack_command(self, *args: Any) -> list[bytes]:
            packed: list[bytes] = packer.pack(*args)
            return packed

    return Connection


async def reference_ms(client: "redis.Redis") -> float:
    """Redis' `TIME` in milliseconds since the epoch."""
    seconds, microseconds = await client.time()
    return int(seconds) * 1000 + int(microseconds) / 1000


async def share_epoch(client: "redis.Redis", old: str | None, new: str) -> str:
    """Agree on the clock's epoch: the first to set it (or to replace `old`) decides for all."""
    if old is not None and await client.get(EPOCH_KEY) == old:
        await client.set(EPOCH_KEY, new)
    await client.set(EPOCH_KEY, new, nx=True)
    return str(await client.get(EPOCH_KEY))
