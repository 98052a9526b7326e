"""Challenges: who has shown their password gets a ticket, with which to show a code as well."""

from datetime import timedelta

import redis.asyncio as redis

from config.redis import PREFIX
from models.errors import Unauthorized
from models.token import Ticket

CHALLENGE = "2fa"
LIFETIME = timedelta(minutes=5)
TRIES = 5
SPENT = 1000  # more than anybody could try


class Challenges:
    """Counts the tries of each ticket in Redis, for all processes, as long as the ticket lives.

    Without Redis nothing could be counted: then nobody gets in, and the answer is `unavailable`.
    """

    def __init__(self, client: "redis.Redis") -> None:
        self._redis = client

    async def take_try(self, ticket: Ticket) -> None:
        """Use one of the ticket's tries; `Unauthorized` when there are none left."""
        if await self._add(ticket, 1) > TRIES:
            raise spent()

    async def spend(self, ticket: Ticket) -> None:
        """The code was right: the ticket lets nobody in again. Of two at once one is refused."""
        if await self._add(ticket, SPENT) >= 2 * SPENT:
            raise spent()

    async def _add(self, ticket: Ticket, tries: int) -> int:
        key = f"{PREFIX}challenge:{ticket.ticket_id}"
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.incrby(key, tries)
            pipeline.expire(key, LIFETIME)
            counted, _ = await pipeline.execute()
        return int(counted)


def spent() -> Unauthorized:
    return Unauthorized("Please sign in again.", "token_invalid")
