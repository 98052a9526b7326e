"""A connection goes from one process to another: its descriptor, and what was read of it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog

MOST_BYTES = 64 * 1024
WITHIN_S = 2.0
TAKEN = b"1"

Adopt = Callable[[socket.socket, bytes], Awaitable[None]]

log = structlog.get_logger(__name__)


async def give(path: Path, client: socket.socket, head: bytes) -> bool:
    """Offer `client`, of which `head` has been read, to who listens at `path`; whether it took it.

    If so, its descriptor and ours are of one connection, and ours is to be closed.
    """
    loop = asyncio.get_running_loop()
    taken = b""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
        line.setblocking(False)
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(WITHIN_S):
                await loop.sock_connect(line, str(path))
                socket.send_fds(line, [head], [client.fileno()])
                taken = await loop.sock_recv(line, len(TAKEN))
    return bool(taken)


@asynccontextmanager
async def taking(path: Path, adopt: Adopt) -> AsyncIterator[None]:
    """Listen at `path`, and `adopt` what is given there, until the block ends."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        _listen(listener, path)
        task = asyncio.create_task(_take_all(listener, adopt), name="take-connections")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])


def _listen(listener: socket.socket, path: Path) -> None:
    path.unlink(missing_ok=True)  # a process that was killed leaves it behind
    listener.setblocking(False)
    listener.bind(str(path))
    listener.listen(1024)


async def _take_all(listener: socket.socket, adopt: Adopt) -> None:
    loop = asyncio.get_running_loop()
    while True:
        line, _ = await loop.sock_accept(listener)
        with line:
            try:
                async with asyncio.timeout(WITHIN_S):
                    await _take(line, adopt)
            except (OSError, TimeoutError) as error:
                log.warning("connection not taken", error=type(error).__name__)


async def _take(line: socket.socket, adopt: Adopt) -> None:
    """One connection, unless who gives it has given up meanwhile."""
    await _readable(line)
    head, descriptors, _, _ = socket.recv_fds(line, MOST_BYTES, 1)
    for descriptor in descriptors:
        client = socket.socket(fileno=descriptor)
        try:
            client.setblocking(False)
            line.send(TAKEN)
            await adopt(client, head)
        except BaseException:
            client.close()
            raise


async def _readable(line: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(line, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(line)


def adopt_into(make_protocol: Callable[[], asyncio.Protocol]) -> Adopt:
    """What makes an adopted connection one of this event loop, served by such a protocol."""

    async def adopt(client: socket.socket, head: bytes) -> None:
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(lambda: HeadFirst(make_protocol(), head), client)

    return adopt


class HeadFirst(asyncio.Protocol):
    """Gives a protocol what was read elsewhere, before the loop reads on; then gives way to it."""

    def __init__(self, protocol: asyncio.Protocol, head: bytes) -> None:
        self._protocol = protocol
        self._head = head

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.set_protocol(self._protocol)
        self._protocol.connection_made(transport)
        if self._head:
            self._protocol.data_received(self._head)


async def refuse(client: socket.socket, _head: bytes) -> None:
    """Take no connections."""
    client.close()
