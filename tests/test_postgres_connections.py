"""PostgreSQL's connections go from hand to hand, and only sound ones."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.context import TortoiseContext
from tortoise.transactions import in_transaction

from config import postgres, transactions
from config.database import tortoise_config
from models.sql import rows

WHO = "SELECT pg_backend_pid() AS pid"


@pytest.fixture
async def client(postgres_url: str, tmp_path: Path) -> AsyncIterator[Any]:
    """Tortoise's client, with two connections at most."""
    transactions.install()
    async with TortoiseContext():
        await Tortoise.init(config=tortoise_config(postgres_url, tmp_path, pool=2))
        yield get_connection("default")
        await Tortoise.close_connections()


async def backend() -> int:
    (found,) = await rows(WHO)
    return int(found["pid"])


async def test_one_after_another_they_use_one_connection_and_no_pool(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await backend()
    with monkeypatch.context() as patched:  # whoever asks it for a connection fails
        patched.setattr(client, "_pool", SimpleNamespace(is_closing=lambda: False))
        assert {await backend() for _ in range(5)} == {first}


async def test_more_at_once_than_there_are_connections_wait_for_each_other(client: Any) -> None:
    async with asyncio.timeout(10):
        found = await asyncio.gather(*(rows(f"{WHO}, pg_sleep(0.01)") for _ in range(20)))
    assert len({row["pid"] for (row,) in found}) == 2


async def test_a_transaction_takes_what_was_kept_aside(client: Any) -> None:
    await asyncio.gather(backend(), backend())
    async with asyncio.timeout(10), in_transaction(), in_transaction():
        assert await backend()
    assert await backend()


async def test_a_statement_that_fails_leaves_a_connection_for_the_next(client: Any) -> None:
    for _ in range(3):
        with pytest.raises(Exception, match="division by zero"):
            await rows("SELECT 1 / 0")
    assert await backend()


async def test_who_is_cancelled_in_the_middle_hands_on_no_answer_of_theirs(client: Any) -> None:
    for _ in range(5):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await rows("SELECT pg_sleep(5), 'stale' AS pid")
        assert await backend() > 0


async def test_a_connection_that_was_ended_is_not_handed_on(client: Any, postgres_url: str) -> None:
    pid = await backend()
    other = await asyncpg.connect(postgres_url)
    await other.execute("SELECT pg_terminate_backend($1)", pid)
    await other.close()
    async with asyncio.timeout(10):
        while postgres.is_sound(client._spare[0][0]):
            await asyncio.sleep(0.01)
    assert await backend() != pid


async def test_one_that_nobody_has_used_for_long_is_replaced(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "MOST_IDLE_S", -1.0)
    async with asyncio.timeout(10):
        assert len({await backend() for _ in range(4)}) == 4


async def test_in_the_end_none_is_left_open(client: Any, postgres_url: str) -> None:
    pids = set(await asyncio.gather(backend(), backend()))
    await client.close()
    other = await asyncpg.connect(postgres_url)
    async with asyncio.timeout(10):
        while pids & {row["pid"] for row in await other.fetch("SELECT pid FROM pg_stat_activity")}:
            await asyncio.sleep(0.02)
    await other.close()
