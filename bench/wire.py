"""A lean Socket.IO client over a raw websocket: it must cost less than the servers it measures."""

import asyncio
import base64
import json
import os
import struct
from typing import Any
from urllib.parse import urlsplit


class Wire(asyncio.Protocol):
    """Speaks Engine.IO 4 and Socket.IO 5; counts the events it hears, keeps the acks it awaits."""

    def __init__(self) -> None:
        self.heard = 0
        self._buffer = b""
        self._upgraded = False
        self._acks: dict[int, asyncio.Future[Any]] = {}
        self._last_ack = 0
        self._open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._hello: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def connect(cls, url: str, token: str) -> "Wire":
        """Connect, join the namespace, and wait for the `connected` event."""
        parts = urlsplit(url)
        loop = asyncio.get_running_loop()
        transport, wire = await loop.create_connection(cls, parts.hostname or "", parts.port or 80)
        key = base64.b64encode(os.urandom(16)).decode()
        head = (
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n"
        )
        transport.write(head.encode())
        await asyncio.wait_for(wire._open, 30)
        wire._send("40" + json.dumps({"token": token}))
        await asyncio.wait_for(wire._hello, 30)
        wire.heard = 0
        return wire

    async def call(self, event: str, payload: dict[str, Any]) -> Any:
        """Send an event and give its acknowledgement's data."""
        self._last_ack += 1
        future = asyncio.get_running_loop().create_future()
        self._acks[self._last_ack] = future
        self._send(f"42{self._last_ack}" + json.dumps([event, payload]))
        answer = await future
        if not answer["success"]:
            raise RuntimeError(f"{event}: {answer}")
        return answer["data"]

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                raise RuntimeError(head.decode())
            self._upgraded, self._buffer = True, rest
        self._read_frames()

    def _read_frames(self) -> None:
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 2:
            length, start = buffer[at + 1] & 127, at + 2
            if length == 126:
                if len(buffer) - at < 4:
                    break
                length, start = struct.unpack_from("!H", buffer, at + 2)[0], at + 4
            if len(buffer) < start + length:
                break
            self._on_packet(buffer[start : start + length])
            at = start + length
        self._buffer = buffer[at:]

    def _on_packet(self, packet: bytes) -> None:
        if packet.startswith(b"42"):
            self.heard += 1
            if not self._hello.done():
                self._hello.set_result(None)
        elif packet.startswith(b"43"):
            number, _, rest = packet[2:].partition(b"[")
            self._acks.pop(int(number)).set_result(json.loads(b"[" + rest)[0])
        elif packet.startswith(b"0"):
            self._open.set_result(None)
        elif packet == b"2":
            self._send("3")
        elif packet.startswith(b"44"):
            self._hello.set_exception(RuntimeError(packet.decode()))

    def _send(self, packet: str) -> None:
        data = packet.encode()
        size = len(data)
        head = bytes((0x81, 0x80 | size)) if size < 126 else struct.pack("!BBH", 0x81, 0xFE, size)
        # A mask of zeros is a mask, and leaves the data as it is.
        self._transport.write(head + bytes(4) + data)
