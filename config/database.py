"""SQLite or PostgreSQL beneath Tortoise: one configuration, migrated at start under a lock."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from tortoise import Tortoise
from tortoise.context import TortoiseContext
from tortoise.exceptions import DBConnectionError
from tortoise.migrations.api.migrate import migrate

APP = "models"
MIGRATION_LOCK = 0x536F756E64  # "Sound": any number of our own, the same for all processes
LOCK_WAIT_S = 60
COMMAND_TIMEOUT_S = 15

# What means "the database is away", not "the query is wrong".
DATABASE_DOWN: tuple[type[Exception], ...] = (
    DBConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    OSError,
)


class DatabaseURLError(ValueError):
    """`DATABASE_URL` says something that we cannot follow."""


def tortoise_config(url: str, data_dir: Path, *, pool: int = 10) -> dict[str, Any]:
    """Tortoise's configuration for `url`; where that is empty, for a SQLite file in `data_dir`."""
    connection = _postgres(url, pool) if url else _sqlite(data_dir / "soundroom.sqlite3")
    app = {
        "models": ["models"],
        "migrations": "models.migrations",
        "default_connection": "default",
    }
    return {
        "connections": {"default": connection},
        "apps": {APP: app},
        "use_tz": True,
        "timezone": "UTC",
    }


def _sqlite(path: Path, *, foreign_keys: bool = True) -> dict[str, Any]:
    return {
        "engine": "tortoise.backends.sqlite",
        "credentials": {
            "file_path": str(path),
            "journal_mode": "WAL",
            # What we acknowledge survives a power cut too, not only `kill -9`.
            "synchronous": "FULL",
            "foreign_keys": "ON" if foreign_keys else "OFF",
            "busy_timeout": 5000,
        },
    }


def _postgres(url: str, pool: int) -> dict[str, Any]:
    """Translate a libpq URL; `?host=/folder` (a Unix socket) and `sslmode` are understood."""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    unknown = query.keys() - {"host", "port", "user", "password", "dbname", "sslmode"}
    if unknown:
        raise DatabaseURLError(f"DATABASE_URL has an unknown parameter {min(unknown)!r}.")
    try:
        port = int(query.get("port") or parts.port or 5432)
    except ValueError:
        raise DatabaseURLError("DATABASE_URL has a port that is no number.") from None
    credentials: dict[str, Any] = {
        "host": query.get("host") or (unquote(parts.hostname) if parts.hostname else "localhost"),
        "port": port,
        "user": query.get("user") or unquote(parts.username or "") or os.environ.get("USER", ""),
        "password": query.get("password") or unquote(parts.password or "") or None,
        "database": query.get("dbname") or unquote(parts.path.lstrip("/")) or "postgres",
        "minsize": 1,
        "maxsize": pool,
        "timeout": 5,
        "command_timeout": COMMAND_TIMEOUT_S,
        "application_name": "soundroom",
    }
    if sslmode := query.get("sslmode"):
        credentials["ssl"] = sslmode
    return {"engine": "tortoise.backends.asyncpg", "credentials": credentials}


@asynccontextmanager
async def open_database(url: str, data_dir: Path, pool: int) -> AsyncIterator[TortoiseContext]:
    """Migrate, then open the database for every task of this process until the block ends."""
    await migrate_to_newest(url, data_dir)
    config = tortoise_config(url, data_dir, pool=pool)
    # Global: requests and sockets run in tasks that do not inherit this one's context.
    context = await Tortoise.init(config=config, _enable_global_fallback=True)
    try:
        yield context
    finally:
        await context.close_connections()


async def migrate_to_newest(url: str, data_dir: Path) -> None:
    """Bring the schema up to date. Of several processes that start at once, one does it."""
    config = tortoise_config(url, data_dir, pool=2)
    if not url:
        # Altering a SQLite table rebuilds it, which with foreign keys on deletes what refers to it.
        file_path = data_dir / "soundroom.sqlite3"
        config["connections"]["default"] = _sqlite(file_path, foreign_keys=False)
    lock = _postgres_lock(config) if url else _file_lock(data_dir / "migrations.lock")
    async with lock, TortoiseContext():
        await migrate(config=config)
        await Tortoise.close_connections()


@asynccontextmanager
async def _postgres_lock(config: dict[str, Any]) -> AsyncIterator[None]:
    """An advisory lock on a connection of its own; gone with it, also when we are killed."""
    names = ("host", "port", "user", "password", "database", "ssl")
    credentials = config["connections"]["default"]["credentials"]
    connection = await asyncpg.connect(
        **{name: credentials[name] for name in names if name in credentials}, timeout=5
    )
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK, timeout=LOCK_WAIT_S)
        yield
    finally:
        await connection.close()


@asynccontextmanager
async def _file_lock(path: Path) -> AsyncIterator[None]:
    with path.open("w") as file:
        await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)
        yield


# What `tortoise makemigrations` (see `make migrations`) compares the models with.
MIGRATIONS = tortoise_config("", Path(os.environ.get("DATA_DIR", "var")))
