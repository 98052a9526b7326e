"""What keeps clients at the database's truth where the bus could not: the last resort."""

import asyncio
from typing import Any
from uuid import UUID

from handlers.attempt import attempt
from handlers.channel import channel_log
from handlers.room_presence import ROOM
from handlers.services import Services, room_channel
from models.channel import Channel
from models.member import Member
from models.playback_view import current_playback
from models.queue import queue_of
from models.room import Room
from models.room_state import MEMBERS
from realtime.log_reader import MAX_FILL
from realtime.manager import RESUMED
from realtime.message import LOGGED, Message, subject
from schemas.base import Broadcast, dump
from schemas.playback import PlaybackState
from schemas.queue import QueueUpdated
from schemas.room import MemberUpdated, RoomUpdated

SWEEP_EVERY_S = 3.0
GRACE_S = 1.0  # what is behind for so long will not be published by its author any more
ROOMS_AT_ONCE = 8


class CatchUp:
    """Looks for what was committed and never heard; says states anew after a time of silence."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._manager = services.manager
        self._slots = asyncio.Semaphore(ROOMS_AT_ONCE)
        services.manager.on_control(RESUMED, self.after_silence)

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_EVERY_S)
            await attempt(self.sweep(), "channel-sweep")

    async def sweep(self) -> None:
        """Publish the ends of channels that nobody published; then fill what only we lack."""
        before = await self._behind()
        if not before:
            return
        await asyncio.sleep(GRACE_S)
        late = {
            topic: (last, newest)
            for topic, (last, newest) in (await self._behind()).items()
            # Where something has come meanwhile, those who have the rest are at it.
            if topic in before and before[topic][0] == last
        }
        for topic, (last, newest) in late.items():
            await self._publish(topic, last, newest)
        await asyncio.sleep(GRACE_S)
        receiver = self._manager.bus.receiver
        for topic, (last, newest) in late.items():
            if receiver.last(topic) == last and self._manager.bus.connected:
                receiver.catch_up(topic, newest)

    async def _behind(self) -> dict[str, tuple[int, int]]:
        """The channels heard here of which the database has more: both last numbers."""
        if not self._manager.bus.connected:
            return {}  # those who have the rest wait for the bus, too
        last_heard = self._manager.bus.receiver.last
        known = {topic: last_heard(topic) for topic in self._manager.topics(LOGGED)}
        newest = await Channel.last_seqs([UUID(subject(topic)) for topic in known])
        behind: dict[str, tuple[int, int]] = {}
        for topic, last in known.items():
            there = newest.get(UUID(subject(topic)), 0)
            if last is not None and there > last:
                behind[topic] = (last, there)
        return behind

    async def _publish(self, topic: str, last: int, newest: int) -> None:
        """Publish what follows `last`; of very many the newest, which shows the gap to clients."""
        first = last + 1 if newest - last <= MAX_FILL else newest
        for number, packet in await channel_log(topic, first, newest):
            self._manager.bus.publish(Message(topic, packet, order=(topic, number)))

    async def after_silence(self, _message: dict[str, Any]) -> None:
        """Something may have been missed: rooms are told what they are now, channels the rest."""
        rooms = [UUID(subject(topic)) for topic in self._manager.topics(ROOM)]
        await asyncio.gather(*(attempt(self._say_room(room), "room-anew") for room in rooms))
        await attempt(self.sweep(), "channel-sweep")

    async def _say_room(self, room_id: UUID) -> None:
        """Tell this process' sockets in a room its settings, members, playback and queue."""
        async with self._slots:
            room = await Room.get_or_none(id=room_id, closed_at=None)
            if room is None:
                return
            members = (await Member.listed(room_id, None, MEMBERS)).items
            await self._services.presence.mark(member.user for member in members)
            queue = {"room_id": room_id, "version": room.queue_version}
            self._say(room_id, RoomUpdated, room)
            for member in members:
                self._say(room_id, MemberUpdated, {"room_id": room_id, "member": member})
            self._say(room_id, PlaybackState, await current_playback(room_id))
            self._say(room_id, QueueUpdated, {**queue, "queue": await queue_of(room)})

    def _say(self, room_id: UUID, broadcast: type[Broadcast], value: Any) -> None:
        self._manager.say_here(room_channel(room_id), broadcast.event, dump(broadcast, value))
