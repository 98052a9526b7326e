"""Rate limits by the `limits` library: in Redis where there is one, for all processes."""

import time

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter

from config.redis import PREFIX


class Limiter:
    """Counts what a user or an address does, per event, in a moving window."""

    def __init__(self, redis_url: str, *, enabled: bool = True) -> None:
        self._limiter = MovingWindowRateLimiter(_storage(redis_url)) if enabled else None
        self._items: dict[str, RateLimitItem] = {}

    async def retry_after_s(self, limit: str, event: str, who: str) -> float | None:
        """Count one `event` of `who` against `limit` ("20/10s"); seconds to wait, or None."""
        if self._limiter is None:
            return None
        item = self._items.get(limit) or self._items.setdefault(limit, parse_limit(limit))
        if await self._limiter.hit(item, event, who):
            return None
        window = await self._limiter.get_window_stats(item, event, who)
        return float(max(0.1, window.reset_time - time.time()))


def parse_limit(limit: str) -> RateLimitItem:
    """`"20/10s"`: twenty in ten seconds; `m` and `h` are minutes and hours."""
    count, _, window = limit.partition("/")
    unit = {"s": "second", "m": "minute", "h": "hour"}[window[-1]]
    return parse(f"{int(count)}/{int(window[:-1] or 1)} {unit}")


def _storage(redis_url: str) -> Storage:
    if not redis_url:
        return MemoryStorage()
    url = f"redis+{redis_url}" if redis_url.startswith("unix") else redis_url
    return RedisStorage(f"async+{url}", implementation="redispy", key_prefix=PREFIX.rstrip(":"))
