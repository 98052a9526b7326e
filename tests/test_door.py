"""The one port: a connection that never says what it wants is not waited for for ever."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from realtime import door
from realtime.door import Door


class Echo(asyncio.Protocol):
    """Stands for aiohttp: says what it got, and closes."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(b"http: " + data)
        self._transport.close()


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A door that waits for a tenth of a second."""
    monkeypatch.setattr(door, "HEAD_WITHIN_S", 0.1)
    engine: Any = None  # nothing here is for it
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Door(engine, Echo), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def says(port: int, *parts: bytes) -> bytes:
    """All that is answered to the parts, until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize("parts", [(), (b"GET /",), (b"GET / HTTP/1.1\r\n", b"Host: x\r\n")])
async def test_half_a_head_is_cut_off_in_time(port: int, parts: tuple[bytes, ...]) -> None:
    assert await says(port, *parts) == b""


@pytest.mark.parametrize(
    "whole",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody",
        b"x" * 20_000,
        b"\0",
    ],
)
async def test_what_is_no_websocket_goes_on_as_it_came(port: int, whole: bytes) -> None:
    assert await says(port, whole) == b"http: " + whole
    assert await says(port, whole[:3], whole[3:]) == b"http: " + whole
