"""Fan-out: an event is encoded once and reaches every member of a topic, on every process."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Iterable
from typing import Any

import orjson
import structlog

from realtime.bus import Bus
from realtime.engine_socket import EngineSocket
from realtime.membership import Membership
from realtime.message import CONTROL, Heard, Message
from realtime.outgoing import message as outgoing
from realtime.packet import encode
from realtime.recoverable import with_offset
from realtime.recovery import Recovery
from realtime.tasks import Tasks

RESUMED = "resumed"  # obeyed by a process that may have missed something
log = structlog.get_logger(__name__)

Control = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]


class FanOutManager(Membership):
    """Knows the topics of this process' sockets; the bus brings what any process says to them."""

    def __init__(self, bus: Bus, recovery: Recovery) -> None:
        super().__init__()
        self.bus = bus
        self.recovery = recovery
        self._controls: dict[str, list[Control]] = defaultdict(list)
        self._running = Tasks()

    async def start(self) -> None:
        """Begin to hear the bus."""
        await self.bus.start(self._receive, lambda: self._obey({"kind": RESUMED}))
        await self.bus.listen([CONTROL])
        self.bus.entered(CONTROL)

    async def close(self) -> None:
        """Stop hearing; what was begun is ended."""
        await self.bus.close()
        await self._running.end()

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
        spared: Collection[str] = (),
        order: tuple[str, int] | None = None,
    ) -> None:
        """Say `event` to `room` everywhere, but not to sockets that are in one of `spared` too.

        `order` is a stream's name and a number in it: members hear the stream in that order.
        """
        self.bus.publish(Message(room, encode(event, data), ",".join(spared) or None, order))

    def publish_each(self, rooms: Iterable[str], event: str, data: Any) -> None:
        """Say the same to each of the rooms: encoded once for all."""
        packet = encode(event, data)
        for room in rooms:
            self.bus.publish(Message(room, packet))

    def say_here(self, room: str, event: str, data: Any) -> None:
        """Say `event` to this process' sockets in `room`."""
        joining = self.recovery.joining
        members = self.members.get(room, {}).items()
        send(encode(event, data), [socket for sid, socket in members if sid not in joining])

    async def listen(self, topics: Collection[str]) -> set[str]:
        """Hear topics; to be awaited before a socket enters them. Gives those that are new."""
        return await self.bus.listen(topics)

    def begin(self, stream: str, last: int) -> None:
        """Members of this process know the stream up to `last`: what follows is new."""
        self.bus.receiver.begin(stream, last)

    def sids(self, room: str) -> list[str]:
        """The sockets of this process in `room`."""
        return list(self.members.get(room, ()))

    def topics(self, prefix: str) -> list[str]:
        """The topics of that kind which sockets of this process hear."""
        return [name for name in self.members if name.startswith(prefix)]

    def basic_enter_room(self, sid: str, namespace: str, room: str, **options: Any) -> None:
        """Put a socket into a topic (python-socketio's own rooms have no colon)."""
        super().basic_enter_room(sid, namespace, room, **options)
        if ":" in room:
            self.bus.entered(room)
            self.recovery.entered(sid, room)

    def leave(self, sid: str, room: str, socket: EngineSocket) -> None:
        """Take a socket out of a topic."""
        super().leave(sid, room, socket)
        if ":" in room:
            self.recovery.left(sid, room)
            if room not in self.members:
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
        socket, said = self.socket(sid), self.recovery.release(sid)
        if socket is None:
            return
        if said is None:
            self.server.cut_off(socket, "too much to be told")
        for encoded in said or ():
            socket.send(outgoing(encoded))

    def _receive(self, heard: Heard) -> None:
        if heard.message.topic == CONTROL:
            self._obey(orjson.loads(heard.message.packet))
        else:
            self._deliver(heard)

    def _obey(self, message: dict[str, Any]) -> None:
        for control in self._controls.get(message["kind"], ()):
            name = f"bus-{message['kind']}"
            self._running.start(control(message), name).add_done_callback(_report)

    def _deliver(self, heard: Heard) -> None:
        """Say it to the topic's sockets; those that may be recovered are told its place, too."""
        message = heard.message
        members = self.members.get(message.topic)
        if not members:
            return
        spared = {sid for each in message.spares for sid in self._in(each)}
        if spared or self.recovery.sockets:
            self._deliver_to_each(
                heard, [each for each in members.items() if each[0] not in spared]
            )
        else:
            send(message.packet, members.values())

    def _deliver_to_each(self, heard: Heard, members: Iterable[tuple[str, EngineSocket]]) -> None:
        plain, placed = [], []
        for sid, socket in members:
            if sid not in self.recovery.sockets:
                plain.append(socket)
            elif not self.recovery.collect(sid, heard):
                placed.append(socket)
        send(heard.message.packet, plain)
        if placed:
            send(with_offset(heard.message.packet, self.recovery.offset()), placed)


def send(encoded: str, sockets: Iterable[EngineSocket]) -> None:
    """Say an encoded event to each of the sockets: framed once for all of them."""
    out = outgoing(encoded)
    framed = out.framed
    for socket in sockets:
        if socket.websocket is not None:  # nearly all have one: a call less for each
            socket.websocket.send(framed)
        else:
            socket.send(out)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.warning("control failed", task=task.get_name(), error=type(error).__name__)
