"""Whoever asks for more than is answered waits; whoever does not listen is cut off, and counted."""

import asyncio
import json

import aiohttp
import pytest

from tests.client import Client
from tests.conftest import sign_up
from tests.raw import raw_socket
from tests.servers import House
from tests.test_frames import deaf_socket, is_cut_off, masked
from tests.test_fuzz import memory_mb
from tests.test_polling import SEPARATOR, poller

MANY = 3000


@pytest.fixture
async def token(house: House) -> str:
    """A new user's access token."""
    access: str = (await sign_up(house.urls[0]))["accessToken"]
    return access


async def test_a_flood_over_a_websocket_is_answered_to_the_last_in_order(
    house: House, token: str
) -> None:
    before = memory_mb(house.processes[0])
    async with raw_socket(house.urls[0]) as flood:
        await flood.join(token)
        for number in range(MANY):
            event = "user:me" if number % 3 else "clock:sync"
            await flood.send(f'42{number}["{event}",{{}}]')
        await flood.answer(MANY - 1, within_s=60)
        answers = [frame for frame in flood.frames if frame.startswith("43")]
    numbers = [int(answer[2:].partition("[")[0]) for answer in answers]
    assert numbers == list(range(MANY))
    assert memory_mb(house.processes[0]) - before < 40


async def test_a_flood_in_one_body_is_answered_to_the_last_in_order(
    house: House, token: str
) -> None:
    async with poller(house.urls[0], token) as client:
        body = SEPARATOR.join(f'42{number}["user:me"]' for number in range(MANY))
        posted = asyncio.create_task(client.post(body))
        await client.gets(f"43{MANY - 1}[")
        assert await posted == 200
        answers = [frame for frame in client.frames if frame.startswith("43")]
        assert [int(answer[2:].partition("[")[0]) for answer in answers] == list(range(MANY))


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
async def test_who_does_not_read_is_counted(house: House) -> None:
    client = await Client(house.urls[0], await sign_up(house.urls[0])).connect()
    for _ in range(60):
        await client.ok("message", {"content": "x" * 2000})
    general = (await client.hears("message"))["channelId"]
    counted = await unread(house)
    deaf = await asyncio.to_thread(deaf_socket, client)
    ask = masked("421" + json.dumps(["message:list", {"channelId": general, "limit": 100}]))
    try:
        assert await is_cut_off(deaf, ask)
    finally:
        deaf.close()
        await client.close()
    assert await unread(house) == counted + 1


async def unread(house: House) -> float:
    """How many sockets were cut off because they did not read."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{house.urls[0]}/metrics") as response,
    ):
        text = await response.text()
    (line,) = [li for li in text.splitlines() if li.startswith("soundroom_sockets_unread_total ")]
    return float(line.split()[1])
