"""Transactions that let go of what they hold when their BEGIN fails or is cancelled.

Tortoise's own do not: on SQLite the one lock stays taken, and with it the whole database; on
PostgreSQL a connection is missing from the pool for ever. An event's time limit, or a database that
restarts, is enough for that. `install` mends both in place; a test fails when they have moved.
"""

from typing import Any

from tortoise.backends.base.client import TransactionalDBClient, TransactionContextPooled
from tortoise.backends.sqlite.client import SqliteTransactionContext
from tortoise.connection import get_connections


def install() -> None:
    """Put our beginnings in the place of Tortoise's."""
    SqliteTransactionContext.__aenter__ = _begin_sqlite  # type: ignore[method-assign]
    TransactionContextPooled.__aenter__ = _begin_pooled  # type: ignore[method-assign]


async def _begin_sqlite(self: Any) -> TransactionalDBClient:
    await self._trxlock.acquire()
    token = None
    try:
        await self.ensure_connection()
        token = get_connections().set(self.connection_name, self.connection)
        await self.connection.begin()
    except BaseException:
        if token is not None:
            get_connections().reset(token)
        self._trxlock.release()
        raise
    self.token = token
    client: TransactionalDBClient = self.connection
    return client


async def _begin_pooled(self: Any) -> TransactionalDBClient:
    await self.ensure_connection()
    owner = self.client._parent  # noqa: SLF001
    connection = await owner.take()
    self.client._connection = connection  # noqa: SLF001
    self.token = get_connections().set(self.connection_name, self.client)
    try:
        await self.client.begin()
    except BaseException:
        get_connections().reset(self.token)
        await owner.give_back(connection, in_order=False)
        raise
    client: TransactionalDBClient = self.client
    return client
