"""New databases for tests: copies of one that was migrated once, since that takes seconds."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
from tortoise.backends.base.executor import EXECUTOR_CACHE

from config.database import FILE, migrate_to_newest, open_database
from models import search_sqlite


def sqlite_in(data_dir: Path) -> None:
    """A new database in that folder, unless there is one."""
    data_dir.mkdir(parents=True, exist_ok=True)
    if not (data_dir / FILE).exists():
        (data_dir / FILE).write_bytes(_migrated_sqlite())


@contextmanager
def database(server_url: str) -> Iterator[str]:
    """A new database on that PostgreSQL; gives its URL."""
    with empty_database(server_url, f"TEMPLATE {_migrated_postgres(server_url)}") as url:
        yield url


@contextmanager
def empty_database(server_url: str, how: str = "") -> Iterator[str]:
    """A new database without tables on that PostgreSQL; gives its URL."""
    name = f"test_{uuid4().hex[:12]}"

    async def create() -> None:
        connection = await asyncpg.connect(server_url)
        await connection.execute(f"CREATE DATABASE {name} {how}")
        await connection.close()

    asyncio.run(create())
    yield urlsplit(server_url)._replace(path=f"/{name}").geturl()


@asynccontextmanager
async def opened(data_dir: Path, url: str = "", pool: int = 1) -> AsyncIterator[None]:
    """A new database, open in this process."""
    if not url:
        sqlite_in(data_dir)
    EXECUTOR_CACHE.clear()  # Tortoise keeps statements by the connection's name alone
    async with open_database(url, data_dir, pool):
        await search_sqlite.prepare()
        yield
    EXECUTOR_CACHE.clear()


@cache
def _migrated_sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        _migrate("", Path(folder))
        return (Path(folder) / FILE).read_bytes()


@cache
def _migrated_postgres(server_url: str) -> str:
    with empty_database(server_url) as url:
        _migrate(url, Path())
        return urlsplit(url).path[1:]


def _migrate(url: str, data_dir: Path) -> None:
    """In a thread, since there may be a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(migrate_to_newest(url, data_dir))).result()
