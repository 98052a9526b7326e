"""One client's Engine.IO session: it polls, or has a websocket, or goes from one to the other."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from realtime.frames import TEXT, frame, text_of
from realtime.listeners import Sessions
from realtime.outbox import SEPARATOR, Outbox
from realtime.outgoing import CLOSE, MESSAGE, NOOP, PING, Outgoing
from realtime.packet import is_base64
from realtime.websocket import WebSocket

TRANSPORT_CLOSE = "transport close"
TRANSPORT_ERROR = "transport error"
PING_TIMEOUT = "ping timeout"


class EngineSocket:
    """A session, and who it is for Socket.IO: `sid` once it asks to join, `joined` once it is in.

    `rooms` are those that it hears, `session` is python-socketio's dictionary for the application.
    """

    __slots__ = (
        "_due_at",
        "_engine",
        "_outbox",
        "_posting",
        "_resumed",
        "_upgrading",
        "ended",
        "id",
        "join_by",
        "joined",
        "paused",
        "rooms",
        "session",
        "sid",
        "strikes",
        "websocket",
    )

    def __init__(self, engine: Sessions, id: str, now_s: float, join_by: float) -> None:
        self._engine = engine
        self.id = id
        self.sid: str | None = None
        self.joined = False
        self.rooms: set[str] | None = None
        self.session: dict[str, Any] | None = None
        self.join_by: float | None = join_by
        self.strikes = 0
        self.ended: str | None = None  # why, once it has
        self.paused = False
        self.websocket: WebSocket | None = None
        self._upgrading = False
        self._outbox: Outbox | None = None  # none while it has a websocket
        self._posting = False
        self._resumed: asyncio.Event | None = None
        # A ping is due then; negative: one is out, and its pong is due at the absolute value.
        self._due_at = now_s + engine.ping_interval

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self.ended is not None

    @property
    def upgraded(self) -> bool:
        """Whether it has a websocket."""
        return self.websocket is not None

    def send(self, out: Outgoing) -> None:
        """Have a packet sent, after all others; a session that has ended takes it too."""
        if self.websocket is not None:
            self.websocket.send(out.framed)
        elif self.ended is None:
            self._enqueue(out)

    def answer(self, payload: bytes) -> None:
        """Have a packet sent that is for this client alone."""
        if self.websocket is not None:
            self.websocket.send(frame(TEXT, payload))
        else:
            self.send(Outgoing(payload))

    def _enqueue(self, out: Outgoing) -> None:
        if self._outbox is None:
            self._outbox = Outbox()
        self._outbox.put(out)
        if self._outbox.is_full:
            self.overflowed()

    # Time.

    def beat(self, now_s: float) -> None:
        """Ping when it is time; who has not answered the last one in time has gone."""
        if self._due_at > 0:
            if now_s >= self._due_at:
                self._due_at = -(now_s + self._engine.ping_timeout)
                self.send(PING)
        elif now_s >= -self._due_at:
            self.end(PING_TIMEOUT)

    def _pong(self) -> None:
        if self._due_at < 0:
            pinged_at = -self._due_at - self._engine.ping_timeout
            self._due_at = pinged_at + self._engine.ping_interval

    # What comes in.

    def receive(self, packet: str) -> None:
        """Take a packet; what is none of Engine.IO's ends the session."""
        kind = packet[:1]
        if kind == "4":
            self._engine.heard(self, packet[1:].encode())
        elif kind == "3":
            self._pong()
        elif kind == "b" and self.websocket is None and is_base64(packet[1:]):
            self._engine.heard(self, None)
        else:
            self.end(TRANSPORT_CLOSE if packet == "1" else TRANSPORT_ERROR)

    def pause(self) -> None:
        """Take nothing more from the client until `resume`: it has asked for enough."""
        self.paused = True
        if self.websocket is not None:
            self.websocket.pause()

    def resume(self) -> None:
        """Go on, unless the server is about to stop."""
        if self._engine.stopping:
            return
        self.paused = False
        if self.websocket is not None:
            self.websocket.resume()
        if self._resumed is not None:
            self._resumed.set()

    # A websocket's listener.

    def heard(self, text: bytes) -> None:
        if self.ended is None:
            if text[:1] == MESSAGE:
                self._engine.heard(self, text[1:])
            else:
                self.receive(text_of(text))

    def heard_binary(self) -> None:
        if not self.closed:
            self._engine.heard(self, None)

    def lost(self) -> None:
        self.end(TRANSPORT_CLOSE)

    def overflowed(self) -> None:
        if not self.closed:
            self._engine.overflowed(self)
            self.end(TRANSPORT_ERROR)

    # Long polling.

    async def poll(self) -> str | None:
        """What is to be said, at least one packet; None where two polls overlap.

        The first poll's answer may be lost by then, so that the session has to end.
        """
        if self._outbox is None:
            self._outbox = Outbox()
        if self._outbox.is_polled:
            self.end(TRANSPORT_ERROR, CLOSE)
            return None
        if not self._upgrading:
            await self._outbox.news()
        return self._outbox.take()

    async def post(self, read: Callable[[], Awaitable[str | None]]) -> bool:
        """Take a body of packets, and say whether it was one; `read` gives None where it is none.

        The answer waits while the client has asked for enough. Two bodies at once have no order:
        they end the session.
        """
        if self._posting:
            self.end(TRANSPORT_ERROR, CLOSE)
            return False
        self._posting = True
        try:
            body = await read()
            if body is None:
                self.end(TRANSPORT_ERROR, CLOSE)
                return False
            for packet in body.split(SEPARATOR):
                await self._ready()
                if self.closed:
                    break
                self.receive(packet)
        finally:
            self._posting = False
        return self.ended != TRANSPORT_ERROR

    async def _ready(self) -> None:
        while self.paused and not self.closed:
            self._resumed = asyncio.Event()
            await self._resumed.wait()
            self._resumed = None

    # From polling to a websocket.

    def carry(self, websocket: WebSocket) -> None:
        """Go on over a websocket, with what was not polled first."""
        self.websocket, self._upgrading = websocket, False
        outbox, self._outbox = self._outbox, None
        for out in outbox.take_all() if outbox else ():
            websocket.send(out.framed)
        if outbox:
            outbox.wake()
        if self.paused:
            websocket.pause()

    def probe(self) -> None:
        """A websocket asks to take over: from now on a poll has nothing to wait for."""
        self._upgrading = True
        if self._outbox:
            self._outbox.wake()

    def probe_failed(self) -> None:
        """It did not; polling goes on."""
        self._upgrading = False

    # The end.

    def end(self, reason: str, last: Outgoing = NOOP) -> None:
        """End the session, once; a poll that waits gets `last`."""
        if self.closed:
            return
        self.ended = reason
        if self.websocket is not None:
            self.websocket.close()
        elif self._outbox is not None and self._outbox.is_polled:
            self._outbox.take_all()
            self._outbox.put(last)
        if self._resumed is not None:
            self._resumed.set()
        self._engine.ended(self, reason)

    def abort(self, reason: str) -> None:
        """End it at once, without waiting for the client to read."""
        if self.websocket is not None:
            self.websocket.abort()
        self.end(reason, CLOSE)
