"""What handlers and background tasks work with: built once by `server.py`, passed to all."""

import asyncio
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import redis.asyncio as redis

from config.clock import SteadyClock
from config.limits import Limiter
from config.settings import Settings
from models.attempts import Attempts
from models.audio import AudioWorkers, PictureWorkers
from models.encryption import Cipher
from models.errors import RateLimited
from models.media import MediaStore
from models.oauth.providers import Providers
from models.presence import Presence
from models.resumable_file import ResumableFiles
from models.signed_path import PathSigner
from models.token import TokenIssuer
from realtime.manager import FanOutManager
from realtime.server import RealtimeServer
from realtime.tasks import Tasks
from schemas.base import Broadcast, dump


@dataclass(slots=True)
class Services:
    """This process' parts."""

    settings: Settings
    clock: SteadyClock
    redis: "redis.Redis"
    limiter: Limiter
    tokens: TokenIssuer
    attempts: Attempts
    cipher: Cipher
    providers: Providers
    presence: Presence
    media: MediaStore
    workers: AudioWorkers
    picture_workers: PictureWorkers
    private_paths: PathSigner
    resumable: ResumableFiles
    manager: FanOutManager
    sio: RealtimeServer
    callers: dict[str, Any] = field(default_factory=dict)
    # Which room the server itself must act on, and when (ms): for the conductor.
    deadlines: asyncio.Queue[tuple[UUID, float]] = field(default_factory=asyncio.Queue)
    draining: asyncio.Event = field(default_factory=asyncio.Event)
    in_flight: int = 0
    tasks: Tasks = field(default_factory=Tasks)

    def now(self) -> datetime:
        """The server's clock, as a date."""
        return self.clock.now()

    def tell(
        self,
        channel: str,
        broadcast: type[Broadcast],
        value: Any,
        *,
        spared: Collection[str] = (),
        order: tuple[str, int] | None = None,
    ) -> None:
        """Say `broadcast` to all sockets in `channel`, on every process. After the commit only.

        Sockets that are in one of the channels `spared` do not hear it.
        """
        data = dump(broadcast, value)
        self.manager.publish(channel, broadcast.event, data, spared=spared, order=order)

    def tell_each(self, channels: Iterable[str], broadcast: type[Broadcast], value: Any) -> None:
        """Say the same in each of the channels."""
        self.manager.publish_each(channels, broadcast.event, dump(broadcast, value))

    async def limit(self, limit: str, name: str, who: str) -> None:
        """Count `name` by `who`; `RateLimited` when that is too often."""
        wait_s = await self.limiter.retry_after_s(limit, name, who)
        if wait_s is not None:
            raise RateLimited(wait_s)

    def limit_now(self, limit: str, name: str, who: Hashable) -> None:
        """The same, where the limiter has nothing to wait for."""
        wait_s = self.limiter.retry_after_s_now(limit, name, who)
        if wait_s is not None:
            raise RateLimited(wait_s)

    def end_session(self, session_id: UUID, code: str, *, reconnect: bool) -> None:
        """Disconnect the sockets of a session, on whichever process they are."""
        self.manager.control("end_session", session=str(session_id), code=code, reconnect=reconnect)

    def refresh_user(self, user_id: UUID) -> None:
        """Have every process read the user anew for the sockets that it holds."""
        self.manager.control("refresh_user", user=str(user_id))


def user_channel(user_id: UUID) -> str:
    """All sockets of a user."""
    return f"user:{user_id}"


def session_channel(session_id: UUID) -> str:
    """All sockets of a session."""
    return f"session:{session_id}"


def server_channel(server_id: UUID) -> str:
    """All sockets of a server's members."""
    return f"server:{server_id}"


def text_channel(channel_id: UUID) -> str:
    """All sockets that hear a channel's messages."""
    return f"channel:{channel_id}"


def room_channel(room_id: UUID) -> str:
    """All sockets that have joined a listening room."""
    return f"room:{room_id}"
