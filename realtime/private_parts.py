"""All that we lean on of our libraries' insides, in one place.

None of it is promised: the versions are pinned, and `tests/test_private_parts.py` fails when a new
one has another form of it, or when something that we use is not named here.
"""

import inspect
from typing import Any

import engineio
import socketio
from aiohttp._websocket.helpers import websocket_mask as mask
from aiohttp.web_protocol import RequestHandler
from redis._parsers.hiredis import NOT_ENOUGH_DATA

__all__ = ["PARTS", "VERSIONS", "already_read", "mask"]

VERSIONS = {
    "python-socketio": "5.18.1",
    "python-engineio": "4.15.1",
    "aiohttp": "3.14.5",
    "redis": "8.1.0",
}

# What is called or replaced, with the arguments for which our side was written.
PARTS: dict[tuple[Any, str], str] = {
    (mask, ""): "(mask, data)",
    (RequestHandler, "connection_lost"): "(self, exc)",
    (socketio.AsyncServer, "_engineio_server_class"): "(self)",
    (socketio.AsyncServer, "_handle_connect"): "(self, eio_sid, namespace, data)",
    (socketio.AsyncServer, "_handle_disconnect"): "(self, eio_sid, namespace, reason)",
    (socketio.AsyncServer, "_handle_eio_disconnect"): "(self, eio_sid, reason)",
    (socketio.AsyncServer, "_handle_ack"): "(self, eio_sid, namespace, id, data)",
    (socketio.AsyncServer, "_send_packet"): "(self, eio_sid, pkt)",
    (socketio.AsyncServer, "_send_eio_packet"): "(self, eio_sid, eio_pkt)",
    (socketio.AsyncManager, "pre_connect"): "(self, eio_sid, namespace)",
    (socketio.AsyncManager, "connect"): "(self, sid, namespace)",
    (socketio.AsyncManager, "disconnect"): "(self, sid, namespace, kwargs)",
    (socketio.AsyncManager, "enter_room"): "(self, sid, namespace, room, eio_sid)",
    (socketio.AsyncManager, "basic_enter_room"): "(self, sid, namespace, room, eio_sid)",
    (socketio.AsyncManager, "basic_leave_room"): "(self, sid, namespace, room)",
    (socketio.AsyncManager, "basic_close_room"): "(self, room, namespace)",
    (socketio.AsyncManager, "basic_disconnect"): "(self, sid, namespace, kwargs)",
    (socketio.AsyncManager, "pre_disconnect"): "(self, sid, namespace)",
    (socketio.AsyncManager, "is_connected"): "(self, sid, namespace)",
    (socketio.AsyncManager, "is_pre_connected"): "(self, sid, namespace)",
    (socketio.AsyncManager, "sid_from_eio_sid"): "(self, eio_sid, namespace)",
    (socketio.AsyncManager, "eio_sid_from_sid"): "(self, sid, namespace)",
    (socketio.AsyncManager, "get_participants"): "(self, namespace, room)",
    (socketio.AsyncManager, "get_rooms"): "(self, sid, namespace)",
    (socketio.AsyncManager, "get_namespaces"): "(self)",
    (engineio.AsyncServer, "generate_id"): "(self)",
    (engineio.AsyncServer, "attach"): "(self, app, engineio_path)",
    (engineio.AsyncServer, "send"): "(self, sid, data)",
    (engineio.AsyncServer, "send_packet"): "(self, sid, pkt)",
    (engineio.AsyncServer, "disconnect"): "(self, sid)",
    (engineio.AsyncServer, "transport"): "(self, sid)",
}


def form(owner: Any, name: str) -> str:
    """The names of the arguments that a part takes, as in `PARTS`."""
    part = getattr(owner, name) if name else owner
    return f"({', '.join(inspect.signature(part).parameters)})"


def already_read(connection: Any) -> list[Any]:
    """What a connection to Redis has read and not given yet.

    Asked for one by one, each costs as much as a message's own way through a process.
    """
    gets = connection._parser._reader.gets  # noqa: SLF001
    frames = []
    while (frame := gets()) is not NOT_ENOUGH_DATA:
        frames.append(frame)
    return frames
