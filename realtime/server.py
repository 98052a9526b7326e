"""python-socketio's server, made safe against clients that mean harm or simply hang."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, ClassVar

import engineio
import socketio
import structlog
from aiohttp import WSMsgType, web
from socketio.packet import ACK

from realtime.outbox import Outbox
from realtime.packet import EventPacket, RefusedFrameError

MAX_FRAME_BYTES = 64 * 1024
MAX_STRIKES = 8
JOIN_WITHIN_S = 10.0
SEND_BUFFER_BYTES = 256 * 1024
ENGINE_PACKETS = frozenset({"", "0", "1", "2", "3", "4", "5", "6"})

log = structlog.get_logger(__name__)

# When the frame arrived that is being handled: set before anything else is done with it.
received_at_ms: ContextVar[float] = ContextVar("received_at_ms")


class WebSocket:
    """Engine.IO's websocket on aiohttp: no compression, a bound below aiohttp's, a way to abort."""

    def __init__(self, handler: Any, server: Any) -> None:
        self._handler = handler
        self._server = server

    async def __call__(self, environ: dict[str, Any]) -> web.WebSocketResponse:
        request: web.Request = environ["aiohttp.request"]
        self._socket = web.WebSocketResponse(
            max_msg_size=self._server.max_http_buffer_size, compress=False
        )
        await self._socket.prepare(request)
        transport = request.transport
        if transport is not None and (tcp := transport.get_extra_info("socket")) is not None:
            # Left to itself, the kernel takes 4 MiB for a client that does not read.
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        # The Engine.IO socket, so that one that does not read can be cut off.
        self._handler.__self__.tcp = transport
        await self._handler(self)
        return self._socket

    async def close(self) -> None:
        await self._socket.close()

    async def send(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            await self._socket.send_bytes(message)
        else:
            await self._socket.send_str(message)

    async def wait(self) -> str | bytes:
        message = await self._socket.receive()
        if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
            raise OSError("The websocket has ended.")
        data: str | bytes = message.data
        if isinstance(data, str) and data[:1] not in ENGINE_PACKETS:
            raise OSError("Not a packet of Engine.IO.")  # which would leak the socket over it
        return data


class EngineServer(engineio.AsyncServer):  # type: ignore[misc]
    """Engine.IO with our websocket in place of the driver's."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._async: dict[str, Any] = {**self._async, "websocket": WebSocket}


class RealtimeServer(socketio.AsyncServer):  # type: ignore[misc]
    """Counts bad frames, cuts off who does not read, drops who never joins."""

    options: ClassVar[dict[str, Any]] = {
        "async_mode": "aiohttp",
        "serializer": EventPacket,
        "max_http_buffer_size": MAX_FRAME_BYTES,
        "logger": False,
        "engineio_logger": False,
        "http_compression": False,
    }

    def __init__(
        self,
        *,
        manager: socketio.AsyncManager,
        now_ms: Callable[[], float],
        origins: list[str] | str | None,
        join_within_s: float = JOIN_WITHIN_S,
    ) -> None:
        # None is python-socketio's word for "the same origin only".
        super().__init__(client_manager=manager, cors_allowed_origins=origins, **self.options)
        self._now_ms = now_ms
        self._join_within_s = join_within_s
        self._strikes: dict[str, int] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self.after_connect: Callable[[str], Awaitable[None]] | None = None

    def _engineio_server_class(self) -> type[EngineServer]:
        return EngineServer

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        await super()._handle_eio_connect(eio_sid, environ)
        self._bound(eio_sid)
        self._expect_join(eio_sid)

    async def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        received_at_ms.set(self._now_ms())
        try:
            await super()._handle_eio_message(eio_sid, data)
        except RefusedFrameError:
            self._strike(eio_sid)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        self._strikes.pop(eio_sid, None)
        await super()._handle_eio_disconnect(eio_sid, reason)

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        if self.manager.sid_from_eio_sid(eio_sid, namespace or "/") is not None:
            self._strike(eio_sid)  # a second CONNECT would take the first one's place and leak it
            return
        await super()._handle_connect(eio_sid, namespace, data)
        sid = self.manager.sid_from_eio_sid(eio_sid, "/")
        engine_socket = self.eio.sockets.get(eio_sid)
        if engine_socket is None or engine_socket.closed:
            # It went while its token was checked, when python-socketio does not see it go.
            await super()._handle_disconnect(eio_sid, namespace, "transport close")
        elif self.after_connect and sid and self.manager.is_connected(sid, "/"):
            await self.after_connect(sid)

    async def _handle_event(
        self, eio_sid: str, namespace: str | None, id: int | None, data: list[Any]
    ) -> None:
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace or "/")
        if not self.manager.is_connected(sid, namespace or "/"):
            # An event before, or instead of, joining: python-socketio would not answer it.
            self._strike(eio_sid)
            refusal = {"success": False, "error": "You are not signed in.", "code": "unauthorized"}
            if id is not None:
                answer = EventPacket(ACK, namespace=namespace, id=id, data=[refusal])
                await self._send_packet(eio_sid, answer)
            return
        await super()._handle_event(eio_sid, namespace, id, data)

    async def _handle_disconnect(
        self, eio_sid: str, namespace: str | None, reason: str | None = None
    ) -> None:
        await super()._handle_disconnect(eio_sid, namespace, reason)
        self._expect_join(eio_sid)

    def _bound(self, eio_sid: str) -> None:
        """Put a bounded queue in the place of Engine.IO's, before anybody waits on it."""
        engine_socket = self.eio.sockets[eio_sid]
        outbox = Outbox(lambda: self.cut_off(eio_sid, "unread"))
        while not engine_socket.queue.empty():
            outbox.put_nowait(engine_socket.queue.get_nowait())
        engine_socket.queue = outbox

    def _expect_join(self, eio_sid: str) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(self._join_within_s, self._cut_off_unjoined, eio_sid)

    def _cut_off_unjoined(self, eio_sid: str) -> None:
        if self.manager.sid_from_eio_sid(eio_sid, "/") is None:
            self.cut_off(eio_sid, "not joined")

    def _strike(self, eio_sid: str) -> None:
        self._strikes[eio_sid] = strikes = self._strikes.get(eio_sid, 0) + 1
        if strikes >= MAX_STRIKES:
            self.cut_off(eio_sid, "bad frames")

    def cut_off(self, eio_sid: str, why: str) -> None:
        """End the transport of one client at once, without waiting for it to read."""
        engine_socket = self.eio.sockets.get(eio_sid)
        if engine_socket is None or engine_socket.closed:
            return
        log.info("socket cut off", eio=eio_sid, why=why)
        abort = _abort(engine_socket)
        task = asyncio.get_running_loop().create_task(abort, name=f"cut-off-{eio_sid}")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def close_transports(self) -> None:
        """End every transport so that clients reconnect by themselves (unlike `disconnect`)."""
        for engine_socket in list(self.eio.sockets.values()):
            engine_socket.queue.put_nowait(None)


async def _abort(engine_socket: Any) -> None:
    if (tcp := getattr(engine_socket, "tcp", None)) is not None:
        tcp.abort()
    await engine_socket.close(wait=False, abort=True, reason="transport error")
    engine_socket.queue.put_nowait(None)
