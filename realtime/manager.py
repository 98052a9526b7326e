"""Fan-out: an event is encoded once and reaches every member of a room, on every process."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from realtime.bus import Bus
from realtime.membership import Membership
from realtime.outgoing import message as outgoing
from realtime.packet import encode
from realtime.sequencer import Sequencer

log = structlog.get_logger(__name__)

Control = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]


class FanOutManager(Membership):
    """Knows the rooms of this process' sockets; the bus brings what other processes say to them."""

    def __init__(self, bus: Bus, sequencer: Sequencer) -> None:
        super().__init__()
        self._bus = bus
        self._sequencer = sequencer
        self._controls: dict[str, Control] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to hear the bus."""
        await self._bus.start(self._receive)

    async def close(self) -> None:
        """Stop hearing; what was begun is ended."""
        await self._bus.close()
        self._sequencer.close()
        for task in self._running:
            task.cancel()

    def is_alive(self) -> bool:
        """Whether what is published is also received."""
        return self._bus.is_alive()

    def on_control(self, kind: str, control: Control) -> None:
        """Have `control` run on every process when a message of `kind` is published."""
        self._controls[kind] = control

    def control(self, kind: str, **data: Any) -> None:
        """Ask every process, this one included, to do `kind`."""
        self._bus.publish({"kind": kind, **data})

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
        message = {"kind": "emit", "room": room, "packet": encode(event, data)}
        self._bus.publish({**message, "except": except_room, "order": order})

    def deliver(self, room: str, encoded: str, except_room: str | None = None) -> None:
        """Queue an encoded event for every socket of this process in `room`."""
        members = self.members.get(room)
        if not members:
            return
        out = outgoing(encoded)
        if not except_room:
            for socket in members.values():
                socket.send(out)
            return
        spared = self._in(except_room)
        for sid, socket in members.items():
            if sid not in spared:
                socket.send(out)

    def begin(self, stream: str, last: int) -> None:
        """Members of this process know the stream up to `last`: what follows need not wait."""
        self._sequencer.begin(stream, last)

    def sids(self, room: str) -> list[str]:
        """The sockets of this process in `room`."""
        return list(self.members.get(room, ()))

    def _receive(self, message: dict[str, Any]) -> None:
        if message["kind"] == "emit":
            self._receive_event(message)
        elif message["kind"] in self._controls:
            control = self._controls[message["kind"]](message)
            task = asyncio.get_running_loop().create_task(control, name=f"bus-{message['kind']}")
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("control failed", task=task.get_name(), error=type(error).__name__)

    def _receive_event(self, message: dict[str, Any]) -> None:
        room, encoded, spared = message["room"], message["packet"], message["except"]
        if message["order"] is None:
            self.deliver(room, encoded, spared)
        else:
            stream, number = message["order"]
            self._sequencer.accept(
                stream, number, lambda _stream: self.deliver(room, encoded, spared)
            )
