"""A connection is handed over from one worker to another, on both event loops."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self, cast

import pytest
import uvloop

from realtime.descriptors import adopt_into
from realtime.neighbours import Neighbours
from tests.test_neighbours import PATIENCE_S, folder, never, worker

__all__ = ["folder"]


class Giver(asyncio.Protocol):
    """Reads a line, and gives the connection to worker 2."""

    def __init__(self, neighbours: Neighbours, taken: asyncio.Future[bool]) -> None:
        self._neighbours = neighbours
        self._taken = taken
        self._head = b""
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._head += data
        if b"\n" in self._head:
            self._transport.pause_reading()
            self._giving = asyncio.create_task(self._give())

    async def _give(self) -> None:
        taken = await self._neighbours.hand_over(self._transport, self._head, 2)
        if not taken:
            self._transport.write(b"nobody is there\n")
            self._transport.close()
        self._taken.set_result(taken)

    def connection_lost(self, _error: Exception | None) -> None:
        self.lost.set()


class Echo(asyncio.Protocol):
    """Says all that it hears, after its name."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(b"owner:")

    def data_received(self, data: bytes) -> None:
        self._transport.write(data)


class Giving:
    """Worker 1, that gives all its connections to worker 2; and a client of it."""

    def __init__(self, folder: Path) -> None:
        self._neighbours = Neighbours(folder, 1, 2)
        self.taken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self.giver = Giver(self._neighbours, self.taken)
        self._server = await loop.create_server(lambda: self.giver, "127.0.0.1", 0)
        address = self._server.sockets[0].getsockname()
        self.reader, self.writer = await asyncio.open_connection(*address)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        await self.writer.wait_closed()
        self._server.close()
        await self._server.wait_closed()


def on_both_loops(scenario: Callable[[Path], Any]) -> Any:
    """The test on asyncio's loop and on the one that the server runs on."""

    @pytest.mark.parametrize("make_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
    def test(make_loop: Callable[[], asyncio.AbstractEventLoop], folder: Path) -> None:
        with asyncio.Runner(loop_factory=make_loop) as runner:
            runner.run(asyncio.wait_for(scenario(folder), PATIENCE_S))

    return test


@on_both_loops
async def test_a_connection_is_handed_over_and_the_client_sees_nothing_of_it(folder: Path) -> None:
    async with worker(folder, 2, never) as owner, Giving(folder) as giving:
        owner.neighbours.adopt = adopt_into(Echo)
        giving.writer.write(b"head\n")
        assert await giving.taken
        await giving.giver.lost.wait()
        giving.writer.write(b"more\n")
        assert await giving.reader.readline() == b"owner:head\n"
        assert await giving.reader.readline() == b"more\n"
        giving.writer.write_eof()
        assert await giving.reader.read() == b""


@on_both_loops
async def test_what_arrives_meanwhile_comes_after_what_was_read_before(folder: Path) -> None:
    async with worker(folder, 2, never) as owner, Giving(folder) as giving:
        adopt = adopt_into(Echo)
        goes_on = asyncio.Event()

        async def adopt_later(client: socket.socket, head: bytes) -> None:
            await goes_on.wait()
            await adopt(client, head)

        owner.neighbours.adopt = adopt_later
        giving.writer.write(b"head\n")
        assert await giving.taken
        giving.writer.write(b"more\n")
        goes_on.set()
        assert await giving.reader.readline() == b"owner:head\n"
        assert await giving.reader.readline() == b"more\n"


@on_both_loops
async def test_a_connection_that_nobody_takes_stays_where_it_is(folder: Path) -> None:
    async with Giving(folder) as giving:
        giving.writer.write(b"head\n")
        assert not await giving.taken
        assert await giving.reader.read() == b"nobody is there\n"


@on_both_loops
async def test_one_connection_that_cannot_be_taken_does_not_keep_out_the_next(folder: Path) -> None:
    async with worker(folder, 2, never) as owner:
        async with Giving(folder) as refused:
            refused.writer.write(b"head\n")
            assert await refused.taken
            assert await refused.reader.read() == b""
        owner.neighbours.adopt = adopt_into(Echo)
        async with Giving(folder) as giving:
            giving.writer.write(b"head\n")
            assert await giving.reader.readline() == b"owner:head\n"


@on_both_loops
async def test_many_connections_at_once_are_all_taken(folder: Path) -> None:
    async with worker(folder, 2, never) as owner, AsyncExitStack() as stack:
        owner.neighbours.adopt = adopt_into(Echo)
        many = [await stack.enter_async_context(Giving(folder)) for _ in range(100)]
        for giving in many:
            giving.writer.write(b"head\n")
        for giving in many:
            assert await giving.reader.readline() == b"owner:head\n"
            assert await giving.taken
