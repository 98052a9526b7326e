"""A Socket.IO client over a websocket, as lean as can be, so that thousands fit into one test."""

import asyncio
import base64
import os
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import orjson

PATIENCE_S = 20.0
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10

Json = dict[str, Any]
Hear = Callable[[str, Any], None]
Answer = Callable[[Json], None]


class Wire(asyncio.Protocol):
    """One connection. `hear(event, data)` is called in the order in which the server speaks."""

    def __init__(self, host: str, token: str, hear: Hear) -> None:
        loop = asyncio.get_running_loop()
        self._host, self._token, self._hear = host, token, hear
        self._unread = bytearray()
        self._is_open = False
        self._answers: dict[int, Answer] = {}
        self._asked = 0
        self._transport: asyncio.Transport | None = None
        self.connected: asyncio.Future[Json] = loop.create_future()
        self.fault: Exception | None = None  # what the server said, or a listener did, wrong
        self.closed: asyncio.Future[None] = loop.create_future()

    @classmethod
    async def open(cls, url: str, token: str, hear: Hear, within_s: float = PATIENCE_S) -> "Wire":
        """Connect and wait for `connected`; `OSError` where that does not happen `within_s`."""
        parts = urlsplit(url)
        loop = asyncio.get_running_loop()
        wire = cls(parts.netloc, token, hear)
        try:
            async with asyncio.timeout(within_s):
                await loop.create_connection(lambda: wire, parts.hostname or "", parts.port or 80)
                await asyncio.wait((wire.connected, wire.closed), return_when="FIRST_COMPLETED")
        except BaseException:
            wire.close()
            raise
        if not wire.connected.done():
            raise wire.fault or ConnectionError("Closed before `connected`.")
        return wire

    def say(self, event: str, payload: Json, answer: Answer | None = None) -> None:
        """Emit; `answer` is called with the envelope, and never if the connection ends before."""
        number = b""
        if answer is not None:
            self._asked += 1
            self._answers[self._asked] = answer
            number = b"%d" % self._asked
        self._send(b"42" + number + orjson.dumps([event, payload]))

    async def call(self, event: str, payload: Json, within_s: float = PATIENCE_S) -> Json:
        """The envelope; `ConnectionError` when the connection ends before, or without it."""
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self.say(event, payload, answer.set_result)
        await asyncio.wait((answer, self.closed), timeout=within_s, return_when="FIRST_COMPLETED")
        if answer.done():
            return answer.result()
        if self.closed.done():
            raise self.fault or ConnectionError(f"Closed before {event} was answered.")
        raise AssertionError(f"{event} was not answered within {within_s:g} s.")

    async def ok(self, event: str, payload: Json) -> Any:
        """The data of an acknowledgement that must be a success."""
        answer = await self.call(event, payload)
        assert answer["success"], f"{event}: {answer}"
        return answer["data"]

    def close(self) -> None:
        """Hang up at once."""
        if self._transport is not None:
            self._transport.abort()

    async def ended(self) -> None:
        """Wait until the connection has ended."""
        await asyncio.wait((self.closed,))  # a cancelled `await` would end the future itself
        if self.fault is not None:
            raise self.fault

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {self._host}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def connection_lost(self, _error: Exception | None) -> None:
        self._answers.clear()
        if not self.closed.done():
            self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        try:
            self._read(data)
        except Exception as error:  # noqa: BLE001 - asyncio would log it, and the test not see it
            self.fault = error
            self.close()

    def _read(self, data: bytes) -> None:
        self._unread += data
        if not self._is_open and not self._opens():
            return
        at, size = 0, len(self._unread)
        while (head := self._head(at, size)) is not None:
            code, start, end = head
            payload = bytes(self._unread[start:end])
            at = end
            self._receive(code, payload)
        del self._unread[:at]

    def _opens(self) -> bool:
        """Whether the server has taken us; what is no websocket ends the connection."""
        end = self._unread.find(b"\r\n\r\n")
        if end < 0:
            return False
        if not self._unread.startswith(b"HTTP/1.1 101 "):
            self.close()
            return False
        del self._unread[: end + 4]
        self._is_open = True
        return True

    def _head(self, at: int, size: int) -> tuple[int, int, int] | None:
        """The frame at `at`: its code, where its payload begins and ends; None: not here yet."""
        if size - at < 2:
            return None
        first, length = self._unread[at], self._unread[at + 1]
        assert first & 0xF0 == 0x80, f"a frame in parts, or with unknown bits: {first:#x}"
        assert length < 0x80, "a server does not mask"
        start = at + 2 + {126: 2, 127: 8}.get(length, 0)
        if length > 125:
            length = int.from_bytes(self._unread[at + 2 : start], "big")
        return (first & 0x0F, start, start + length) if start + length <= size else None

    def _receive(self, code: int, payload: bytes) -> None:
        if code == PING:
            self._send(payload, PONG)
        elif code == CLOSE:
            self.close()
        elif payload == b"2":
            self._send(b"3")
        elif payload[:1] == b"0":
            self._send(b"40" + orjson.dumps({"token": self._token}))
        elif payload[:2] == b"42":
            event, data = orjson.loads(payload[2:])
            if event == "connected":
                self.connected.set_result(data)
            self._hear(event, data)
        elif payload[:2] == b"43":
            bracket = payload.index(b"[")
            if answer := self._answers.pop(int(payload[2:bracket]), None):
                answer(orjson.loads(payload[bracket:])[0])
        elif payload[:2] in {b"41", b"44"} or payload[:1] == b"1":
            self.close()

    def _send(self, payload: bytes, code: int = TEXT) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        # Masked, as a client must, by a mask of zeros: the same bytes.
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
        self._transport.write(bytes([0x80 | code]) + length + bytes(4) + payload)
