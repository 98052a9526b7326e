"""The load's end of a connection: says messages and counts what arrives, as cheaply as Python can.

It reads no frames: it looks for the few bytes that begin what it counts. They cannot stand
elsewhere, since quotes within JSON strings are escaped. What a read cuts in two is kept for the
next one.
"""

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from bench.wire import Wire, frame

# Three marks of one length, so that a kept end too short for one is too short for all.
HEARD = b'42["message",{'
ACKED = b'[{"success":tr'
REFUSED = b'[{"success":fa'
KEPT = len(HEARD) - 1
PING = b"\x81\x012"
PONG = frame(b"3")
STAMP = b'"content":"@'
STAMP_DIGITS = 19


@dataclass
class Tally:
    """What all meters of a crowd have counted together; `latencies_ns` only while it is a list."""

    heard: int = 0
    acked: int = 0
    refused: int = 0
    lost: int = 0
    bytes: int = 0
    latencies_ns: list[int] | None = None
    goal: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    def clear(self) -> None:
        """Begin to count anew; what was lost or refused stays to be told in the end."""
        self.heard = self.acked = self.bytes = self.goal = 0

    async def hear(self, count: int, patience_s: float) -> None:
        """Wait until so many messages have been heard since the last `clear`, but not for ever."""
        self.goal = count
        self.reached.clear()
        if self.heard < count:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await self.reached.wait()


class Meter(asyncio.Protocol):
    """Takes over the connection of a wire that is in its room."""

    def __init__(self, wire: Wire, tally: Tally, channel_id: str = "") -> None:
        self.transport = wire.transport
        self.after_ack: Callable[[Meter], None] | None = None
        self._tally = tally
        self._channel_id = channel_id.encode()
        self._tail = b""
        self._said = 0
        self._ending = False
        self.transport.set_protocol(self)
        self.data_received(wire.unread)

    def say(self, filler: bytes) -> None:
        """Say the time and `filler` in the room."""
        self._said += 1
        content = b"@%019d %b" % (time.monotonic_ns(), filler)
        self.send(
            b'["message",{"channelId":"%b","content":"%b","nonce":"%d-%d"}]'
            % (self._channel_id, content, id(self), self._said)
        )

    def send(self, event: bytes) -> None:
        """Send an event, and ask for its acknowledgement."""
        self.transport.write(frame(b"421" + event))

    def fall_asleep(self, receive_buffer: int) -> None:
        """Read no more; what the kernel still takes in is bounded too, in bytes."""
        self.transport.pause_reading()
        tcp = self.transport.get_extra_info("socket")
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)

    def close(self) -> None:
        self._ending = True
        self.transport.close()

    def abort(self) -> None:
        self._ending = True
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        tally = self._tally
        tally.bytes += len(data)
        data = self._tail + data
        self._tail = data[-KEPT:]
        heard = data.count(HEARD)
        if heard:
            tally.heard += heard
            if tally.latencies_ns is not None:
                self._note_latencies(data, tally.latencies_ns)
            if tally.goal and tally.heard >= tally.goal:
                tally.reached.set()
        if PING in data:
            self._tail = b"" if data.endswith(PING) else self._tail
            self.transport.write(PONG)
        if acked := data.count(ACKED):
            tally.acked += acked
            self._acked(acked)
        if refused := data.count(REFUSED):
            tally.refused += refused
            self._acked(refused)

    def _acked(self, count: int) -> None:
        if self.after_ack is not None:
            for _ in range(count):
                self.after_ack(self)

    @staticmethod
    def _note_latencies(data: bytes, latencies_ns: list[int]) -> None:
        now_ns, at = time.monotonic_ns(), data.find(HEARD)
        while at >= 0:
            start = data.find(STAMP, at) + len(STAMP)
            stamp = data[start : start + STAMP_DIGITS]
            if start > len(STAMP) and len(stamp) == STAMP_DIGITS:  # else the read cut it in two
                latencies_ns.append(now_ns - int(stamp))
            at = data.find(HEARD, at + KEPT)

    def connection_lost(self, _error: Exception | None) -> None:
        if not self._ending:
            self._tally.lost += 1
