"""Who sends an event: one signed-in socket."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from engineio import packet as engine_packet

from handlers.services import Services, user_channel
from models.user import User
from realtime.manager import NAMESPACE, encode
from realtime.server import received_at_ms
from schemas.base import Broadcast, dump


@dataclass(slots=True, eq=False)
class Caller:
    """A socket with its user. `turn` makes its events wait for each other."""

    services: Services
    sid: str
    eio_sid: str
    user: User
    session_id: UUID
    expires_at: datetime
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    channels: list[str] = field(default_factory=list)
    room_ids: set[UUID] = field(default_factory=set)
    timers: list[asyncio.TimerHandle] = field(default_factory=list)
    gone: bool = False

    @property
    def now_ms(self) -> float:
        """The server's steady clock, in milliseconds."""
        return self.services.clock.now_ms()

    @property
    def now(self) -> datetime:
        """The same, as a date."""
        return self.services.now()

    @property
    def received_at_ms(self) -> float:
        """When the frame of the event at hand arrived."""
        return received_at_ms.get()

    def enter(self, channel: str) -> None:
        """Hear `channel` from now on."""
        if not self.gone:
            self.services.manager.basic_enter_room(self.sid, NAMESPACE, channel)

    def leave(self, channel: str) -> None:
        """Hear `channel` no more."""
        self.services.manager.basic_leave_room(self.sid, NAMESPACE, channel)

    def send(self, broadcast: type[Broadcast], value: Any) -> None:
        """Say something to this socket alone."""
        self._queue(encode(broadcast.event, dump(broadcast, value)))

    def tell(
        self,
        channel: str,
        broadcast: type[Broadcast],
        value: Any,
        *,
        others_only: bool = False,
        order: tuple[str, int] | None = None,
    ) -> None:
        """Say something to all in `channel`; `others_only`: not to this user's own sockets."""
        mine = user_channel(self.user.id) if others_only else None
        self.services.tell(channel, broadcast, value, except_channel=mine, order=order)

    def _queue(self, encoded: str) -> None:
        socket = self.services.sio.eio.sockets.get(self.eio_sid)
        if socket is not None and not socket.closed:
            socket.queue.put_nowait(engine_packet.Packet(engine_packet.MESSAGE, encoded))
