"""Long-polling by hand: bodies in pieces, polls that break off, upgrades that come to nothing."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from tests.client import get
from tests.conftest import sign_up
from tests.raw import raw_socket
from tests.servers import House, Process

SEPARATOR = "\x1e"
NUMBERS = itertools.count(1)


class Poller:
    """A polling client, one request at a time."""

    def __init__(self, http: aiohttp.ClientSession, url: str, sid: str) -> None:
        self.http = http
        self.address = f"{url}/socket.io/?EIO=4&transport=polling&sid={sid}"
        self.websocket = f"{url}/socket.io/?EIO=4&transport=websocket&sid={sid}"
        self.frames: list[str] = []

    async def post(self, body: Any) -> int:
        async with self.http.post(self.address, data=body) as response:
            return response.status

    async def poll(self) -> tuple[int, str]:
        async with self.http.get(self.address) as response:
            text = await response.text()
        self.frames += [frame for frame in text.split(SEPARATOR) if frame not in {"", "6"}]
        if "2" in self.frames[-16:]:
            await self.post("3")
        return response.status, text

    async def gets(self, start: str) -> str:
        """The first frame that begins so."""
        async with asyncio.timeout(8):
            while True:
                for frame in self.frames:
                    if frame.startswith(start):
                        return frame
                assert (await self.poll())[0] == 200

    async def answer(self, number: int) -> dict[str, Any]:
        frame = await self.gets(f"43{number}[")
        envelope: dict[str, Any] = json.loads(frame[2 + len(str(number)) :])[0]
        return envelope

    async def has_ended(self) -> None:
        """Wait until the server knows the client no more."""
        async with asyncio.timeout(8):
            while (await self.poll())[0] == 200:
                pass


@asynccontextmanager
async def poller(
    url: str, token: str = "", *, connector: aiohttp.TCPConnector | None = None
) -> AsyncIterator[Poller]:
    """A polling client at `url`; with a token it has joined."""
    async with aiohttp.ClientSession(connector=connector) as http:
        async with http.get(f"{url}/socket.io/?EIO=4&transport=polling") as response:
            handshake = json.loads((await response.text())[1:])
        client = Poller(http, url, handshake["sid"])
        if token:
            await client.post("40" + json.dumps({"token": token}))
            await client.gets('42["connected"')
        yield client


def asks(numbers: Iterable[int]) -> str:
    return SEPARATOR.join(f'42{n}["clock:sync",{{"clientTime":{n}}}]' for n in numbers)


@pytest.fixture
async def token(house: House) -> str:
    account = await sign_up(house.urls[0])
    access: str = account["accessToken"]
    return access


async def test_many_packets_in_one_body_are_all_answered(house: House, token: str) -> None:
    async with poller(house.urls[0], token) as client:
        assert await client.post(asks(range(300))) == 200
        await client.answer(299)
        answers = [frame for frame in client.frames if frame.startswith("43")]
        assert [json.loads(a[a.index("[") :])[0]["data"]["clientTime"] for a in answers] == list(
            range(300)
        )


async def test_a_poll_holds_no_more_packets_than_pythons_client_takes(
    house: House, token: str
) -> None:
    async with poller(house.urls[0], token) as client:
        await client.post(asks(range(40)))
        polled = []
        while not any(frame.startswith("4339[") for frame in client.frames):
            polled.append((await client.poll())[1].count(SEPARATOR) + 1)
        assert max(polled) <= 16


async def test_a_body_that_comes_in_pieces_is_read_to_its_end(house: House, token: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for part in ('421["clock:', 'sync",{"client', 'Time":5}]'):
            yield part.encode()
            await asyncio.sleep(0.02)  # lets each piece travel alone

    async with poller(house.urls[0], token) as client:
        assert await client.post(pieces()) == 200
        assert (await client.answer(1))["data"]["clientTime"] == 5


@pytest.mark.parametrize(
    "body",
    ["rubbish", "4" + "x" * 70_000, "2" + "[" * 30_000, b"\xff\xfe", "42[1]\x1e\x1e", "1", "9"],
    ids=["rubbish", "large", "deep", "no text", "empty packet", "goodbye", "unknown"],
)
async def test_a_body_that_is_no_list_of_packets_ends_the_client(
    house: House, token: str, body: str | bytes
) -> None:
    async with poller(house.urls[0], token) as client:
        await client.post(body)
        await client.has_ended()


async def test_an_upgrade_that_comes_to_nothing_harms_nobody(house: House, token: str) -> None:
    async with poller(house.urls[0], token) as client:
        for frames in ([], ["rubbish"], ["2probe"], ["2probe", "2" + "[" * 30_000]):
            async with client.http.ws_connect(client.websocket) as websocket:
                for frame in frames:
                    await websocket.send_str(frame)
                if frames and frames[0] == "2probe":
                    assert (await websocket.receive_str()) == "3probe"
        await client.post('421["clock:sync",{"clientTime":5}]')
        assert (await client.answer(1))["success"]


async def test_a_second_poll_ends_a_client_whose_first_would_swallow_its_news(
    house: House, token: str
) -> None:
    async with poller(house.urls[0], token) as client:
        first = asyncio.create_task(client.poll())
        await asyncio.sleep(0.1)  # the first is on its way; were it not, this would be the first
        await client.poll()
        await first
        await client.has_ended()


async def test_what_no_poll_would_end_ends_a_websocket_too(house: House, token: str) -> None:
    for frame in ("2" + "[" * 30_000, "2", "1", "b4AAA", ""):
        async with raw_socket(house.urls[0]) as rude:
            await rude.join(token)
            await rude.send(frame)
            await rude.ends()


async def test_another_namespace_is_refused_and_says_connected_no_second_time(
    house: House, token: str
) -> None:
    async with raw_socket(house.urls[0]) as rude:
        await rude.join(token)
        await rude.send("40/admin," + json.dumps({"token": token}))
        assert json.loads((await rude.gets("44/admin,")).partition(",")[2])["message"]
        await rude.send('421["user:me"]')
        await rude.answer(1)
        assert len([frame for frame in rude.frames if frame.startswith('42["connected"')]) == 1


async def sockets(process: Process) -> float:
    """How many signed-in sockets a process counts."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(process.url + "/metrics") as response,
    ):
        lines = (await response.text()).splitlines()
    (line,) = [line for line in lines if line.startswith("soundroom_sockets ")]
    return float(line.split()[1])


async def test_who_leaves_while_the_token_is_checked_leaves_nothing_behind(
    house: House, token: str
) -> None:
    process, join = house.processes[0], "40" + json.dumps({"token": token})
    before = await sockets(process)
    for _ in range(40):
        async with poller(process.url) as client:
            await asyncio.gather(client.post(join), client.post("1"))
        async with raw_socket(process.url) as rude:
            await rude.send(join)
    async with asyncio.timeout(8):
        while await sockets(process) > before:
            await asyncio.sleep(0.02)
    _, answer = await get(process.url, "/auth/me", token)
    user_id = answer["data"]["user"]["id"]
    async with poller(process.url, (await sign_up(process.url))["accessToken"]) as other:
        async with asyncio.timeout(20):  # for ten seconds they linger
            while await status_of(other, user_id) != "offline":
                await asyncio.sleep(0.2)


async def status_of(asker: Poller, user_id: str) -> str:
    number = next(NUMBERS)
    await asker.post(f'42{number}["user:get",{{"userId":"{user_id}"}}]')
    status: str = (await asker.answer(number))["data"]["status"]
    return status


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
async def test_who_is_signed_out_and_stays_is_cut_off(house: House, token: str) -> None:
    async with raw_socket(house.urls[0]) as stubborn:
        await stubborn.join(token)
        async with aiohttp.ClientSession() as http:
            headers = {"Authorization": f"Bearer {token}"}
            await http.post(house.urls[0] + "/auth/logout", headers=headers)
        await stubborn.gets("41")
        await stubborn.ends(within_s=14)
