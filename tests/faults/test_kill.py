"""Processes that are killed in the middle of their work: nothing acknowledged is lost."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from config.redis import open_redis
from tests.faults.fleet import Fleet, fleet
from tests.faults.ledger import report
from tests.faults.member import Member
from tests.servers import House

KILLS = 20
ROUNDS = 3
NOTICED_WITHIN_S = 15.0  # a dead process is missed after 8 s; the rest is for a busy machine


@pytest.mark.timeout(600)
async def test_twenty_kills_under_load_lose_and_double_nothing(
    postgres_url: str, tmp_path: Path
) -> None:
    loop = asyncio.get_running_loop()
    async with fleet(postgres_url, tmp_path, members=20, rate=500) as crew:
        crew.ledger.flowing.set()
        began = loop.time()
        for number in range(KILLS):
            await crew.all_in()
            await crew.acknowledge(100)
            await asyncio.to_thread(crew.places[number % 2].kill)
            await crew.restart(number % 2)
        await crew.all_in()
        await crew.acknowledge(100)
        took_s = loop.time() - began
        await crew.settle()
        await crew.check()
        report(f"{KILLS} kills, {len(crew.ledger.acked) / took_s:.0f} messages/s")


@pytest.mark.timeout(300)
async def test_what_a_killed_process_stored_but_did_not_say_is_heard(
    postgres_url: str, tmp_path: Path
) -> None:
    """With nobody else writing, only the survivor's own watch can notice it."""
    async with fleet(postgres_url, tmp_path, members=8, rate=200) as crew:
        crew.ledger.flowing.set()
        for number in range(ROUNDS):
            doomed, survivors = number % 2, crew.of(1 - number % 2)
            await let_write(crew, crew.of(doomed))
            async with frozen_redis(crew.house):
                await crew.acknowledge(10)
                await asyncio.to_thread(crew.places[doomed].kill)
                hush(crew.members)
            last = await at_rest(crew)
            heard = max(member.last for member in survivors)
            assert last > heard, "Redis was frozen, and yet everything was said."
            await crew.all_got(last, survivors, within_s=NOTICED_WITHIN_S)
            await crew.restart(doomed)
        hush(crew.members, quiet=False)
        await crew.settle()
        await crew.check()


async def let_write(crew: Fleet, writers: list[Member]) -> None:
    """Have only these write until some dozens of messages are acknowledged."""
    hush(crew.members)
    hush(writers, quiet=False)
    await crew.all_in()
    await crew.acknowledge(20)


def hush(members: list[Member], quiet: bool = True) -> None:
    """Have them say nothing in the channel, or go on."""
    for member in members:
        member.hush(quiet)


@asynccontextmanager
async def frozen_redis(house: House) -> AsyncIterator[None]:
    """Redis stands still for a moment: what is published meanwhile stays with its process."""
    redis = open_redis(house.env["REDIS_URL"])
    pid = (await redis.info("server"))["process_id"]
    await redis.aclose()
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def at_rest(crew: Fleet) -> int:
    """The number of the last message, once what was on its way to the database is stored."""
    last = -1
    while last != (now := await crew.last_seq()):
        last = now
        await asyncio.sleep(0.3)
    return last
