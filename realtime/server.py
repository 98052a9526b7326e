"""python-socketio's server on our transport, safe against clients that mean harm or simply hang."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, ClassVar

import socketio
import structlog
from engineio.packet import Packet
from socketio.packet import ACK, CONNECT, EVENT

from realtime.acknowledgement import acknowledgement
from realtime.engine import Engine
from realtime.engine_socket import EngineSocket
from realtime.frames import FrameError, text_of
from realtime.later import Later
from realtime.membership import NAMESPACE
from realtime.outgoing import message
from realtime.packet import EventPacket, RefusedFrameError, read_event
from realtime.refusal import NotNowError, no_such, not_signed_in
from realtime.tasks import Tasks
from realtime.upgrade import Origins

MAX_FRAME_BYTES = 64 * 1024
MAX_STRIKES = 8
JOIN_WITHIN_S = 10.0
RUBBISH = "rubbish"  # of nothing, python-socketio would make an event without a name
NO_LONGER_KEPT: dict[str, str] = {}  # a request's head, once its client is in

log = structlog.get_logger(__name__)


class RealtimeServer(socketio.AsyncServer):  # type: ignore[misc]
    """Counts bad frames, cuts off who does not read, drops who never joins.

    Handlers are registered with `on`, as ever. One for events may answer at once, or give a `Later`
    or a coroutine; it finds out by `received_at_ms` when the event's frame arrived.
    """

    options: ClassVar[dict[str, Any]] = {
        "async_mode": "aiohttp",
        "serializer": EventPacket,
        "max_http_buffer_size": MAX_FRAME_BYTES,
        "logger": False,
        "engineio_logger": False,
    }

    def __init__(
        self,
        *,
        manager: socketio.AsyncManager,
        now_ms: Callable[[], float],
        origins: Origins,
        join_within_s: float = JOIN_WITHIN_S,
        **options: Any,
    ) -> None:
        super().__init__(
            client_manager=manager,
            origins=origins,
            join_within_s=join_within_s,
            **self.options,
            **options,
        )
        self.eio.tell(self)
        self._now_ms = now_ms
        self._join_within_s = join_within_s
        self.tasks = Tasks()  # what is under way for sockets
        self.received_at_ms = 0.0
        self.after_connect: Callable[[str], Awaitable[None]] | None = None
        self.on_overflow: Callable[[], None] = lambda: None

    def _engineio_server_class(self) -> type[Engine]:
        return Engine

    # What the transport tells.

    def opened(self, socket: EngineSocket, environ: dict[str, str]) -> None:
        """A session has begun; whose it is is not known yet."""
        self.environ[socket.id] = environ

    def ended(self, socket: EngineSocket, reason: str) -> None:
        """A session has ended."""
        if socket.sid is None:
            self.environ.pop(socket.id, None)
        else:
            end = self._handle_eio_disconnect(socket.id, reason)
            self.tasks.start(self._guarded(socket, end), f"end-{socket.id}")

    def overflowed(self, socket: EngineSocket) -> None:
        """A client did not read, and has been cut off."""
        log.info("socket cut off", eio=socket.id, why="unread")
        self.on_overflow()

    def heard(self, socket: EngineSocket, packet: bytes | None) -> None:
        """A packet of Socket.IO has come; None is one that is no text."""
        self.received_at_ms = self._now_ms()
        try:
            found = read_event(packet) if packet else None
            if found is not None:
                self._event(socket, *found)
            else:
                text = text_of(packet) if packet else RUBBISH
                self._other(socket, EventPacket(encoded_packet=text))
        except RefusedFrameError:
            self._strike(socket)
        except FrameError:
            raise
        except Exception:
            # Else the client would wait for ever.
            log.exception("unexpected error")
            self.cut_off(socket, "unexpected error")

    def _other(self, socket: EngineSocket, packet: EventPacket) -> None:
        kind, namespace = packet.packet_type, packet.namespace or NAMESPACE
        if kind == EVENT:
            if namespace != NAMESPACE:
                self._refuse_event(socket, packet.id, namespace)
            else:
                self._event(socket, packet.id, packet.data)
        elif kind == CONNECT:
            self._join(socket, namespace, packet.data)
        elif not socket.joined:
            return
        elif kind == ACK:
            ack = self._handle_ack(socket.id, namespace, packet.id, packet.data)
            self._in_order(socket, ack)
        elif namespace == NAMESPACE:
            reason = self.reason.CLIENT_DISCONNECT
            self._in_order(socket, self._handle_disconnect(socket.id, namespace, reason))

    # Events.

    def _event(self, socket: EngineSocket, number: int | None, data: list[Any]) -> None:
        if not socket.joined:
            self._refuse_event(socket, number, NAMESPACE)
            return
        handlers = self.handlers[NAMESPACE]
        handler = handlers.get(data[0])
        if handler is None:
            answer = handlers["*"](data[0], socket.sid, *data[1:])
        else:
            answer = handler(socket.sid, *data[1:])
        if type(answer) is dict:  # the most frequent, and the others are slow to tell
            self._answer(socket, number, answer)
        elif isinstance(answer, Later):
            answer.then(partial(self._answer, socket, number))
        elif isinstance(answer, Coroutine):
            work = self._answer_when_done(socket, number, answer)
            self.tasks.start(self._guarded(socket, work), f"event-{data[0][:32]}")
        else:
            self._answer(socket, number, answer)

    def _refuse_event(self, socket: EngineSocket, number: int | None, namespace: str) -> None:
        """An event before, or instead of, joining: python-socketio would not answer it."""
        self._strike(socket)
        if number is not None:
            socket.send(message(not_signed_in(number, namespace)))

    async def _answer_when_done(
        self, socket: EngineSocket, number: int | None, work: Coroutine[Any, Any, Any]
    ) -> None:
        self._answer(socket, number, await work)

    def _answer(self, socket: EngineSocket, number: int | None, answer: Any) -> None:
        if number is not None and socket.ended is None:
            socket.answer(acknowledgement(number, answer))

    # Joining and leaving.

    def _join(self, socket: EngineSocket, namespace: str, auth: Any) -> None:
        if namespace != NAMESPACE:
            self._strike(socket)
            socket.send(message(no_such(namespace)))
        elif socket.sid is not None:
            self._strike(socket)  # a second CONNECT would take the first one's place and leak it
        else:
            self._in_order(socket, self._let_in(socket, auth))

    async def _let_in(self, socket: EngineSocket, auth: Any) -> None:
        try:
            await self._handle_connect(socket.id, NAMESPACE, auth)
        except NotNowError:
            await self.manager.disconnect(socket.sid, NAMESPACE)
            self.cut_off(socket, "not now")
            return
        if socket.joined and socket.closed:
            # It went while its token was checked, when python-socketio does not see it go.
            await self._handle_disconnect(socket.id, NAMESPACE, socket.ended)
        elif socket.joined and socket.sid and self.after_connect:
            socket.join_by = None
            self.environ[socket.id] = NO_LONGER_KEPT
            await self.after_connect(socket.sid)

    async def disconnect(
        self, sid: str, namespace: str | None = None, ignore_queue: bool = False
    ) -> None:
        """Take a client out of the namespace; one that does not go by itself is cut off."""
        socket = self.manager.socket(sid)
        await super().disconnect(sid, namespace, ignore_queue)
        if socket is not None:
            self._expect_join(socket)

    async def _handle_disconnect(
        self, eio_sid: str, namespace: str | None, reason: str | None = None
    ) -> None:
        await super()._handle_disconnect(eio_sid, namespace, reason)
        if (socket := self.eio.sockets.get(eio_sid)) is not None:
            self._expect_join(socket)

    def _expect_join(self, socket: EngineSocket) -> None:
        socket.join_by = asyncio.get_running_loop().time() + self._join_within_s

    async def _send_packet(self, eio_sid: str, packet: EventPacket) -> None:
        """Send what python-socketio says by itself; a greeting has what recovery adds to it."""
        if packet.packet_type == CONNECT:
            packet.data = {**packet.data, **self.manager.greeting(packet.data["sid"])}
        if (socket := self.eio.sockets.get(eio_sid)) is not None:
            socket.send(message(packet.encode()))

    async def _send_eio_packet(self, eio_sid: str, packet: Packet) -> None:
        await self.eio.send_packet(eio_sid, packet)

    # The end of clients that mean harm.

    def _strike(self, socket: EngineSocket) -> None:
        socket.strikes += 1
        if socket.strikes >= MAX_STRIKES:
            self.cut_off(socket, "bad frames")

    def cut_off(self, socket: EngineSocket, why: str) -> None:
        """End the session of one client at once, without waiting for it to read."""
        if not socket.closed:
            log.info("socket cut off", eio=socket.id, why=why)
            socket.abort(self.reason.SERVER_DISCONNECT)

    # Tasks.

    def _in_order(self, socket: EngineSocket, work: Coroutine[Any, Any, None]) -> None:
        """Do something that takes time before the next packet of the socket is looked at."""
        socket.pause()
        joining = self.tasks.start(self._guarded(socket, work), f"join-{socket.id}")
        joining.add_done_callback(lambda _task: socket.resume())

    async def _guarded(self, socket: EngineSocket, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:
            log.exception("unexpected error")
            self.cut_off(socket, "unexpected error")
