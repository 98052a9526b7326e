"""Engine.IO 4 in the place of the library's own: sessions over polling and websockets.

python-socketio sees an `engineio.AsyncServer`; the wire is ours.
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

import engineio
import orjson
from aiohttp import web
from engineio.packet import Packet

from realtime.cork import Cork
from realtime.engine_socket import TRANSPORT_ERROR, EngineSocket
from realtime.listeners import EngineListener
from realtime.neighbours import Neighbours
from realtime.outgoing import CLOSE, Outgoing
from realtime.probe import Probe
from realtime.requests import as_sent, read_text
from realtime.upgrade import Head, Origins, RefusedUpgradeError, accept, bound_send_buffer
from realtime.websocket import WebSocket

PATH = "/socket.io/"
BEAT_S = 0.25
UNKNOWN_TRANSPORT, UNKNOWN_SESSION, BAD_METHOD, BAD_REQUEST, FORBIDDEN, BAD_VERSION = range(6)


class Engine(engineio.AsyncServer):  # type: ignore[misc]
    """All sessions of this process. `beat()` has to run for pings and time limits."""

    listener: EngineListener
    heard: Callable[[EngineSocket, bytes | None], None]  # the listener's, without a detour
    neighbours: Neighbours | None = None
    stopping = False

    def __init__(
        self, *, origins: Origins, join_within_s: float, worker: int = 0, **options: Any
    ) -> None:
        super().__init__(**options)
        self._worker = worker
        self.cork = Cork()
        self.sockets: dict[str, EngineSocket] = {}
        self._origins = origins
        self._join_within_s = join_within_s

    def tell(self, listener: EngineListener) -> None:
        """Tell `listener` what happens from now on."""
        self.listener, self.heard = listener, listener.heard

    async def beat(self) -> None:
        """Ping who is to be pinged, end who does not answer or never joins; for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(BEAT_S)
            now = loop.time()
            for socket in list(self.sockets.values()):
                socket.beat(now)
                if socket.sid is None and socket.join_by is not None and now >= socket.join_by:
                    self.listener.cut_off(socket, "not joined")

    def take_no_more(self) -> None:
        """Read nothing more of any client: what has been read is still answered."""
        self.stopping = True
        for socket in self.sockets.values():
            socket.pause()

    def close_transports(self) -> None:
        """End every session so that clients reconnect by themselves (unlike `disconnect`)."""
        for socket in list(self.sockets.values()):
            socket.end(self.reason.SERVER_DISCONNECT)

    # What sessions tell of themselves.

    def ended(self, socket: EngineSocket, reason: str) -> None:
        self.sockets.pop(socket.id, None)
        self.listener.ended(socket, reason)

    def overflowed(self, socket: EngineSocket) -> None:
        self.listener.overflowed(socket)

    # What python-socketio asks for.

    def attach(self, app: web.Application, _path: str = PATH) -> None:
        """Serve what is no websocket from its beginning: polling, upgrades on kept connections."""
        app.router.add_route("*", PATH, self.handle_request)

    async def send(self, sid: str, data: str | bytes) -> None:
        """Send a message to a session."""
        await self.send_packet(sid, Packet(4, data))

    async def send_packet(self, sid: str, packet: Packet) -> None:
        """Send a packet to a session; none to one that has ended."""
        if (socket := self.sockets.get(sid)) is not None:
            socket.send(Outgoing(packet.encode().encode()))

    async def disconnect(self, sid: str | None = None) -> None:
        """End a session, or all of them."""
        for socket in [self.sockets.get(sid)] if sid else list(self.sockets.values()):
            if socket is not None:
                socket.end(self.reason.SERVER_DISCONNECT, CLOSE)

    def transport(self, sid: str) -> str:
        """Which transport a session has at the moment."""
        return "websocket" if self.sockets[sid].upgraded else "polling"

    # Websockets.

    def open_websocket(self, head: Head, transport: asyncio.Transport, rest: bytes = b"") -> None:
        """Make a websocket of the connection on which `head` came; refused, it raises."""
        query = self._check(head.headers, head.query)
        if query["transport"] != "websocket":
            raise RefusedUpgradeError("This transport is not known.", code=UNKNOWN_TRANSPORT)
        answer = accept(head)
        sid = query.get("sid")
        carried = self._polling(sid) if sid is not None else None
        bound_send_buffer(transport)
        websocket = WebSocket(transport, self.cork, self.max_http_buffer_size)
        transport.set_protocol(websocket)
        transport.write(answer)
        if carried is not None:
            websocket.begin(Probe(carried, websocket), rest)
            return
        socket = self._open(head.environ(), [])
        websocket.begin(socket)
        socket.carry(websocket)
        if rest:
            websocket.data_received(rest)

    def _polling(self, sid: str) -> EngineSocket:
        socket = self.sockets.get(sid)
        if socket is None:
            raise RefusedUpgradeError("This session is not known.", code=UNKNOWN_SESSION)
        if socket.upgraded:
            raise RefusedUpgradeError("This session has a websocket.", code=BAD_REQUEST)
        return socket

    def _check(self, headers: Any, query: dict[str, str]) -> dict[str, str]:
        if not self._origins.admit(headers):
            raise RefusedUpgradeError("This page may not connect.", code=BAD_REQUEST)
        if query.get("EIO") != "4":
            raise RefusedUpgradeError("This takes Engine.IO's version 4.", code=BAD_VERSION)
        if query.get("transport") not in {"polling", "websocket"}:
            raise RefusedUpgradeError("This transport is not known.", code=UNKNOWN_TRANSPORT)
        return query

    def _open(self, environ: dict[str, str], upgrades: list[str]) -> EngineSocket:
        now = asyncio.get_running_loop().time()
        socket = EngineSocket(self, self._new_id(), now, now + self._join_within_s)
        self.sockets[socket.id] = socket
        greeting = {
            "sid": socket.id,
            "upgrades": upgrades,
            "pingInterval": int(self.ping_interval * 1000),
            "pingTimeout": int(self.ping_timeout * 1000),
            "maxPayload": self.max_http_buffer_size,
        }
        socket.send(Outgoing(b"0" + orjson.dumps(greeting)))
        self.listener.opened(socket, environ)
        return socket

    def _new_id(self) -> str:
        """A secret; of several workers it names the one that has the session."""
        secret: str = secrets.token_hex(16)
        return f"{self._worker}-{secret}" if self._worker else secret

    def owner_of(self, head: Head) -> int | None:
        """Which other worker has the session of which `head` speaks, if one has."""
        sid = head.query.get("sid")
        return self.neighbours.owner_of(sid) if self.neighbours and sid else None

    async def hand_over(self, transport: asyncio.Transport, read: bytes, owner: int) -> None:
        """Give a connection to the worker that has its session; refused, it raises."""
        if self.neighbours is None or not await self.neighbours.hand_over(transport, read, owner):
            raise RefusedUpgradeError("This session is not known.", code=UNKNOWN_SESSION)

    # Requests.

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        """Answer a request of a polling client, or make a websocket of its connection."""
        try:
            return await self._answer(request)
        except RefusedUpgradeError as refusal:
            body = {"code": refusal.code, "message": str(refusal)}
            return web.json_response(body, status=refusal.status, headers=refusal.headers)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        head = Head(request.method, request.raw_path, headers)
        if request.method == "OPTIONS" and self._origins.admit(headers):
            return self._respond(request, "")
        query = self._check(headers, head.query)
        if query["transport"] == "websocket":
            return await self._take_over(request, head)
        if request.method == "GET":
            return self._respond(request, await self._poll(request, head, query.get("sid")))
        if request.method != "POST" or "sid" not in query:
            raise RefusedUpgradeError("This method does not belong here.", code=BAD_METHOD)
        await self._post(request, self._polling(query["sid"]))
        return self._respond(request, "ok")

    async def _take_over(self, request: web.Request, head: Head) -> web.StreamResponse:
        """Make a websocket of a connection that has served other requests before."""
        transport, http = request.transport, request.protocol
        if transport is None:
            raise RefusedUpgradeError("The connection has gone.")
        owner = self.owner_of(head)
        if owner is None:
            self.open_websocket(head, transport)
        else:
            transport.pause_reading()
            await self.hand_over(transport, as_sent(request), owner)
        # For aiohttp the connection is over: it neither writes to it nor closes it.
        http.transport = None
        http.connection_lost(None)
        return web.Response()

    async def _poll(self, request: web.Request, head: Head, sid: str | None) -> str:
        socket = self._open(head.environ(), ["websocket"]) if sid is None else self._polling(sid)
        packets = await socket.poll()
        if packets is None:
            raise RefusedUpgradeError("Another poll is under way.")
        if request.transport is None or request.transport.is_closing():
            socket.end(TRANSPORT_ERROR)  # nobody is there to read the answer
        return packets

    async def _post(self, request: web.Request, socket: EngineSocket) -> None:
        async def read() -> str | None:
            return await read_text(request.content, self.max_http_buffer_size)

        if not await socket.post(read):
            raise RefusedUpgradeError("The body is no list of packets.")

    def _respond(self, request: web.Request, body: str) -> web.Response:
        headers = {"Cache-Control": "no-store", "Vary": "Origin"}
        if (origin := request.headers.get("Origin")) is not None:
            headers["Access-Control-Allow-Origin"] = origin
        if request.method == "OPTIONS":
            headers["Access-Control-Allow-Headers"] = "Content-Type"
            headers["Access-Control-Allow-Methods"] = "GET, POST"
        return web.Response(text=body, headers=headers)
