"""A room's playback and queue while they are being changed: one at a time, wholly or not at all."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from models.advice import Delay, start_lead_ms
from models.errors import Forbidden
from models.member import Member
from models.playback import Playback
from models.playback_record import PlaybackRecord
from models.playback_view import PlaybackView, showing_current
from models.room import Room, changing
from models.room_door import seat
from models.user import User


@dataclass(slots=True)
class Stage:
    """A room under its lock. Who sets `state`, or `queue_changed`, has changed the room.

    `view` is what members see of the playback; it is there after the commit.
    """

    room: Room
    before: Playback
    state: Playback
    delays: Mapping[UUID, Delay]
    queue_changed: bool = False
    view: PlaybackView = field(init=False)

    @property
    def changed(self) -> bool:
        return self.state is not self.before

    async def member(self, user: User) -> Member:
        """`user` as a member of the room, else `Forbidden` or `NotFound`."""
        member = await seat(self.room, user)
        member.room = self.room
        return member

    async def require_steering(self, user: User) -> None:
        """`Forbidden` for who may not steer the room."""
        if not (await self.member(user)).may_steer:
            raise Forbidden("You may not steer the playback in this room.")

    async def listeners(self) -> list[UUID]:
        """The users who are connected."""
        return await Member.connected_ids(self.room.id)

    async def lead_ms(self) -> float:
        """How far ahead a start must lie for the connected listeners."""
        delays = self.delays
        return start_lead_ms([delays[user] for user in await self.listeners() if user in delays])


@asynccontextmanager
async def on_stage(room_id: UUID, delays: Mapping[UUID, Delay]) -> AsyncIterator[Stage]:
    """Change a room's playback and queue; what was set is kept when the block ends.

    `delays` are what listeners measured. A `PlaybackConflict` leaves with the current playback.
    """
    async with showing_current(), changing(room_id) as room:
        state = await PlaybackRecord.of(room_id)
        stage = Stage(room, state, state, delays)
        yield stage
        if stage.changed:
            await PlaybackRecord.keep(stage.state)
        if stage.queue_changed:
            room.queue_version += 1
            await room.save(update_fields=["queue_version"])
