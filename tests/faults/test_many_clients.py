"""Two thousand clients lose their process at once, and come back without running it down."""

import asyncio
import resource
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import house_env, sign_up
from tests.databases import database
from tests.faults.crowd import MOST_S, Crowd
from tests.faults.fleet import until
from tests.faults.ledger import report
from tests.servers import House, redis_server
from tests.test_restart import serving

CLIENTS = 2000
ACCOUNTS = 40
FILES = CLIENTS + 500
GATHERED_WITHIN_S = 100.0
# After the restart, and after the time for which they were told to wait. On top of it comes what
# it takes this machine, now, to take them in one after the other.
BACK_WITHIN_S = 10.0


@pytest.fixture
def many_files() -> Iterator[None]:
    """So many open files for us, and for the servers that we start."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard >= FILES, f"The system allows {hard} open files; this takes {FILES}."
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FILES), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
async def house(many_files: None, postgres_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """One process, which has the same port when it is started again."""
    with ExitStack() as things:
        redis = things.enter_context(redis_server(tmp_path / "redis"))
        url = await asyncio.to_thread(things.enter_context, database(postgres_url))
        env = house_env(tmp_path / "data", DATABASE_URL=url, REDIS_URL=redis)
        async with serving(House("own", env), 1) as house:
            house.env["PORT"] = str(urlsplit(house.urls[0]).port)
            yield house


@pytest.fixture
async def crowd(house: House) -> AsyncIterator[Crowd]:
    """All of them, connected."""
    url = house.urls[0]
    accounts = [await sign_up(url, "many", guest=True) for _ in range(ACCOUNTS)]
    crowd = Crowd(url, [account["accessToken"] for account in accounts], CLIENTS)
    try:
        await all_back(house, crowd, GATHERED_WITHIN_S)
        crowd.gathered_in_s = max(crowd.back.values()) - min(crowd.tried.values())
        yield crowd
    finally:
        await crowd.stop()


async def all_back(house: House, crowd: Crowd, within_s: float) -> None:
    """Wait until everybody has heard `connected`."""
    await until(
        lambda: len(crowd.back) == len(crowd),
        lambda: f"{len(crowd.back)} of {len(crowd)} are back, {crowd.failures}; {logged(house)}",
        within_s,
    )


def logged(house: House) -> list[tuple[str, int]]:
    """What the newest process logged most often."""
    lines = house.processes[-1].lines
    return Counter(f"{line['event']} {line.get('error', '')}" for line in lines).most_common(5)


@pytest.mark.timeout(240)
async def test_who_is_told_that_the_server_stops_comes_back_spread_as_told(
    house: House, crowd: Crowd
) -> None:
    crowd.forget()
    assert await asyncio.to_thread(house.processes[0].stop) == 0
    await until(lambda: len(crowd.told) == CLIENTS, lambda: f"told {len(crowd.told)} of all")
    (retry_after_s,) = set(crowd.told.values())
    assert retry_after_s > 0
    await come_back(house, crowd, retry_after_s + BACK_WITHIN_S)
    assert busiest(crowd.tried, retry_after_s / 5) < CLIENTS * 0.4


@pytest.mark.timeout(240)
async def test_who_is_told_nothing_comes_back_by_the_stock_client_s_delays(
    house: House, crowd: Crowd
) -> None:
    crowd.forget()
    await asyncio.to_thread(house.processes[0].kill)
    await come_back(house, crowd, MOST_S + BACK_WITHIN_S)
    assert not crowd.told


async def come_back(house: House, crowd: Crowd, within_s: float) -> None:
    """Start the process again, and wait until everybody is back."""
    loop = asyncio.get_running_loop()
    await asyncio.to_thread(house.start)
    serving_at = loop.time()
    await all_back(house, crowd, within_s + crowd.gathered_in_s)
    slowest_s = max(crowd.back.values()) - serving_at
    report(
        f"{CLIENTS} came in {crowd.gathered_in_s:.1f} s,"
        f" and were back {slowest_s:.1f} s after the restart;"
        f" in the busiest second {busiest(crowd.tried, 1)} meant to"
        f" and {busiest(crowd.back, 1)} were let in"
    )


def busiest(moments: dict[int, float], slot_s: float) -> int:
    """How many fell into the busiest time of that length."""
    ordered = sorted(moments.values())
    first, most = 0, 0
    for count, moment in enumerate(ordered, start=1):
        while ordered[first] < moment - slot_s:
            first += 1
        most = max(most, count - first)
    return most
