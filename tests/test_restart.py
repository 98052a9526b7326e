"""What we depend on goes away and comes back: nothing hangs, nothing breaks, all of it recovers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from tests.client import Client, get, post
from tests.conftest import again, house_env, sign_up
from tests.databases import database
from tests.raw import raw_socket
from tests.servers import House, redis_server
from tests.stock import JavaScript, Line, Stock, line_to

PATIENCE_S = 25


async def until(condition: Callable[[], Awaitable[Any]]) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not await condition():
            await asyncio.sleep(0.05)


async def states(url: str) -> dict[str, Any]:
    """What `/health/ready` says of each thing, with the status."""
    status, answer = await get(url, "/health/ready")
    assert answer["success"] == (status == 200)
    return {"status": status, **answer["data"]}


async def is_ready(url: str) -> bool:
    return bool((await states(url))["status"] == 200)


def unforeseen(house: House) -> list[dict[str, Any]]:
    lines = [line for process in house.processes for line in process.lines]
    words = ("unexpected error", "never retrieved", "Traceback")
    return [line for line in lines if any(word in str(line) for word in words)]


@asynccontextmanager
async def serving(house: House, processes: int) -> AsyncIterator[House]:
    """The house with so many processes; nothing unforeseen may happen in it."""
    for _ in range(processes):
        await asyncio.to_thread(house.start)
    try:
        yield house
    finally:
        await asyncio.to_thread(house.stop)
    assert unforeseen(house) == []


class Store:
    """A Redis of one test's own, which comes and goes, and comes back empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = ExitStack()

    async def start(self) -> str:
        return await asyncio.to_thread(self._running.enter_context, redis_server(self._folder))

    async def stop(self) -> None:
        await asyncio.to_thread(self._running.close)


@asynccontextmanager
async def serving_with_store(
    postgres_url: str, folder: Path, processes: int
) -> AsyncIterator[tuple[House, Store]]:
    """A house whose Redis may go away."""
    store = Store(folder / "redis")
    with ExitStack() as things:
        url = await asyncio.to_thread(things.enter_context, database(postgres_url))
        env = house_env(folder / "data", DATABASE_URL=url, REDIS_URL=await store.start())
        try:
            async with serving(House("own", env), processes) as house:
                yield house, store
        finally:
            await store.stop()


async def test_without_redis_events_are_unavailable_and_with_it_all_is_as_before(
    postgres_url: str, tmp_path: Path
) -> None:
    async with serving_with_store(postgres_url, tmp_path, 2) as (house, store):
        here, there = house.urls
        ada = await Client(here, await sign_up(here, "ada")).connect()
        bob = await Client(there, await sign_up(there, "bob")).connect()
        await store.stop()
        assert await ada.refused("user:get", {"userId": bob.id}) == "unavailable"
        assert (await ada.call("clock:sync", {"clientTime": 1}))["success"]
        await until(lambda: says(here, {"redis": "unavailable", "bus": "unavailable"}))
        assert await get(here, "/health") == (200, {"success": True, "data": {"status": "alive"}})
        await store.start()
        await until(lambda: is_ready(here))
        await until(lambda: is_ready(there))
        await bob.ok("user:update_profile", {"displayName": "Bob again"})
        await ada.hears("user:updated", lambda user: user["displayName"] == "Bob again")
        await until(lambda: is_online(ada, bob.id))
        await ada.close()
        await bob.close()


async def says(url: str, wanted: dict[str, str]) -> bool:
    found = await states(url)
    return found["status"] == 503 and wanted.items() <= found.items()


async def is_online(asker: Client, user_id: str) -> bool:
    user = await asker.ok("user:get", {"userId": user_id})
    online: bool = user["status"] == "online"
    return online


async def test_who_was_signed_out_while_the_bus_was_away_does_not_stay(
    postgres_url: str, tmp_path: Path
) -> None:
    async with serving_with_store(postgres_url, tmp_path, 1) as (house, store):
        ada = await Client(house.urls[0], await sign_up(house.urls[0], "ada")).connect()
        await ada.ok("user:me")
        await store.stop()
        await house.execute("UPDATE sessions SET revoked_at = now()")
        await store.start()
        end = await ada.hears("session:ended", within_s=PATIENCE_S)
        assert end == {"code": "session_revoked", "reconnect": False}
        await ada.disconnected.wait()


@asynccontextmanager
async def line_to_postgres(url: str) -> AsyncIterator[tuple[Line, str]]:
    """A line to the database that can break, and the URL by which to take it."""
    parts = urlsplit(url)
    (folder,) = parse_qs(parts.query)["host"]
    (socket,) = Path(folder).glob(".s.PGSQL.*[0-9]")
    async with line_to(lambda: asyncio.open_unix_connection(str(socket))) as between:
        user = parts.username or "postgres"
        yield between, f"postgresql://{user}@127.0.0.1:{between.port}{parts.path}"


async def test_without_its_database_a_server_says_so_and_recovers(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    with ExitStack() as things:
        url = await asyncio.to_thread(things.enter_context, database(postgres_url))
        async with line_to_postgres(url) as (between, long_way):
            env = {**house_env(tmp_path), "DATABASE_URL": long_way, "REDIS_URL": redis_url}
            async with serving(House("own", env), 1) as house:
                here = house.urls[0]
                ada = await Client(here, await sign_up(here, "ada")).connect()
                # Its session is checked once more right after `connected`: were that cut
                # short, the socket would be cut off, as it should, and answer nothing.
                await ada.ok("user:me")
                await until(lambda: is_ready(here))
                between.cut()
                assert await ada.refused("user:me") == "unavailable"
                assert await ada.refused("message", {"content": "hello"}) == "unavailable"
                assert (await ada.call("clock:sync", {"clientTime": 1}))["success"]
                assert (await post(here, "/auth/guest", {"username": "someone"}))[0] == 503
                assert (await states(here))["database"] == "unavailable"
                # A refusal would end a stock client's tries; a broken line does not.
                async with raw_socket(here) as raw:
                    with pytest.raises(ConnectionError):
                        await raw.join(ada.token)
                stock: Stock = JavaScript(here, ada.token, "default")
                await stock.start()
                between.mend()
                await until(lambda: is_ready(here))
                if isinstance(stock, JavaScript):  # Python's does not try its first time again
                    await stock.hears("connected")
                assert (await ada.ok("user:me"))["id"] == ada.id
                assert (await ada.ok("message", {"content": "hello"}))["content"] == "hello"
                await stock.close()
                await ada.close()


async def test_a_database_that_hangs_up_on_us_breaks_nothing(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    with ExitStack() as things:
        url = await asyncio.to_thread(things.enter_context, database(postgres_url))
        env = {**house_env(tmp_path), "DATABASE_URL": url, "REDIS_URL": redis_url}
        async with serving(House("own", env), 1) as house:
            ada = await Client(house.urls[0], await sign_up(house.urls[0], "ada")).connect()
            for _ in range(3):
                admin = await asyncpg.connect(url)
                await admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'soundroom' AND datname = current_database()"
                )
                await admin.close()
                first = await ada.call("user:me")
                assert first["success"] or first["code"] == "unavailable"
                assert (await ada.call("user:me"))["success"]
            await ada.close()


async def test_limits_are_shared_by_all_processes_and_counted_for_each_user(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    with ExitStack() as things:
        url = await asyncio.to_thread(things.enter_context, database(postgres_url))
        env = {**house_env(tmp_path, RATE_LIMITS="on"), "DATABASE_URL": url, "REDIS_URL": redis_url}
        async with serving(House("own", env), 2) as house:
            here, there = house.urls
            ada = await Client(here, await sign_up(here, "ada")).connect()
            twin = await Client(there, again(ada)).connect()
            bob = await Client(there, await sign_up(there, "bob")).connect()
            for _ in range(5):
                await ada.ok("user:snapshot")
                await twin.ok("user:snapshot")
            refused = await twin.call("user:snapshot")
            assert refused["code"] == "rate_limited"
            assert 0 < refused["retryAfter"] <= 10
            assert await ada.refused("user:snapshot") == "rate_limited"
            assert (await bob.call("user:snapshot"))["success"]
            assert (await ada.call("user:me"))["success"]
            for client in (ada, twin, bob):
                await client.close()
