"""Who sends an event: one signed-in socket."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from handlers.services import Services, user_channel
from handlers.turn import Turn
from models.user import User
from realtime.engine_socket import EngineSocket
from realtime.membership import NAMESPACE
from realtime.outgoing import message
from realtime.packet import encode
from schemas.base import Broadcast, dump


@dataclass(slots=True, eq=False)
class Caller:
    """A socket with its user. `turn` makes its events wait for each other."""

    services: Services
    sid: str
    socket: EngineSocket
    user: User
    session_id: UUID
    expires_at: datetime
    turn: Turn = field(default_factory=Turn)
    # When the frame of the event at hand arrived.
    received_at_ms: float = 0.0
    channels: list[str] = field(default_factory=list)
    room_ids: set[UUID] = field(default_factory=set)
    gone: bool = False
    # Of its token's end: whether it has been warned, and is being ended.
    warned: bool = False
    ending: bool = False
    expires_at_ms: float = field(init=False)

    def __post_init__(self) -> None:
        self.stay_until(self.expires_at)

    def stay_until(self, expires_at: datetime) -> None:
        """The access token ends then."""
        self.expires_at, self.expires_at_ms = expires_at, expires_at.timestamp() * 1000
        self.warned = False

    @property
    def now_ms(self) -> float:
        """The server's steady clock, in milliseconds."""
        return self.services.clock.now_ms()

    @property
    def now(self) -> datetime:
        """The same, as a date."""
        return self.services.now()

    def enter(self, channel: str) -> None:
        """Hear `channel` from now on."""
        if not self.gone:
            self.services.manager.basic_enter_room(self.sid, NAMESPACE, channel)

    def leave(self, channel: str) -> None:
        """Hear `channel` no more."""
        self.services.manager.basic_leave_room(self.sid, NAMESPACE, channel)

    def send(self, broadcast: type[Broadcast], value: Any) -> None:
        """Say something to this socket alone."""
        self.socket.send(message(encode(broadcast.event, dump(broadcast, value))))

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
        mine = [user_channel(self.user.id)] if others_only else []
        self.services.tell(channel, broadcast, value, spared=mine, order=order)
