"""Tickets: shown as often as they may be, taken once, and nobody reads them out of Redis."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from handlers.services import Services
from models.errors import Unauthorized
from models.export import EXPORTS
from models.ticket import Tickets
from models.two_factor import CHALLENGES
from tests.party import a_process

DOOR = Tickets("door", timedelta(seconds=60), tries=3)
OTHER = Tickets("other", timedelta(seconds=60), tries=3)


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[Services]:
    async with a_process(tmp_path) as services:
        yield services


async def test_it_is_shown_so_many_times_and_no_more(process: Services) -> None:
    ticket = await DOOR.issue(process.redis, {"who": "ada"})
    for _ in range(3):
        assert await DOOR.show(process.redis, ticket) == {"who": "ada"}
    for _ in range(2):
        with pytest.raises(Unauthorized):
            await DOOR.show(process.redis, ticket)
    with pytest.raises(Unauthorized):
        await DOOR.take(process.redis, ticket)


async def test_of_many_who_take_it_at_once_one_has_it(process: Services) -> None:
    ticket = await DOOR.issue(process.redis, {"who": "ada"})
    taken = (DOOR.take(process.redis, ticket) for _ in range(5))
    found = await asyncio.gather(*taken, return_exceptions=True)
    assert sum(each == {"who": "ada"} for each in found) == 1
    assert sum(isinstance(each, Unauthorized) for each in found) == 4
    with pytest.raises(Unauthorized):
        await DOOR.show(process.redis, ticket)


async def test_it_is_good_for_one_thing_and_for_a_while(process: Services) -> None:
    ticket = await DOOR.issue(process.redis, {})
    with pytest.raises(Unauthorized):
        await OTHER.show(process.redis, ticket)
    await DOOR.show(process.redis, ticket)
    keys = [key async for key in process.redis.scan_iter("*door*")]
    assert len(keys) == 2
    assert [60 >= await process.redis.ttl(key) > 0 for key in keys] == [True, True]


@pytest.mark.parametrize(("kind", "lasts_s"), [(CHALLENGES, 300), (EXPORTS, 600)])
async def test_a_challenge_lasts_five_minutes_and_an_export_ten(
    process: Services, kind: Tickets, lasts_s: int
) -> None:
    ticket = await kind.issue(process.redis, {})
    await kind.show(process.redis, ticket)
    keys = [key async for key in process.redis.scan_iter(f"*{kind.kind}*")]
    assert len(keys) == 2
    for key in keys:
        assert lasts_s - 5 < await process.redis.ttl(key) <= lasts_s


async def test_redis_knows_no_ticket_and_keeps_nothing_of_rubbish(process: Services) -> None:
    ticket = await DOOR.issue(process.redis, {})
    for rubbish in ("", "x", "\ud800", "\0", "x" * 10_000):
        with pytest.raises(Unauthorized):
            await DOOR.show(process.redis, rubbish)
    (key,) = [key async for key in process.redis.scan_iter("*door*")]
    assert ticket not in str(key)
