"""Frames that no event can be, and clients that mean harm."""

import asyncio
import json
import socket

import pytest

from realtime.server import MAX_STRIKES
from tests.client import Client
from tests.conftest import Connect, sign_up
from tests.raw import raw_socket
from tests.servers import House

REFUSED = [
    '42["connect",{}]',
    '42["disconnect",{}]',
    '42["*",{}]',
    '4212["disconnecting",{}]',
    '459999999999-["x"]',
    '451-["x",{"_placeholder":true,"num":0}]',
    '461-1[{"_placeholder":true,"num":0}]',
    "42{}",
    "42[]",
    "42[1,{}]",
    "42[null]",
    "42",
    '42["message"',
    '42["message",{"content":NaN}]',
    "42" + "[" * 10_000,
    "47",
    "44{}",
    "4x",
    '4299999999999999999999["message",{}]',
    '42/other,["message",{}]',
    b"\x00\x01",
]


@pytest.mark.parametrize("frame", REFUSED)
async def test_a_frame_that_is_no_event_harms_nobody_and_ends_who_repeats_it(
    house: House, frame: str | bytes
) -> None:
    account = await sign_up(house.urls[0])
    async with raw_socket(house.urls[0]) as rude:
        await rude.join(account["accessToken"])
        await rude.send(frame)
        await rude.send('427["clock:sync",{"clientTime":1}]')
        assert (await rude.answer(7))["success"]
        for _ in range(MAX_STRIKES):
            await rude.send(frame)
        await rude.ends()


async def test_what_is_not_even_engine_io_ends_the_connection(house: House) -> None:
    async with raw_socket(house.urls[0]) as rude:
        await rude.send("\N{SNOWMAN}")
        await rude.ends()


async def test_an_event_before_joining_is_answered_unauthorized(house: House) -> None:
    async with raw_socket(house.urls[0]) as rude:
        await rude.send('421["user:me"]')
        assert (await rude.answer(1))["code"] == "unauthorized"


async def test_who_never_joins_is_disconnected(house: House) -> None:
    async with raw_socket(house.urls[0]) as silent:
        await silent.ends(within_s=14)


async def test_who_is_refused_and_stays_is_disconnected(house: House) -> None:
    async with raw_socket(house.urls[0]) as stubborn:
        await stubborn.send('40{"token":"rubbish"}')
        await stubborn.gets("44")
        await stubborn.ends(within_s=14)


async def test_a_second_join_does_not_take_the_first_ones_place(house: House) -> None:
    account = await sign_up(house.urls[0])
    async with raw_socket(house.urls[0]) as rude:
        await rude.join(account["accessToken"])
        await rude.send("40" + json.dumps({"token": account["accessToken"]}))
        await rude.send('421["user:me"]')
        assert (await rude.answer(1))["data"]["id"] == account["user"]["id"]
        assert len([frame for frame in rude.frames if frame.startswith("40")]) == 1


async def test_a_frame_over_64_kib_ends_the_connection(house: House) -> None:
    account = await sign_up(house.urls[0])
    async with raw_socket(house.urls[0]) as rude:
        await rude.join(account["accessToken"])
        await rude.send('421["message",{"content":"' + "x" * 70_000 + '"}]')
        await rude.ends()


async def test_events_of_one_socket_are_answered_in_the_order_sent(connect: Connect) -> None:
    ada = await connect("ada")
    async with raw_socket(ada.url) as raw:
        await raw.join(ada.token)
        for number in range(1, 41):
            event = "user:list" if number % 2 else "clock:sync"
            payload = {} if number % 2 else {"clientTime": number}
            await raw.send(f"42{number}" + json.dumps([event, payload]))
        await raw.answer(40)
        answers = [frame for frame in raw.frames if frame.startswith("43")]
        numbers = [int(frame[2:].partition("[")[0]) for frame in answers]
        assert numbers == list(range(1, 41))


async def test_a_client_that_does_not_read_is_disconnected(connect: Connect) -> None:
    ada = await connect("ada")
    for _ in range(100):
        await ada.ok("message", {"content": "x" * 2000})
    general = (await ada.hears("message"))["channelId"]
    deaf = await asyncio.to_thread(deaf_socket, ada)
    ask = masked(f'421["message:list",{{"channelId":"{general}","limit":100}}]')
    try:
        assert await is_cut_off(deaf, ask)
    finally:
        deaf.close()
    assert (await ada.call("user:me"))["success"]


async def is_cut_off(deaf: socket.socket, ask: bytes) -> bool:
    """Whether the server ends a client that goes on asking, and never reads."""
    for _ in range(2000):
        try:
            await asyncio.to_thread(deaf.sendall, ask)
        except OSError:
            return True
        await asyncio.sleep(0.005)
    return False


def deaf_socket(client: Client) -> socket.socket:
    """A connected and joined websocket of which nobody reads."""
    host, _, port = client.url.removeprefix("http://").partition(":")
    deaf = socket.create_connection((host, int(port)))
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.sendall(
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    deaf.recv(1024)
    deaf.sendall(masked("40" + json.dumps({"token": client.token})))
    return deaf


def masked(text: str) -> bytes:
    """A client's text frame, its mask all zeros."""
    data = text.encode()
    size = len(data)
    head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
    return head + bytes(4) + data
