"""Rate limits by the `limits` library: in Redis where there is one, for all processes."""

import time
from collections import deque
from collections.abc import Hashable

from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter as SharedWindow

from config.redis import PREFIX

LONGEST_S = 3600.0


class Limiter:
    """Counts what a user or an address does, per event, in a moving window.

    With Redis all processes count together, and who asks has to wait; `waits` says so.
    """

    def __init__(self, redis_url: str, *, enabled: bool = True) -> None:
        self._shared = SharedWindow(_shared_storage(redis_url)) if enabled and redis_url else None
        self._own = OwnWindow() if enabled and not redis_url else None
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

    def retry_after_s_now(self, limit: str, event: str, who: Hashable) -> float | None:
        """The same, where nobody else counts."""
        if self._own is None:
            return None
        return self._own.retry_after_s(self._item(limit), (event, who), time.monotonic())

    def _item(self, limit: str) -> RateLimitItem:
        return self._items.get(limit) or self._items.setdefault(limit, parse_limit(limit))


class OwnWindow:
    """A moving window for one process: the moments of what was let through, by whom and what.

    It stands in for the library's own, which takes ten times as long for the same.
    """

    SWEEP_EVERY_S = 60.0

    def __init__(self) -> None:
        self._moments: dict[Hashable, deque[float]] = {}
        self._swept_at = 0.0

    def retry_after_s(self, item: RateLimitItem, key: Hashable, now_s: float) -> float | None:
        """Count one; or say how long to wait, and count nothing."""
        if now_s - self._swept_at > self.SWEEP_EVERY_S:
            self._sweep(now_s)
        moments = self._moments.get(key)
        if moments is None:
            moments = self._moments[key] = deque()
        window_s = item.get_expiry()
        while moments and moments[0] <= now_s - window_s:
            moments.popleft()
        if len(moments) >= item.amount:
            return max(0.1, moments[0] + window_s - now_s)
        moments.append(now_s)
        return None

    def _sweep(self, now_s: float) -> None:
        """Forget who has not come for longer than any limit looks back."""
        self._swept_at = now_s
        idle = [k for k, moments in self._moments.items() if moments[-1] < now_s - LONGEST_S]
        for key in idle:
            del self._moments[key]


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
