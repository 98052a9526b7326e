"""Transactions whose BEGIN fails or is cancelled hold nothing back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tortoise import Tortoise
from tortoise.backends.base_postgres.client import BasePostgresClient
from tortoise.backends.sqlite.client import SqliteTransactionWrapper
from tortoise.context import TortoiseContext
from tortoise.transactions import in_transaction

from config import transactions
from config.database import tortoise_config


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A database with a single connection, so that one that is lost is missed at once."""
    transactions.install()
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""
    async with TortoiseContext():
        await Tortoise.init(config=tortoise_config(url, tmp_path, pool=1))
        yield request.param
        await Tortoise.close_connections()


async def select_one() -> int:
    async with asyncio.timeout(5), in_transaction() as connection:
        _, rows = await connection.execute_query("SELECT 1 AS one")
        return int(rows[0]["one"])


@pytest.mark.parametrize("end", [asyncio.CancelledError(), ConnectionError("gone")])
async def test_after_a_begin_that_fails_there_is_another_transaction(
    database: str, monkeypatch: pytest.MonkeyPatch, end: BaseException
) -> None:
    assert await select_one() == 1

    async def begin(_self: Any) -> None:
        raise end

    owner: Any = SqliteTransactionWrapper
    if database == "postgres":
        from tortoise.backends.asyncpg.client import TransactionWrapper  # noqa: PLC0415

        assert issubclass(TransactionWrapper, BasePostgresClient)
        owner = TransactionWrapper
    with monkeypatch.context() as patched:
        patched.setattr(owner, "begin", begin)
        with pytest.raises(type(end)):
            async with in_transaction():
                pass
    assert await select_one() == 1
