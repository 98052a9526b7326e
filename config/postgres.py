"""Tortoise's PostgreSQL with connections that go from hand to hand.

The pool of asyncpg takes a task and half a dozen turns of the loop to let go of a connection and to
give it out again: a quarter of what a short statement costs us. One that comes back in order is
kept aside here, for whoever is next; the pool has it again when somebody waits there, when
something went wrong, and now and then, so that its own rules for old ones apply.
"""

import asyncio
from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.base.client import PoolConnectionWrapper

MOST_USES = 1000
MOST_IDLE_S = 300.0

Connection = Any  # asyncpg's, by its proxy


class PostgresClient(AsyncpgDBClient):
    """Takes connections out of the pool and keeps those that are used again and again."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._spare: list[tuple[Connection, float]] = []
        self._waiting = 0
        self._uses = 0

    def acquire_connection(self) -> Any:
        """A connection for a block."""
        return Borrowed(self, self._pool_init_lock)

    async def take(self) -> Connection:
        """A connection of the pool, which has been opened; to be given back, or released to it."""
        while self._spare:
            connection, since_s = self._spare.pop()
            if is_sound(connection):
                if now_s() - since_s < MOST_IDLE_S:
                    return connection
                connection.terminate()
        pool: Any = self._pool
        self._waiting += 1
        try:
            return await pool.acquire()
        finally:
            self._waiting -= 1

    async def give_back(self, connection: Connection, *, in_order: bool) -> None:
        """Let go of a connection; `in_order`: what was asked of it has been answered."""
        pool = self._pool
        if pool is None:
            return
        self._uses += 1
        keep = in_order and self._uses % MOST_USES and not (self._waiting or pool.is_closing())
        if keep and is_sound(connection):
            self._spare.append((connection, now_s()))
        else:
            await pool.release(connection)

    async def _close(self) -> None:
        spare, self._spare = self._spare, []
        for connection, _ in spare:
            if self._pool is not None:
                await self._pool.release(connection)
        await super()._close()


class Borrowed(PoolConnectionWrapper[Connection]):
    """A connection for as long as a block lasts."""

    client: PostgresClient

    async def __aenter__(self) -> Connection:
        await self.ensure_connection()
        self.connection = await self.client.take()
        return self.connection

    async def __aexit__(self, _kind: object, error: object, _trace: object) -> None:
        await self.client.give_back(self.connection, in_order=error is None)


def is_sound(connection: Connection) -> bool:
    """Whether it is open; one whose end has been noticed is the pool's again."""
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        return False


def now_s() -> float:
    return asyncio.get_running_loop().time()


client_class = PostgresClient  # by this name Tortoise finds it
