"""Tickets: whoever brings one gets what was kept with it, once, from whichever process.

They are random and short-lived. Redis knows only their hashes, so that who reads it has none.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
import redis.asyncio as redis

from config.redis import PREFIX
from models.errors import Unauthorized

TICKET_BYTES = 32

Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tickets:
    """Tickets of one kind; each may be shown `tries` times before it is taken, for `lasts`."""

    kind: str
    lasts: timedelta
    tries: int = 1

    async def issue(self, client: "redis.Redis", content: Content) -> str:
        """A new ticket for `content`, which must be JSON."""
        ticket = secrets.token_urlsafe(TICKET_BYTES)
        await client.set(self._key(ticket), orjson.dumps(content).decode(), ex=self.lasts)
        return ticket

    async def show(self, client: "redis.Redis", ticket: str) -> Content:
        """What was kept with it, at the cost of one try; `Unauthorized` for one that is spent."""
        key = self._key(ticket)
        kept = await client.get(key)
        if kept is None:  # before it is counted: nobody fills the memory with rubbish
            raise spent()
        async with client.pipeline() as pipeline:
            pipeline.incr(f"{key}:tries")
            pipeline.expire(f"{key}:tries", self.lasts)
            tries, _ = await pipeline.execute()
        if tries > self.tries:
            await client.delete(key)
            raise spent()
        return _content(kept)

    async def take(self, client: "redis.Redis", ticket: str) -> Content:
        """What was kept with it, which is the end of it; `Unauthorized` for one that is spent."""
        kept = await client.getdel(self._key(ticket))
        if kept is None:
            raise spent()
        return _content(kept)

    def _key(self, ticket: str) -> str:
        return f"{PREFIX}{self.kind}:{hash_of(ticket)}"


def hash_of(secret: str) -> str:
    """What can be kept of a random secret, to know it again."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def spent() -> Unauthorized:
    return Unauthorized("This has been used already, or took too long.", "token_invalid")


def _content(kept: Any) -> Content:
    content: Content = orjson.loads(kept)
    return content
