"""A process' parts without a network, with a clock to be set, and rooms with people in them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from config.clock import SteadyClock
from config.redis import open_redis
from config.settings import Settings
from handlers.lifecycle import build
from handlers.room_presence import settle
from handlers.services import Services
from models.member import Member, MemberRole
from models.playback import Cue
from models.playback_record import PlaybackRecord
from models.playback_status import Reason
from models.room import Room, changing
from models.room_door import admit
from models.room_founding import found_room
from models.room_host import set_role
from models.track import Track
from models.user import User
from tests.databases import opened

Json = dict[str, Any]


@asynccontextmanager
async def a_process(data_dir: Path) -> AsyncIterator[Services]:
    """A process' parts on a database of its own; `travel` sets its clock forward."""
    settings = Settings.from_env({"DATA_DIR": str(data_dir)})
    store = open_redis("")
    async with opened(data_dir):
        services = build(settings, SteadyClock(), store)
        await services.presence.show_life()
        async with services.media:
            yield services
    await store.aclose()


def travel(services: Services, **duration: float) -> None:
    """Set the clock forward, as `timedelta` understands it."""
    services.clock.set_exactly(timedelta(**duration).total_seconds() * 1000)


class Party:
    """A room with people; `sit` is one of their sockets coming in, `go` one going."""

    def __init__(self, services: Services, room: Room, host: User) -> None:
        self.services, self.room, self.host = services, room, host

    @classmethod
    async def give(cls, services: Services, **settings: Any) -> "Party":
        host = await User.sign_up(f"host-{uuid4().hex[:12]}")
        room = await found_room(host, services.now(), None, name="Kitchen", **settings)
        party = cls(services, room, host)
        await party.sit(host)
        return party

    async def guest(self, role: MemberRole = MemberRole.LISTENER) -> User:
        user = await User.sign_up(f"guest-{uuid4().hex[:12]}")
        await self.sit(user)
        async with changing(self.room.id) as room:
            await set_role(room, await Member.in_room(room.id, user.id), role)
        return user

    async def sit(self, user: User, sid: str = "") -> None:
        await self.services.presence.enter(self.room.id, user.id, sid or str(user.id))
        async with changing(self.room.id) as room:
            await admit(room, user, self.room.invite_code, self.services.now())

    async def go(self, user: User, sid: str = "") -> None:
        await self.services.presence.leave(self.room.id, user.id, sid or str(user.id))
        await settle(self.services, self.room.id, [user.id])

    async def play(self) -> None:
        """Put an hour of music on."""
        track = await Track.create(
            name="Song", name_key="song", duration=3600, url="/media/song", mime_type="audio/mp4"
        )
        cue = Cue(track.id, duration_s=track.duration)
        stopped, now_ms = await PlaybackRecord.of(self.room.id), self.services.clock.now_ms()
        await PlaybackRecord.keep(stopped.loaded(cue, [], now_ms, self.host.id, Reason.PLAY))

    async def roles(self) -> dict[UUID, MemberRole]:
        return {member.user_id: member.role for member in await Member.filter(room=self.room)}

    async def host_id(self) -> UUID | None:
        return (await Room.get(id=self.room.id)).host_id


def events(said: list[tuple[str, Json]], name: str) -> list[Json]:
    return [data for event, data in said if event == name]
