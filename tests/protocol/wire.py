"""A client that writes its own bytes: HTTP heads and websocket frames, right or wrong."""

import asyncio
import base64
import hashlib
import socket
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

PATIENCE_S = 8.0
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

NO_CODE = 1005  # what a close frame without a code means

TARGET = "/socket.io/?EIO=4&transport=websocket"
KEY = base64.b64encode(bytes(range(16))).decode()
MASK = b"\x37\xfa\x21\x3d"


@dataclass(frozen=True)
class Answer:
    """A response to a request."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Frame:
    """A websocket frame as the server sent it."""

    opcode: int
    payload: bytes
    final: bool = True
    reserved: int = 0
    masked: bool = False


class Wire:
    """One TCP connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, *parts: bytes) -> None:
        """Write everything as one piece; a server that has hung up is told nothing."""
        with suppress(ConnectionError):  # what comes of it is seen where the answer is read
            self._writer.write(b"".join(parts))
            await self._writer.drain()

    async def drip(self, data: bytes) -> None:
        """Write byte by byte, each a segment of its own."""
        for number in data:
            await self.send(bytes((number,)))
            await asyncio.sleep(0)

    async def request(self, *parts: bytes) -> Answer:
        """Send a request, and read the answer to it."""
        await self.send(*parts)
        return await self.answer()

    async def answer(self) -> Answer:
        """The next response, with its body."""
        async with asyncio.timeout(PATIENCE_S):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status, *lines = head.strip().split("\r\n")
            pairs = (line.partition(":") for line in lines)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            body = await self._reader.readexactly(int(headers.get("content-length", 0)))
        return Answer(int(status.split()[1]), headers, body)

    async def frame(self) -> Frame:
        """The next frame, of whatever kind."""
        async with asyncio.timeout(PATIENCE_S):
            first, second = await self._reader.readexactly(2)
            size = second & 0x7F
            if size > 125:
                size = int.from_bytes(await self._reader.readexactly(2 if size == 126 else 8))
            payload = await self._reader.readexactly(size)
        return Frame(first & 15, payload, bool(first & 128), first >> 4 & 7, bool(second & 128))

    async def text(self) -> str:
        """The next text; the server's pings are answered."""
        while (frame := await self.frame()).opcode != TEXT:
            assert frame.opcode != CLOSE, f"closed instead: {frame.payload!r}"
        text = frame.payload.decode()
        if text == "2":
            await self.send(message("3"))
            return await self.text()
        return text

    async def closes(self) -> int:
        """Wait for the server's close frame and the end of the connection; gives the code."""
        while (frame := await self.frame()).opcode != CLOSE:
            pass
        await self.send(masked(CLOSE, frame.payload))
        await self.ends()
        return int.from_bytes(frame.payload[:2]) if frame.payload else NO_CODE

    async def is_over(self) -> list[Frame]:
        """Wait for the end, with or without a close frame; gives the frames before that."""
        frames: list[Frame] = []
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while (frame := await self.frame()).opcode != CLOSE:
                frames.append(frame)
            await self.send(masked(CLOSE, frame.payload))
            await self.ends()
        return frames

    async def ends(self, within_s: float = PATIENCE_S) -> bytes:
        """Wait until the server has ended the connection; gives what it said before that."""
        said = b""
        async with asyncio.timeout(within_s):
            with suppress(ConnectionError):
                while part := await self._reader.read(65536):
                    said += part
        return said

    def half_close(self) -> None:
        """Say that nothing more will be sent, if there is anybody left to hear it."""
        with suppress(OSError):
            if not self._writer.is_closing():
                self._writer.write_eof()

    def vanish(self) -> None:
        """Be gone without a goodbye."""
        self._writer.transport.abort()


@asynccontextmanager
async def wire(url: str) -> AsyncIterator[Wire]:
    """A TCP connection to the server at `url`, of which nothing has been used yet."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        yield Wire(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def websocket(url: str, target: str = TARGET) -> AsyncIterator[Wire]:
    """A websocket to the server at `url` whose upgrade has been granted."""
    async with wire(url) as line:
        answer = await line.request(upgrade(target=target))
        assert answer.status == 101, answer
        yield line


def head(method: str, target: str, headers: Mapping[str, str | None], version: str) -> bytes:
    """The bytes of a request's head."""
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join([f"{method} {target} {version}", *lines, "", ""]).encode("latin-1")


def get(target: str, **changes: str | None) -> bytes:
    """A plain GET; `changes` are further headers, with `_` for `-`."""
    more = {name.replace("_", "-"): value for name, value in changes.items()}
    return head("GET", target, {"Host": "localhost", **more}, "HTTP/1.1")


def plain(method: str, target: str, body: bytes = b"") -> bytes:
    """A request with a body, however empty."""
    headers = {"Host": "localhost", "Content-Length": str(len(body))}
    return head(method, target, headers, "HTTP/1.1") + body


def upgrade(
    changes: Mapping[str, str | None] | None = None,
    *,
    method: str = "GET",
    target: str = TARGET,
    version: str = "HTTP/1.1",
) -> bytes:
    """The head that asks for a websocket; `changes` replace headers, None leaves one out."""
    headers = {
        "Host": "localhost",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
    }
    return head(method, target, {**headers, **(changes or {})}, version)


def accept_of(key: str) -> str:
    """What a server must answer to that key (RFC 6455, section 4.2.2)."""
    digest = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
    return base64.b64encode(digest).decode()


def masked(
    opcode: int, payload: bytes = b"", *, final: bool = True, reserved: int = 0, mask: bytes = MASK
) -> bytes:
    """A client's frame."""
    first = opcode | reserved << 4 | (128 if final else 0)
    size = len(payload)
    pattern = (mask * (size // 4 + 1))[:size]
    data = (int.from_bytes(payload) ^ int.from_bytes(pattern)).to_bytes(size)
    return bytes((first,)) + length(size, is_masked=True) + mask + data


def unmasked(opcode: int, payload: bytes = b"") -> bytes:
    """A frame as only a server may send it."""
    return bytes((opcode | 128,)) + length(len(payload), is_masked=False) + payload


def length(size: int, *, is_masked: bool) -> bytes:
    """A frame's second byte, and those that follow it where it does not hold the length."""
    flag = 128 if is_masked else 0
    if size < 126:
        return bytes((flag | size,))
    if size < 1 << 16:
        return bytes((flag | 126,)) + size.to_bytes(2)
    return bytes((flag | 127,)) + size.to_bytes(8)


def message(text: str) -> bytes:
    """A client's text frame."""
    return masked(TEXT, text.encode())


def messages(texts: Iterable[str]) -> bytes:
    """Many of them, one behind the other."""
    return b"".join(message(text) for text in texts)
