"""What a polling client has not polled yet, bounded in bytes."""

import asyncio
from collections import deque

from realtime.outgoing import NOOP, Outgoing
from realtime.websocket import FRAME_OVERHEAD, MAX_UNREAD_BYTES

POLL_PACKETS = 16  # more in one answer, and python-socketio's client hangs up
SEPARATOR = "\x1e"


class Outbox:
    """Packets in their order, and the poll that waits for them."""

    __slots__ = ("_bytes", "_packets", "_poller")

    def __init__(self) -> None:
        self._packets: deque[Outgoing] = deque()
        self._bytes = 0
        self._poller: asyncio.Future[None] | None = None

    @property
    def is_polled(self) -> bool:
        """Whether a poll waits."""
        return self._poller is not None

    @property
    def is_full(self) -> bool:
        """Whether more has piled up than a client may leave unread."""
        return self._bytes > MAX_UNREAD_BYTES

    def put(self, out: Outgoing) -> None:
        """Add a packet; a poll that waits gets it."""
        self._packets.append(out)
        self._bytes += len(out.payload) + FRAME_OVERHEAD
        self.wake()

    def wake(self) -> None:
        """Have the poll that waits answered, with what there is."""
        if self._poller is not None and not self._poller.done():
            self._poller.set_result(None)

    async def news(self) -> None:
        """Wait, as the one poll, until there is a packet or `wake` is called."""
        if not self._packets:
            self._poller = asyncio.get_running_loop().create_future()
            try:
                await self._poller
            finally:
                self._poller = None

    def take(self) -> str:
        """The body of a poll's answer: some packets, or one that says nothing."""
        packets: list[str] = []
        while self._packets and len(packets) < POLL_PACKETS:
            out = self._packets.popleft()
            self._bytes -= len(out.payload) + FRAME_OVERHEAD
            packets.append(out.payload.decode())
        return SEPARATOR.join(packets) or NOOP.payload.decode()

    def take_all(self) -> deque[Outgoing]:
        """All packets: they go another way."""
        packets, self._packets, self._bytes = self._packets, deque(), 0
        return packets
