"""An Engine.IO client by hand, over polling or over a websocket, behind one face."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp

from tests.protocol.wire import CLOSE, PATIENCE_S, Wire, masked, message, messages, websocket

TRANSPORTS = ("polling", "websocket")
SEPARATOR = "\x1e"
NOOP = "6"


class Session(ABC):
    """One session; remembers every packet that it got, but no `noop`."""

    def __init__(self, opened: str) -> None:
        assert opened.startswith("0{"), opened
        self.handshake: dict[str, Any] = json.loads(opened[1:])
        self.sid: str = self.handshake["sid"]
        self.packets: list[str] = []
        self.answers_pings = True

    @abstractmethod
    async def send(self, *packets: str) -> None:
        """Send packets together: in one body, or in one segment."""

    @abstractmethod
    async def hear(self) -> None:
        """Wait for packets and note them; `ConnectionError` when the session has ended."""

    async def gets(self, start: str) -> str:
        """The first packet, past or to come, that begins so."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for packet in self.packets:
                    if packet.startswith(start):
                        return packet
                await self.hear()

    async def answer(self, number: int) -> dict[str, Any]:
        """The envelope that acknowledges the event of that number."""
        packet = await self.gets(f"43{number}[")
        (envelope,) = json.loads(packet.removeprefix(f"43{number}"))
        assert isinstance(envelope, dict)
        return envelope

    async def join(self, token: str) -> None:
        """Join the namespace as the token's user."""
        await self.send("40" + json.dumps({"token": token}))
        await self.gets('42["connected"')

    async def ends(self) -> None:
        """Wait until the server has ended the session."""
        async with asyncio.timeout(PATIENCE_S):
            with suppress(ConnectionError):
                while True:
                    await self.hear()


class Polling(Session):
    """Polls when it is asked to hear."""

    def __init__(self, http: aiohttp.ClientSession, url: str, opened: str) -> None:
        super().__init__(opened)
        self.http, self.url = http, url
        self.target = f"/socket.io/?EIO=4&transport=polling&sid={self.sid}"
        self.websocket_target = f"/socket.io/?EIO=4&transport=websocket&sid={self.sid}"

    async def send(self, *packets: str) -> None:
        await self.post(SEPARATOR.join(packets))

    async def post(self, body: str | bytes) -> tuple[int, str]:
        async with self.http.post(self.url + self.target, data=body) as response:
            return response.status, await response.text()

    async def poll(self) -> tuple[int, str]:
        async with self.http.get(self.url + self.target) as response:
            return response.status, await response.text()

    async def hear(self) -> None:
        status, text = await self.poll()
        if status != 200:
            raise ConnectionError(text)
        packets = [packet for packet in text.split(SEPARATOR) if packet not in {"", NOOP}]
        self.packets += packets
        if "2" in packets and self.answers_pings:
            await self.send("3")


class WebSocket(Session):
    """A websocket whose frames are written by hand."""

    def __init__(self, line: Wire, opened: str) -> None:
        super().__init__(opened)
        self.line = line

    async def send(self, *packets: str) -> None:
        await self.line.send(messages(packets))

    async def hear(self) -> None:
        try:
            frame = await self.line.frame()
        except asyncio.IncompleteReadError as error:
            raise ConnectionResetError("The server hung up.") from error
        if frame.opcode == CLOSE:
            await self.line.send(masked(CLOSE, frame.payload))
            await self.line.ends()
            raise ConnectionResetError(f"The server closed: {frame.payload!r}.")
        packet = frame.payload.decode()
        if packet == "2" and self.answers_pings:
            await self.line.send(message("3"))
        self.packets += [packet]


@asynccontextmanager
async def polling(url: str) -> AsyncIterator[Polling]:
    """A new session over polling, which says goodbye at the end."""
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{url}/socket.io/?EIO=4&transport=polling") as response:
            opened = await response.text()
        session = Polling(http, url, opened)
        yield session
        await session.post("1")


@asynccontextmanager
async def open_session(url: str, transport: str) -> AsyncIterator[Session]:
    """A new session over that transport, which has not joined the namespace."""
    if transport == "polling":
        async with polling(url) as session:
            yield session
    else:
        async with websocket(url) as line:
            yield WebSocket(line, await line.text())


async def until_nobody_is_there(url: str) -> None:
    """Wait until the server counts no socket that is signed in."""
    async with asyncio.timeout(PATIENCE_S), aiohttp.ClientSession() as session:
        figures = ""
        while "\nsoundroom_sockets 0.0\n" not in figures:
            async with session.get(f"{url}/metrics") as response:
                figures = await response.text()
