"""python-socketio's server, made safe against clients that mean harm or simply hang."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, ClassVar

import socketio
import structlog
from socketio.packet import ACK, CONNECT, CONNECT_ERROR

from realtime.engine import EngineServer, EngineSocket
from realtime.manager import NAMESPACE
from realtime.outbox import Outbox
from realtime.packet import EventPacket, RefusedFrameError

MAX_FRAME_BYTES = 64 * 1024
MAX_STRIKES = 8
JOIN_WITHIN_S = 10.0

log = structlog.get_logger(__name__)

# When the frame arrived that is being handled: set before anything else is done with it.
received_at_ms: ContextVar[float] = ContextVar("received_at_ms")


class NotNowError(Exception):
    """Nobody can be let in at the moment: a refusal would end the stock client's tries."""


class RealtimeServer(socketio.AsyncServer):  # type: ignore[misc]
    """Counts bad frames, cuts off who does not read, drops who never joins."""

    options: ClassVar[dict[str, Any]] = {
        "async_mode": "aiohttp",
        "serializer": EventPacket,
        "max_http_buffer_size": MAX_FRAME_BYTES,
        "logger": False,
        "engineio_logger": False,
        "http_compression": False,
        "cors_credentials": False,
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
        self._adopt(eio_sid)
        self._expect_join(eio_sid)

    async def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        received_at_ms.set(self._now_ms())
        try:
            # Of nothing, python-socketio would make an event without a name.
            await super()._handle_eio_message(eio_sid, data or "rubbish")
        except RefusedFrameError:
            self._strike(eio_sid)
        except Exception:
            # Engine.IO would swallow it, and the client wait for ever.
            log.exception("unexpected error")
            self.cut_off(eio_sid, "unexpected error")

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        await super()._handle_eio_disconnect(eio_sid, reason)
        self._strikes.pop(eio_sid, None)

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        if namespace not in {None, NAMESPACE}:
            await self._refuse_namespace(eio_sid, namespace)
            return
        if self.manager.sid_from_eio_sid(eio_sid, NAMESPACE) is not None:
            self._strike(eio_sid)  # a second CONNECT would take the first one's place and leak it
            return
        try:
            await super()._handle_connect(eio_sid, namespace, data)
        except NotNowError:
            sid = self.manager.sid_from_eio_sid(eio_sid, NAMESPACE)
            await self.manager.disconnect(sid, NAMESPACE)
            self.cut_off(eio_sid, "not now")
            return
        sid = self.manager.sid_from_eio_sid(eio_sid, NAMESPACE)
        engine_socket = self.eio.sockets.get(eio_sid)
        if engine_socket is None or engine_socket.closing or engine_socket.closed:
            # It went while its token was checked, when python-socketio does not see it go.
            await super()._handle_disconnect(eio_sid, namespace, "transport close")
        elif self.after_connect and self.manager.is_connected(sid, NAMESPACE):
            await self.after_connect(sid)

    async def _send_packet(self, eio_sid: str, pkt: Any) -> None:
        if pkt.packet_type == CONNECT:
            pkt.data = {**pkt.data, **self.manager.greeting(pkt.data["sid"])}
        await super()._send_packet(eio_sid, pkt)

    async def _refuse_namespace(self, eio_sid: str, namespace: str | None) -> None:
        self._strike(eio_sid)
        refusal = {"message": "There is no such namespace.", "data": {"code": "not_found"}}
        await self._send_packet(eio_sid, EventPacket(CONNECT_ERROR, refusal, namespace))

    async def disconnect(
        self, sid: str, namespace: str | None = None, ignore_queue: bool = False
    ) -> None:
        """Take a client out of the namespace; one that does not go by itself is cut off."""
        eio_sid = self.manager.eio_sid_from_sid(sid, namespace or NAMESPACE)
        await super().disconnect(sid, namespace, ignore_queue)
        if eio_sid is not None:
            self._expect_join(eio_sid)

    async def _handle_event(
        self, eio_sid: str, namespace: str | None, id: int | None, data: list[Any]
    ) -> None:
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace or NAMESPACE)
        if not self.manager.is_connected(sid, namespace or NAMESPACE):
            # An event before, or instead of, joining: python-socketio would not answer it.
            self._strike(eio_sid)
            refusal = {"success": False, "error": "You are not signed in.", "code": "unauthorized"}
            if id is not None:
                answer = EventPacket(ACK, namespace=namespace, id=id, data=[refusal])
                await self._send_packet(eio_sid, answer)
            return
        await super()._handle_event(eio_sid, namespace, id, data)

    async def _handle_event_internal(
        self, server: Any, sid: str, eio_sid: str, data: list[Any], namespace: str, id: int | None
    ) -> None:
        try:
            await super()._handle_event_internal(server, sid, eio_sid, data, namespace, id)
        except Exception:
            log.exception("unexpected error")
            self.cut_off(eio_sid, "unexpected error")

    async def _handle_disconnect(
        self, eio_sid: str, namespace: str | None, reason: str | None = None
    ) -> None:
        await super()._handle_disconnect(eio_sid, namespace, reason)
        self._expect_join(eio_sid)

    def _adopt(self, eio_sid: str) -> None:
        """Make a new socket ours, with a bounded queue, before anybody waits on it."""
        engine_socket = self.eio.sockets[eio_sid]
        engine_socket.__class__ = EngineSocket  # Engine.IO has no other way to name the class
        outbox = Outbox(lambda: self.cut_off(eio_sid, "unread"))
        while not engine_socket.queue.empty():
            outbox.put_nowait(engine_socket.queue.get_nowait())
        engine_socket.queue = outbox

    def _expect_join(self, eio_sid: str) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(self._join_within_s, self._cut_off_unjoined, eio_sid)

    def _cut_off_unjoined(self, eio_sid: str) -> None:
        if self.manager.sid_from_eio_sid(eio_sid, NAMESPACE) is None:
            self.cut_off(eio_sid, "not joined")

    def _strike(self, eio_sid: str) -> None:
        if eio_sid not in self.environ:
            return  # it has gone, and what is noted of it now would stay for ever
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


async def _abort(engine_socket: EngineSocket) -> None:
    if engine_socket.tcp is not None:
        engine_socket.tcp.abort()
    await engine_socket.end()
