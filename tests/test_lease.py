"""The lease, in this process and in a real Redis."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
import redis.asyncio as redis

from config.redis import open_redis
from models.lease import Lease
from tests.servers import redis_server


@pytest.fixture(scope="module", params=["fakeredis", "redis"])
def lease_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where leases are kept: in this process, or in a real Redis."""
    if request.param == "fakeredis":
        yield ""
        return
    with redis_server(tmp_path_factory.mktemp("lease")) as url:
        yield url


@pytest.fixture
async def store(lease_url: str) -> AsyncIterator["redis.Redis"]:
    """An empty store."""
    client = open_redis(lease_url)
    await client.flushall()
    yield client
    await client.aclose()


async def test_one_holds_the_lease_until_it_lets_go(store: "redis.Redis") -> None:
    ours, theirs = Lease(store, "test"), Lease(store, "test")
    assert await ours.hold()
    assert await ours.hold()
    assert not await theirs.hold()
    await theirs.release()  # it is not theirs to release
    assert not await theirs.hold()
    await ours.release()
    assert await theirs.hold()
    assert not await ours.hold()


async def test_a_lease_that_is_not_renewed_ends(store: "redis.Redis") -> None:
    ours = Lease(store, "test", timedelta(milliseconds=50))
    theirs = Lease(store, "test")
    assert await ours.hold()
    async with asyncio.timeout(5):
        while not await theirs.hold():
            await asyncio.sleep(0.005)
    assert not await ours.hold()


async def test_who_holds_the_lease_may_ask_many_times_at_once(store: "redis.Redis") -> None:
    lease = Lease(store, "test")
    assert all(await asyncio.gather(*(lease.hold() for _ in range(20))))


async def test_of_many_who_want_the_lease_one_gets_it(store: "redis.Redis") -> None:
    leases = [Lease(store, "test") for _ in range(20)]
    assert sum(await asyncio.gather(*(lease.hold() for lease in leases))) == 1
