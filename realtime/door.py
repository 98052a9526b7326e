"""The one port: websockets become ours, everything else is aiohttp's."""

import asyncio
from collections.abc import Callable
from typing import cast

from realtime.engine import PATH, Engine
from realtime.upgrade import END, MAX_HEAD_BYTES, RefusedUpgradeError, read_head

HEAD_WITHIN_S = 20.0
OURS = f"GET {PATH}?".encode()

MakeHttp = Callable[[], asyncio.Protocol]


class Door(asyncio.Protocol):
    """Reads the head of a connection's first request, and passes the connection on."""

    __slots__ = (
        "_deadline",
        "_engine",
        "_giving",
        "_make_http",
        "_read",
        "_refused",
        "_transport",
    )

    def __init__(self, engine: Engine, make_http: MakeHttp) -> None:
        self._engine = engine
        self._make_http = make_http
        self._read = b""
        self._refused = False
        self._giving: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(HEAD_WITHIN_S, self._transport.abort)

    def connection_lost(self, _error: Exception | None) -> None:
        self._deadline.cancel()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._read += data
        end = self._read.find(END)
        if end < 0 and len(self._read) <= MAX_HEAD_BYTES and b"\0" not in data:
            return
        self._deadline.cancel()
        if end >= 0 and is_for_us(self._read[:end]):
            self._open(end)
        else:
            self._hand_on()

    def _open(self, end: int) -> None:
        try:
            head = read_head(self._read[:end])
            owner = self._engine.owner_of(head)
            if owner is None:
                self._engine.open_websocket(head, self._transport, self._read[end + len(END) :])
            else:
                self._transport.pause_reading()
                name = f"hand-over-to-{owner}"
                self._giving = asyncio.get_running_loop().create_task(self._give(owner), name=name)
        except RefusedUpgradeError as refusal:
            self._refuse(refusal)

    async def _give(self, owner: int) -> None:
        try:
            await self._engine.hand_over(self._transport, self._read, owner)
        except RefusedUpgradeError as refusal:
            self._refuse(refusal)

    def _refuse(self, refusal: RefusedUpgradeError) -> None:
        self._refused = True
        self._transport.write(refusal.answer())
        self._transport.close()

    def _hand_on(self) -> None:
        http = self._make_http()
        self._transport.set_protocol(http)
        http.connection_made(self._transport)
        http.data_received(self._read)


def is_for_us(head: bytes) -> bool:
    """Whether a request asks for a websocket of Socket.IO's."""
    line, _, headers = head.partition(b"\r\n")
    return line.startswith(OURS) and b"transport=websocket" in line and b"pgrade" in headers
