"""Engine.IO made safe: whole bodies, small polls, upgrades that fail, sockets that have ended."""

import asyncio
import socket
import sys
from typing import Any

import engineio
import structlog
from aiohttp import StreamReader, WSMsgType, web
from engineio.async_socket import AsyncSocket
from engineio.exceptions import (
    EngineIOError,
    QueueEmpty,
    SocketIsClosedError,
    UnknownPacketError,
)
from engineio.packet import NOOP, Packet

from realtime.body import read_at_most

SEND_BUFFER_BYTES = 256 * 1024
POLL_PACKETS = 16  # more in one answer, and python-socketio's client hangs up
SEPARATOR = "\x1e"

log = structlog.get_logger(__name__)


class BadBodyError(ValueError):
    """A polling client's body that is no list of packets, or too large a one."""


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
        if data[:1] == "b":
            raise OSError("Base64 is for polling.")
        return data


class EngineSocket(AsyncSocket):  # type: ignore[misc]
    """One client's transport. `tcp` is its websocket's connection, once there is one."""

    tcp: asyncio.Transport | None = None
    polled = False

    async def poll(self) -> list[Packet]:
        """Wait for packets to send; of polling, no more than any client takes at once."""
        try:
            async with asyncio.timeout(self.server.ping_interval + self.server.ping_timeout):
                packets = [await self.queue.get()]
        except (TimeoutError, asyncio.CancelledError):
            raise QueueEmpty from None
        most = sys.maxsize if self.upgraded else POLL_PACKETS
        while packets[-1] is not None and len(packets) < most and not self.queue.empty():
            packets.append(self.queue.get_nowait())
        for _ in packets:
            self.queue.task_done()
        if packets[-1] is None:
            packets.pop()
            if packets:
                self.queue.put_nowait(None)  # the end is the next poll's
        return packets

    async def receive(self, packet: Packet) -> None:
        """Take a packet, but none of a client that has left."""
        if packet.packet_type > NOOP:
            raise UnknownPacketError
        if not (self.closing or self.closed):
            await super().receive(packet)
        if self.closing or self.closed:
            raise SocketIsClosedError

    async def handle_get_request(self, environ: dict[str, Any]) -> Any:
        """Answer a poll, or take over a websocket. A transport that has ended answers `[]`."""
        if "HTTP_UPGRADE" in environ:
            return await super().handle_get_request(environ)
        if self.polled:
            # The poll before broke off unnoticed, and would swallow what is said next.
            await self.end()
            return []
        self.polled = True
        try:
            packets = await super().handle_get_request(environ)
        finally:
            self.polled = False
        if not packets or has_gone(environ["aiohttp.request"]):
            await self.end()
            return []
        return packets

    async def handle_post_request(self, environ: dict[str, Any]) -> None:
        """Take a polling client's packets; a body that holds none ends the client."""
        try:
            body = await read_body(environ["wsgi.input"], self.server.max_http_buffer_size)
            for packet in decode(body):
                await self.receive(packet)
        except (BadBodyError, EngineIOError):
            await self.end()

    async def end(self) -> None:
        """Close at once; the client notices by itself."""
        await self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_ERROR)
        self.queue.put_nowait(None)

    async def _websocket_handler(self, websocket: WebSocket) -> None:
        try:
            await super()._websocket_handler(websocket)
        except (ValueError, RecursionError):
            log.debug("not a packet of Engine.IO")
            if self.upgraded:
                await self.end()
        finally:
            # Else a probe that came to nothing leaves its client without a word for ever.
            self.upgrading = False


class EngineServer(engineio.AsyncServer):  # type: ignore[misc]
    """Engine.IO with our websocket in place of the driver's; our own page may always connect."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._async: dict[str, Any] = {**self._async, "websocket": WebSocket}

    def _cors_allowed_origins(self, environ: dict[str, Any]) -> list[str] | None:
        allowed: list[str] | None = super()._cors_allowed_origins(environ)
        return None if allowed is None else [*allowed, *own_origins(environ)]


def has_gone(request: web.Request) -> bool:
    """Whether nobody is there to read the answer."""
    return request.transport is None or request.transport.is_closing()


def own_origins(environ: dict[str, Any]) -> list[str]:
    """The origin of a page that this very server sent, as its browser writes it."""
    scheme = environ["wsgi.url_scheme"].split(",")[0].strip()
    hosts = (environ.get(name) for name in ("HTTP_HOST", "HTTP_X_FORWARDED_HOST"))
    return [f"{scheme}://{host.split(',')[0].strip()}" for host in hosts if host]


async def read_body(stream: StreamReader, most_bytes: int) -> str:
    """A whole body as text; `BadBodyError` where it is none, or too large."""
    try:
        body = await read_at_most(stream, most_bytes)
        if body is None:
            raise BadBodyError("The body is too large.")
        return body.decode()
    except (UnicodeDecodeError, web.RequestPayloadError) as error:
        raise BadBodyError("The body is no text.") from error


def decode(body: str) -> list[Packet]:
    """The packets of a polling client's body, however many: their bytes are bounded."""
    try:
        return [Packet(encoded_packet=part) for part in body.split(SEPARATOR)] if body else []
    except (ValueError, RecursionError) as error:
        raise BadBodyError("Not packets of Engine.IO.") from error
