"""Who hears which room in this process: python-socketio's book-keeping, with cheap look-ups.

Its own searches all rooms when a socket goes, and keeps a two-way dictionary for each of them.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import socketio
from socketio.packet import EVENT

from realtime.engine_socket import EngineSocket
from realtime.outgoing import message
from realtime.packet import EventPacket

NAMESPACE = "/"


class Membership(socketio.AsyncManager):  # type: ignore[misc]
    """The sockets of this process and their rooms, all in the one namespace."""

    def __init__(self) -> None:
        super().__init__()
        self.rooms: dict[str, Any] = {
            NAMESPACE: {}
        }  # where python-socketio looks whether anybody is there at all
        self.members: dict[str, dict[str, EngineSocket]] = {}
        self._sockets: dict[str, EngineSocket] = {}
        self._sids: dict[str, str] = {}

    def get_namespaces(self) -> list[str]:
        """The namespaces that anybody may be in."""
        return [NAMESPACE]

    async def pre_connect(self, eio_sid: str, namespace: str) -> str | None:
        """Give a socket its `sid`; it is not yet in. None where it has one."""
        socket = self.server.eio.sockets[eio_sid]
        if eio_sid in self._sids:
            return None
        sid: str = self.server.eio.generate_id()
        socket.sid = self._sids[eio_sid] = sid
        self._sockets[sid] = socket
        return sid

    async def connect(self, sid: str, namespace: str) -> str:
        """The socket is in."""
        self._sockets[sid].joined = True
        return sid

    def is_pre_connected(self, sid: str, namespace: str) -> bool:
        """Whether the socket has asked to join, and has not been let in."""
        return sid in self._sockets and not self._sockets[sid].joined

    def is_connected(self, sid: str | None, namespace: str) -> bool:
        """Whether the socket is in, and not on its way out."""
        socket = self._sockets.get(sid) if sid else None
        return socket is not None and socket.joined

    def sid_from_eio_sid(self, eio_sid: str, namespace: str) -> str | None:
        """Socket.IO's name for a socket of Engine.IO."""
        return self._sids.get(eio_sid)

    def eio_sid_from_sid(self, sid: str, namespace: str) -> str | None:
        """The reverse."""
        socket = self._sockets.get(sid)
        return socket.id if socket is not None else None

    def socket(self, sid: str) -> EngineSocket | None:
        """The socket of that name."""
        return self._sockets.get(sid)

    def pre_disconnect(self, sid: str, namespace: str) -> str:
        """The socket is on its way out."""
        self._sockets[sid].joined = False
        return self._sockets[sid].id

    def basic_disconnect(self, sid: str, namespace: str, **_options: Any) -> None:
        """Forget a socket and the rooms it was in."""
        socket = self._sockets.pop(sid, None)
        if socket is None:
            return
        for room in list(socket.rooms or ()):
            self.leave(sid, room, socket)
        self.callbacks.pop(sid, None)
        socket.sid, socket.joined = None, False
        self._sids.pop(socket.id, None)

    def basic_enter_room(self, sid: str, namespace: str, room: str, **_options: Any) -> None:
        """Have a socket hear a room."""
        socket = self._sockets.get(sid)
        if socket is None:
            raise ValueError("sid is not connected to requested namespace")
        if socket.rooms is None:
            socket.rooms = set()
        socket.rooms.add(room)
        self.members.setdefault(room, {})[sid] = socket

    def basic_leave_room(self, sid: str, namespace: str, room: str) -> None:
        """Have a socket hear a room no more."""
        socket = self._sockets.get(sid)
        if socket is not None:
            self.leave(sid, room, socket)

    def leave(self, sid: str, room: str, socket: EngineSocket) -> None:
        """Take a socket out of a room, as all ways out do."""
        if socket.rooms is not None:
            socket.rooms.discard(room)
        members = self.members.get(room)
        if members is not None and members.pop(sid, None) is not None and not members:
            del self.members[room]

    def basic_close_room(self, room: str, namespace: str) -> None:
        """Have nobody hear a room any more."""
        for sid in list(self.members.get(room, ())):
            self.basic_leave_room(sid, namespace, room)

    def get_participants(self, namespace: str, room: Any) -> Iterator[tuple[str, str]]:
        """The sockets in a room (or any of some rooms; None: all), by both of their names."""
        found: dict[str, EngineSocket] = {}
        for name in [room] if room is None or isinstance(room, str) else room:
            found |= self._in(name)
        yield from ((sid, socket.id) for sid, socket in found.items())

    def _in(self, room: str | None) -> dict[str, EngineSocket]:
        if room is None:
            return {sid: socket for sid, socket in self._sockets.items() if socket.joined}
        if room in self._sockets:
            return {room: self._sockets[room]}
        return self.members.get(room, {})

    async def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: Any = None,
        skip_sid: Any = None,
        callback: Any = None,
        to: Any = None,
        **options: Any,
    ) -> None:
        """python-socketio's `emit`, to this process' sockets: encoded once for all of them."""
        room = to or room
        if callback is not None:
            await super().emit(event, data, namespace, room, skip_sid, callback, **options)
            return
        skipped = skip_sid if isinstance(skip_sid, list) else [skip_sid]
        arguments = list(data) if isinstance(data, tuple) else [] if data is None else [data]
        out = message(EventPacket(EVENT, [event, *arguments]).encode())
        for sid, _ in self.get_participants(namespace, room):
            if sid not in skipped:
                self._sockets[sid].send(out)

    def get_rooms(self, sid: str, namespace: str) -> Iterable[str]:
        """The rooms that a socket hears."""
        socket = self._sockets.get(sid)
        return list(socket.rooms or ()) if socket is not None else []
