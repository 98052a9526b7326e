"""SQLite or PostgreSQL beneath Tortoise: one configuration, migrated at start under a lock."""

import asyncio
import fcntl
import getpass
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from tortoise import Tortoise
from tortoise.context import TortoiseContext
from tortoise.exceptions import DBConnectionError
from tortoise.migrations.api.migrate import migrate

from config import transactions
from config.settings import SettingsError

APP = "models"
FILE = "soundroom.sqlite3"
MIGRATION_LOCK = 0x536F756E64  # "Sound": any number of our own, the same for all processes
LOCK_WAIT_S = 60
COMMAND_TIMEOUT_S = 15
CONNECT_TIMEOUT_S = 5
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
PARAMETERS = frozenset(
    {"host", "port", "user", "password", "dbname", "sslmode", "application_name", "connect_timeout"}
)

# What means "the database is away", not "the query is wrong".
DATABASE_DOWN: tuple[type[Exception], ...] = (
    DBConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # A connection that the server has just ended, used before its end was read.
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    OSError,
)


class DatabaseURLError(SettingsError):
    """`DATABASE_URL` says something that we cannot follow, or leads nowhere."""


class StatelessConnection(asyncpg.Connection):
    """A pooled connection that nobody leaves anything behind on: no settings, locks or cursors.

    To tidy up after each use would double the round trips. An open transaction is still ended.
    """

    def get_reset_query(self) -> str:
        """Nothing to run when the connection goes back to the pool."""
        return ""


def tortoise_config(url: str, data_dir: Path, *, pool: int = 10) -> dict[str, Any]:
    """Tortoise's configuration for `url`; where that is empty, for a SQLite file in `data_dir`."""
    connection = _postgres(url, pool) if url else _sqlite(data_dir / FILE)
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
    if unknown := query.keys() - PARAMETERS:
        raise DatabaseURLError(f"DATABASE_URL has an unknown parameter {min(unknown)!r}.")
    user = query.get("user") or unquote(parts.username or "") or _own_name()
    credentials: dict[str, Any] = {
        "host": query.get("host") or _host(parts.netloc) or "localhost",
        "port": _number("port", query.get("port") or parts.port or 5432),
        "user": user,
        "password": query.get("password") or unquote(parts.password or "") or None,
        "database": query.get("dbname") or unquote(parts.path.lstrip("/")) or user,
        "minsize": 1,
        "maxsize": pool,
        "timeout": _number("connect_timeout", query.get("connect_timeout") or CONNECT_TIMEOUT_S),
        "command_timeout": COMMAND_TIMEOUT_S,
        "application_name": query.get("application_name") or "soundroom",
        "connection_class": StatelessConnection,
    }
    if sslmode := query.get("sslmode"):
        if sslmode not in SSL_MODES:
            raise DatabaseURLError(f"DATABASE_URL has an unknown sslmode {sslmode!r}.")
        credentials["ssl"] = sslmode
    return {"engine": "config.postgres", "credentials": credentials}


def _host(netloc: str) -> str:
    """The host as it was written: `urlsplit` would make a socket's folder lower case."""
    host = netloc.rpartition("@")[2]
    return host[1:].partition("]")[0] if host[:1] == "[" else unquote(host.partition(":")[0])


def _own_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container, say, whose user has no name
        raise DatabaseURLError("DATABASE_URL names no user.") from None


def _number(name: str, value: str | int) -> int:
    try:
        return int(value)
    except ValueError:
        raise DatabaseURLError(f"DATABASE_URL has a {name} that is no number.") from None


@asynccontextmanager
async def open_database(url: str, data_dir: Path, pool: int) -> AsyncIterator[TortoiseContext]:
    """Migrate, then open the database for every task of this process until the block ends."""
    transactions.install()
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
    credentials = config["connections"]["default"]["credentials"]
    if not url:
        # Altering a SQLite table rebuilds it, which with foreign keys on deletes what refers to it.
        config["connections"]["default"] = _sqlite(data_dir / FILE, foreign_keys=False)
    lock = _postgres_lock(credentials) if url else _sqlite_lock(data_dir)
    async with lock, TortoiseContext():
        await migrate(config=config)
        await Tortoise.close_connections()


@asynccontextmanager
async def _postgres_lock(credentials: dict[str, Any]) -> AsyncIterator[None]:
    """An advisory lock on a connection of its own; gone with it, also when we are killed."""
    connection = await _connect(credentials)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK, timeout=LOCK_WAIT_S)
    except TimeoutError:
        sentence = "DATABASE_URL names a database that another process has been migrating too long."
        raise DatabaseURLError(sentence) from None
    else:
        yield
    finally:
        await connection.close()


async def _connect(credentials: dict[str, Any]) -> "asyncpg.Connection[asyncpg.Record]":
    names = ("host", "port", "user", "password", "database", "ssl", "timeout")
    try:
        return await asyncpg.connect(
            **{name: credentials[name] for name in names if name in credentials}
        )
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        where = f"{credentials['host']}:{credentials['port']}"
        why = " ".join(str(error).split()).rstrip(".") or "it did not answer in time"
        sentence = f"DATABASE_URL names no database that we can use at {where}: {why}."
        raise DatabaseURLError(sentence) from None


@asynccontextmanager
async def _sqlite_lock(data_dir: Path) -> AsyncIterator[None]:
    """A lock on a file beside the database; the system lets go of it when we are killed."""
    file = await asyncio.to_thread(_lock_and_look, data_dir)
    with file:
        yield


def _lock_and_look(data_dir: Path) -> IO[str]:
    """Lock the folder; the file that holds the lock until it is closed."""
    try:
        file = (data_dir / "migrations.lock").open("w")
        fcntl.flock(file, fcntl.LOCK_EX)
        connection = sqlite3.connect(data_dir / FILE, timeout=CONNECT_TIMEOUT_S)
        connection.execute("PRAGMA schema_version")  # reads the file's head
        connection.close()
    except (OSError, sqlite3.Error) as error:
        raise SettingsError(f"DATA_DIR holds a {FILE} that cannot be used: {error}.") from None
    return file


# What `tortoise makemigrations` (see `make migrations`) compares the models with.
MIGRATIONS = tortoise_config("", Path(os.environ.get("DATA_DIR", "var")))
