"""A Socket.IO client over a raw websocket, for what comes before the load: it reads all packets."""

import asyncio
import base64
import json
import os
import struct
from typing import Any, cast
from urllib.parse import urlsplit

TRIES = 3
MASK = b"\x5a\x13\x9e\xc7"
PATIENCE_S = 60.0


def frame(payload: bytes) -> bytes:
    """A masked text frame. The mask is always the same, but not zero, which servers may skip."""
    size = len(payload)
    head = bytes((0x81, 0x80 | size)) if size < 126 else struct.pack("!BBH", 0x81, 0xFE, size)
    key = int.from_bytes((MASK * (size // 4 + 1))[:size], "little")
    body = (int.from_bytes(payload, "little") ^ key).to_bytes(size, "little")
    return head + MASK + body


class Wire(asyncio.Protocol):
    """Speaks Engine.IO 4 and Socket.IO 5, and keeps the acknowledgements it awaits."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.unread = b""
        self.worker = ""  # which of the server's processes has us, as the session's id says
        self._upgraded = False
        self._acks: dict[int, asyncio.Future[Any]] = {}
        self._last_ack = 0
        self._open: asyncio.Future[None] = loop.create_future()
        self._greeted: asyncio.Future[None] = loop.create_future()

    @classmethod
    async def connect(cls, url: str, token: str) -> "Wire":
        """Connect, join the namespace, and wait for the first event."""
        parts = urlsplit(url)
        loop = asyncio.get_running_loop()
        _, wire = await loop.create_connection(cls, parts.hostname or "", parts.port or 80)
        await wire._shake_hands(parts.netloc, token)
        return wire

    async def _shake_hands(self, host: str, token: str) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        head = (
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n"
        )
        self.transport.write(head.encode())
        async with asyncio.timeout(PATIENCE_S):
            await self._open
            self._send("40" + json.dumps({"token": token}))
            await self._greeted

    async def call(self, event: str, payload: dict[str, Any]) -> Any:
        """Send an event, give its acknowledgement's data; what is unavailable is asked again."""
        for _ in range(TRIES):
            answer = await self._ask(event, payload)
            if answer["success"]:
                return answer["data"]
            if answer["code"] != "unavailable":
                break
        raise RuntimeError(f"{event}: {answer}")

    async def _ask(self, event: str, payload: dict[str, Any]) -> dict[str, Any]:
        self._last_ack += 1
        future = asyncio.get_running_loop().create_future()
        self._acks[self._last_ack] = future
        self._send(f"42{self._last_ack}" + json.dumps([event, payload]))
        async with asyncio.timeout(PATIENCE_S):
            answer: dict[str, Any] = await future
        return answer

    def close(self) -> None:
        self.transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's own is none by name

    def connection_lost(self, _error: Exception | None) -> None:
        for future in (self._open, self._greeted, *self._acks.values()):
            if not future.done():
                future.set_exception(ConnectionError("The server closed the connection."))
                future.exception()  # whoever still awaits it is told; else nobody need be

    def data_received(self, data: bytes) -> None:
        self.unread += data
        if not self._upgraded:
            head, end, rest = self.unread.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                self._open.set_exception(ConnectionError(head.decode()))
                return
            self._upgraded, self.unread = True, rest
        self._read_frames()

    def _read_frames(self) -> None:
        data, at = self.unread, 0
        while len(data) - at >= 2:
            length, start = data[at + 1] & 127, at + 2
            if length == 126:
                if len(data) - at < 4:
                    break
                length, start = struct.unpack_from("!H", data, at + 2)[0], at + 4
            elif length == 127:
                if len(data) - at < 10:
                    break
                length, start = struct.unpack_from("!Q", data, at + 2)[0], at + 10
            if len(data) < start + length:
                break
            self._on_packet(data[start : start + length])
            at = start + length
        self.unread = data[at:]

    def _on_packet(self, packet: bytes) -> None:
        if packet.startswith(b"42"):
            if not self._greeted.done():
                self._greeted.set_result(None)
        elif packet.startswith(b"43"):
            number, _, rest = packet[2:].partition(b"[")
            self._acks.pop(int(number)).set_result(json.loads(b"[" + rest)[0])
        elif packet.startswith(b"0"):
            self.worker = str(json.loads(packet[1:])["sid"]).partition("-")[0]
            self._open.set_result(None)
        elif packet == b"2":
            self._send("3")
        elif packet.startswith(b"44") and not self._greeted.done():
            self._greeted.set_exception(ConnectionError(packet.decode()))

    def _send(self, packet: str) -> None:
        self.transport.write(frame(packet.encode()))
