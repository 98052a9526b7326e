"""Rate limits by the `limits` library: in Redis where there is one, for all processes."""

import time

from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter as SharedWindow
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter as OwnWindow

from config.redis import PREFIX


class Limiter:
    """Counts what a user or an address does, per event, in a moving window.

    With Redis all processes count together, and who asks has to wait; `waits` says so.
    """

    def __init__(self, redis_url: str, *, enabled: bool = True) -> None:
        self._shared = SharedWindow(_shared_storage(redis_url)) if enabled and redis_url else None
        self._own = OwnWindow(MemoryStorage()) if enabled and not redis_url else None
        self._items: dict[str, RateLimitItem] = {}
        self.waits = self._shared is not None

    async def retry_after_s(self, limit: str, event: str, who: str) -> float | None:
        """Count one `event` of `who` against `limit` ("20/10s"); seconds to wait, or None."""
        if self._shared is None:
            return self.retry_after_s_now(limit, event, who)
        item = self._item(limit)
        if await self._shared.hit(item, event, who):
            return None
        return left_s((await self._shared.get_window_stats(item, event, who)).reset_time)

    def retry_after_s_now(self, limit: str, event: str, who: str) -> float | None:
        """The same, where nobody else counts."""
        if self._own is None:
            return None
        item = self._item(limit)
        if self._own.hit(item, event, who):
            return None
        return left_s(self._own.get_window_stats(item, event, who).reset_time)

    def _item(self, limit: str) -> RateLimitItem:
        return self._items.get(limit) or self._items.setdefault(limit, parse_limit(limit))


def left_s(reset_time: float) -> float:
    """How long until then; never nothing at all."""
    return max(0.1, reset_time - time.time())


def parse_limit(limit: str) -> RateLimitItem:
    """`"20/10s"`: twenty in ten seconds; `m` and `h` are minutes and hours."""
    count, _, window = limit.partition("/")
    unit = {"s": "second", "m": "minute", "h": "hour"}[window[-1]]
    return parse(f"{int(count)}/{int(window[:-1] or 1)} {unit}")


def _shared_storage(redis_url: str) -> RedisStorage:
    url = f"redis+{redis_url}" if redis_url.startswith("unix") else redis_url
    return RedisStorage(f"async+{url}", implementation="redispy", key_prefix=PREFIX.rstrip(":"))
