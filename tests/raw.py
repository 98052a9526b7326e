"""A client without manners: raw Engine.IO frames over a websocket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp


class RawSocket:
    """Sends whatever it is told to; remembers every frame it got."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.frames: list[str] = []
        self.closed = asyncio.Event()
        self._news = asyncio.Condition()
        self._reader = asyncio.get_running_loop().create_task(self._read())

    async def send(self, frame: str | bytes) -> None:
        """Send one frame; a socket that has gone takes it too."""
        try:
            if isinstance(frame, bytes):
                await self._socket.send_bytes(frame)
            else:
                await self._socket.send_str(frame)
        except (ConnectionError, aiohttp.ClientError):
            self.closed.set()

    async def join(self, token: str) -> None:
        """Join the namespace as the token's user."""
        await self.send("40" + json.dumps({"token": token}))
        await self.gets("42")

    async def gets(self, start: str, within_s: float = 8) -> str:
        """The first frame, past or to come, that begins so."""
        async with asyncio.timeout(within_s), self._news:
            while True:
                for frame in self.frames:
                    if frame.startswith(start):
                        return frame
                if self.closed.is_set():
                    raise ConnectionError(f"closed before {start!r} came")
                await self._news.wait()

    async def answer(self, number: int, within_s: float = 8) -> dict[str, Any]:
        """The acknowledgement of that number."""
        frame = await self.gets(f"43{number}[", within_s)
        envelope: dict[str, Any] = json.loads(frame[2 + len(str(number)) :])[0]
        return envelope

    async def ends(self, within_s: float = 15) -> None:
        """Wait until the server has closed the connection."""
        await asyncio.wait_for(self.closed.wait(), within_s)

    async def close(self) -> None:
        await self._socket.close()
        await self._reader

    async def _read(self) -> None:
        async for message in self._socket:
            async with self._news:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self.frames.append(message.data)
                    if message.data == "2":
                        await self.send("3")
                self._news.notify_all()
        async with self._news:
            self.closed.set()
            self._news.notify_all()


@asynccontextmanager
async def raw_socket(url: str) -> AsyncIterator[RawSocket]:
    """A raw websocket to the server at `url`, not yet joined."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{url}/socket.io/?EIO=4&transport=websocket") as socket,
    ):
        raw = RawSocket(socket)
        await raw.gets("0")
        yield raw
        await raw.close()
