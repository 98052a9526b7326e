"""Fan-out: an event is encoded once and reaches every member of a topic, on every process."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Iterable
from typing import Any

import orjson
import socketio
import structlog
from engineio import packet as engine_packet
from socketio import packet

from realtime.bus import Bus
from realtime.message import CONTROL, Heard, Message
from realtime.packet import EventPacket
from realtime.recoverable import with_offset
from realtime.recovery import Recovery

NAMESPACE = "/"
RESUMED = "resumed"  # obeyed by a process that may have missed something
log = structlog.get_logger(__name__)

Control = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]


class FanOutManager(socketio.AsyncManager):  # type: ignore[misc]
    """Knows the topics of this process' sockets; the bus brings what any process says to them."""

    def __init__(self, bus: Bus, recovery: Recovery) -> None:
        super().__init__()
        self.bus = bus
        self.recovery = recovery
        self._controls: dict[str, list[Control]] = defaultdict(list)
        self._running: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to hear the bus."""
        await self.bus.start(self._receive, lambda: self._obey({"kind": RESUMED}))
        await self.bus.listen([CONTROL])
        self.bus.entered(CONTROL)

    async def close(self) -> None:
        """Stop hearing; what was begun is ended."""
        await self.bus.close()
        for task in self._running:
            task.cancel()

    def is_alive(self) -> bool:
        """Whether what is published is also received."""
        return self.bus.is_alive()

    def on_control(self, kind: str, control: Control) -> None:
        """Have `control` run on every process when a message of `kind` is published."""
        self._controls[kind].append(control)

    def control(self, kind: str, **data: Any) -> None:
        """Ask every process, this one included, to do `kind`."""
        self.bus.publish(Message(CONTROL, orjson.dumps({"kind": kind, **data}).decode()))

    def publish(
        self,
        room: str,
        event: str,
        data: Any,
        *,
        except_room: str | None = None,
        order: tuple[str, int] | None = None,
    ) -> None:
        """Say `event` to `room` everywhere, but not to sockets that are in `except_room` too.

        `order` is a stream's name and a number in it: members hear the stream in that order.
        """
        self.bus.publish(Message(room, encode(event, data), except_room, order))

    def say_here(self, room: str, event: str, data: Any) -> None:
        """Say `event` to this process' sockets in `room`."""
        joining = self.recovery.joining
        members = self._members(room).items()
        self._send(encode(event, data), [eio_sid for sid, eio_sid in members if sid not in joining])

    async def listen(self, topics: Collection[str]) -> set[str]:
        """Hear topics; to be awaited before a socket enters them. Gives those that are new."""
        return await self.bus.listen(topics)

    def begin(self, stream: str, last: int) -> None:
        """Members of this process know the stream up to `last`: what follows is new."""
        self.bus.receiver.begin(stream, last)

    def sids(self, room: str) -> list[str]:
        """The sockets of this process in `room`."""
        return list(self._members(room))

    def topics(self, prefix: str) -> list[str]:
        """The topics of that kind which sockets of this process hear."""
        rooms = self.rooms.get(NAMESPACE, {})
        return [name for name in rooms if name is not None and name.startswith(prefix)]

    def basic_enter_room(
        self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None
    ) -> None:
        """Put a socket into a topic (python-socketio's own rooms have no colon)."""
        super().basic_enter_room(sid, namespace, room, eio_sid)
        if room is not None and ":" in room:
            self.bus.entered(room)
            self.recovery.entered(sid, room)

    def basic_leave_room(self, sid: str, namespace: str, room: str | None) -> None:
        """Take a socket out of a topic."""
        super().basic_leave_room(sid, namespace, room)
        if room is not None and ":" in room:
            self.recovery.left(sid, room)
            if not self._members(room):
                self.bus.deserted(room)

    def basic_disconnect(self, sid: str, namespace: str, **kwargs: Any) -> None:
        """Take a socket out of everything."""
        self.recovery.close(sid)
        super().basic_disconnect(sid, namespace, **kwargs)

    def greeting(self, sid: str) -> dict[str, str]:
        """What stands beside `sid` in the answer to a client that joins."""
        return self.recovery.greeting(sid)

    def catch_up(self, sid: str) -> None:
        """Say to a recovered socket all that it missed; from here on it hears like all others.

        Of any other socket there is nothing to be said.
        """
        if sid not in self.recovery.joining:
            return
        eio_sid = self.eio_sid_from_sid(sid, NAMESPACE)
        said = self.recovery.release(sid)
        if said is None:
            self.server.cut_off(eio_sid, "too much to be told")
        for encoded in said or ():
            self._send(encoded, [eio_sid])

    def _receive(self, heard: Heard) -> None:
        if heard.message.topic == CONTROL:
            self._obey(orjson.loads(heard.message.packet))
        else:
            self._deliver(heard)

    def _obey(self, message: dict[str, Any]) -> None:
        for control in self._controls.get(message["kind"], ()):
            name = f"bus-{message['kind']}"
            task = asyncio.get_running_loop().create_task(control(message), name=name)
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("control failed", task=task.get_name(), error=type(error).__name__)

    def _deliver(self, heard: Heard) -> None:
        """Say it to the topic's sockets; those that may be recovered are told its place, too."""
        message = heard.message
        spared = self._members(message.spared) if message.spared else {}
        members = self._members(message.topic)
        if spared or self.recovery.sockets:
            self._deliver_to_each(
                heard, [each for each in members.items() if each[0] not in spared]
            )
        else:
            self._send(message.packet, members.values())

    def _deliver_to_each(self, heard: Heard, members: Iterable[tuple[str, str]]) -> None:
        plain, placed = [], []
        for sid, eio_sid in members:
            if sid not in self.recovery.sockets:
                plain.append(eio_sid)
            elif not self.recovery.collect(sid, heard):
                placed.append(eio_sid)
        self._send(heard.message.packet, plain)
        if placed:
            self._send(with_offset(heard.message.packet, self.recovery.offset()), placed)

    def _send(self, encoded: str, eio_sids: Iterable[str]) -> None:
        """Queue an encoded event for each of the sockets."""
        frame = engine_packet.Packet(engine_packet.MESSAGE, encoded)
        sockets = self.server.eio.sockets
        for eio_sid in eio_sids:
            socket = sockets.get(eio_sid)
            if socket is not None and not socket.closed:
                socket.queue.put_nowait(frame)

    def _members(self, room: str) -> dict[str, str]:
        members: dict[str, str] = self.rooms.get(NAMESPACE, {}).get(room, {})
        return members


def encode(event: str, data: Any) -> str:
    """An event as it goes over the wire, within an Engine.IO message."""
    encoded: str = EventPacket(packet.EVENT, [event, data]).encode()
    return encoded
