"""How often passwords and codes may be tried: after some failures, each one makes the next wait.

Counted in Redis, over all processes. A try is counted as a failure when it begins, and its success
takes back all: so any number of tries at once gets no more through than one after the other.

Whoever tries to guess makes the owner wait as well: that is the price. It is kept low. Failures
from one address make only that address wait; those from all addresses together count too, since an
attacker may have many, but only from far more of them on, and not for an address from which the
owner has lately signed in. Nobody waits longer than 15 minutes after the last failure, and who is
signed in stays so. What remains: whoever has very many addresses and goes on trying can keep the
owner from signing in at a new place, for as long as they do.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b

import redis.asyncio as redis
from redis.exceptions import WatchError

from config.redis import PREFIX
from models.errors import RateLimited

FREE = 5
FREE_FROM_EVERYWHERE = 50
FREE_CODES = 10
LONGEST_WAIT_S = 900
FORGOTTEN_AFTER_S = 900
KNOWN_FOR = timedelta(days=30)
ROUNDS = 16  # of others who came first


@dataclass(frozen=True, slots=True)
class Count:
    """Failures that are counted together: the first `free` of them cost nothing."""

    key: str
    free: int = FREE

    @classmethod
    def of(cls, kind: str, *whose: str, free: int = FREE) -> "Count":
        """The count of that kind; what clients send is hashed, and so bounded and unreadable."""
        digest = blake2b("\0".join(whose).encode(errors="replace"), digest_size=16)
        return cls(f"{PREFIX}attempts:{kind}:{digest.hexdigest()}", free)

    def wait_s(self, failures: int) -> float:
        """How long the next try must wait after so many failures: 1, 2, 4 … up to 900 seconds."""
        if failures < self.free:
            return 0
        return float(min(LONGEST_WAIT_S, 2 ** min(failures - self.free, 10)))

    def left_s(self, failures: int, at_ms: float, now_ms: float) -> float:
        """How much of that is left, the last failure having been at `at_ms`; 0 or less is none.

        Of tries at one time, one that asked earlier may come later: then `at_ms` lies ahead.
        """
        wait_s = self.wait_s(failures)
        return wait_s + (at_ms - now_ms) / 1000 if wait_s else 0


class Attempts:
    """The counts of all processes. Switched off, nothing is counted and nobody waits."""

    def __init__(self, client: "redis.Redis", *, enabled: bool = True) -> None:
        self._redis = client
        self._enabled = enabled

    async def begin(self, *counts: Count, now_ms: float) -> None:
        """Count a try; `RateLimited` where one of the counts says that it comes too early."""
        for _ in range(ROUNDS if self._enabled else 0):
            if await self._count(counts, now_ms):
                return
        if self._enabled:
            raise RateLimited(1)

    async def _count(self, counts: Iterable[Count], now_ms: float) -> bool:
        """False where another try was counted meanwhile: then all is to be looked at again."""
        async with self._redis.pipeline() as pipeline:
            await pipeline.watch(*(count.key for count in counts))
            found = [(count, *await self._look(pipeline, count)) for count in counts]
            left_s = max(count.left_s(n, at_ms, now_ms) for count, n, at_ms in found)
            if left_s > 0:
                raise RateLimited(left_s)
            pipeline.multi()  # type: ignore[no-untyped-call]
            for count, failures, at_ms in found:
                pipeline.hset(count.key, mapping={"n": failures + 1, "at_ms": max(at_ms, now_ms)})
                lasts_s = FORGOTTEN_AFTER_S + count.wait_s(failures + 1)
                pipeline.expire(count.key, int(lasts_s))
            try:
                await pipeline.execute()
            except WatchError:
                return False
        return True

    async def _look(self, client: "redis.Redis", count: Count) -> tuple[int, float]:
        """How many failures there are, and when the last was (ms)."""
        failures, at_ms = await client.hmget(count.key, ["n", "at_ms"])
        return int(failures or 0), float(at_ms or 0)

    async def succeed(self, *counts: Count) -> None:
        """The try was right: forget the failures before it."""
        if self._enabled:
            await self._redis.delete(*(count.key for count in counts))

    async def begin_sign_in(self, account: str, address: str, now_ms: float) -> None:
        """Count a sign-in to `account` (a name or an email as given), whether it exists or not."""
        counts = [Count.of("sign-in", account, address)]
        known = self._enabled and await self._redis.exists(known_key(account, address))
        if not known:
            counts.append(from_everywhere(account))
        await self.begin(*counts, now_ms=now_ms)

    async def succeed_sign_in(self, account: str, address: str) -> None:
        """The password was right: this address waits for nobody else's failures from now on."""
        await self.succeed(Count.of("sign-in", account, address), from_everywhere(account))
        if self._enabled:
            await self._redis.set(known_key(account, address), 1, ex=KNOWN_FOR)


def from_everywhere(account: str) -> Count:
    return Count.of("sign-in", account, free=FREE_FROM_EVERYWHERE)


def known_key(account: str, address: str) -> str:
    """Says that the account was signed in to from that address."""
    return Count.of("known", account, address).key
