"""What is to be done by the clock: one owned task in each process, never ended by a failure.

Of several processes the one that holds a lease does what concerns all; everything is found in the
database and decided again under the room's lock, so that two who both believe to hold the lease
change things once. What concerns a process' own sockets each does for itself.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from config.redis import REDIS_DOWN
from handlers.attempt import attempt
from handlers.caller import Caller
from handlers.deletion import finish_deletions
from handlers.playback import stop_playback
from handlers.resumable import UploadCare
from handlers.room_presence import announce, put_out_stranger, settle
from handlers.services import Services
from handlers.track_removal import take_away
from models import room_care, track_removal
from models.attachment import forget_unsent
from models.errors import NotFound
from models.lease import Lease
from models.nonce import Nonce
from models.playback_status import Reason
from models.presence import CountedSocket, Place
from models.room import Room, changing
from models.room_host import succeed
from models.room_kick import RoomKick
from models.room_news import Departure
from models.session import Session

TICK_S = 1.0
STOP_WITHIN_S = 3.0


@dataclass(slots=True)
class Chore:
    """Something to be done every `every_s`; `alone`: by the holder of the lease only."""

    work: Callable[[], Awaitable[None]]
    every_s: float
    alone: bool = True
    due_at: float = field(default=float("-inf"))

    async def do(self, lease: Lease) -> None:
        """Do it, unless that is another's to do; it is due again some time after its end."""
        if not self.alone or await lease.hold():
            await self.work()
            self.due_at = asyncio.get_running_loop().time() + self.every_s


async def keep_house(services: Services) -> None:
    """Do all chores until the server ends; then another process may take the lease at once."""
    lease, stopping = Lease(services.redis, "housekeeping"), asyncio.Event()
    keeper = Housekeeping(services, began_alone=await begins_alone(services))
    # Each in its own task: one that takes long does not keep the others waiting.
    tasks = [asyncio.ensure_future(repeat(c, lease, stopping)) for c in keeper.chores()]
    try:
        await asyncio.wait(tasks)
    finally:
        # What was begun is ended, not torn off in the middle of a transaction.
        stopping.set()
        _, unfinished = await asyncio.wait(tasks, timeout=STOP_WITHIN_S)
        for task in unfinished:
            task.cancel()
        with suppress(*REDIS_DOWN):
            await lease.release()


async def begins_alone(services: Services) -> bool:
    """Whether there is no other process when this one begins; in doubt there is."""
    try:
        return await services.presence.is_alone()
    except REDIS_DOWN:
        return False


async def repeat(chore: Chore, lease: Lease, stopping: asyncio.Event) -> None:
    """Do one chore whenever it is due. A failure is logged, and it is tried again."""
    loop = asyncio.get_running_loop()
    while not stopping.is_set():
        if loop.time() >= chore.due_at:
            await attempt(chore.do(lease), chore.work.__name__)
        with suppress(TimeoutError):
            async with asyncio.timeout(TICK_S):
                await stopping.wait()


class Housekeeping:
    """This process' chores, and what it remembers from one round to the next."""

    def __init__(self, services: Services, *, began_alone: bool = False) -> None:
        self._services = services
        self._began_alone = began_alone
        self._suspects: set[Place] | None = None
        self._strays: set[str] = set()

    def chores(self) -> list[Chore]:
        """All that is to be done, and how often."""
        uploads = UploadCare(self._services)
        return [
            Chore(self.replace_hosts, 1),
            Chore(self.bury_the_dead, 1),
            Chore(self.end_memberships, 5),
            Chore(self.stop_the_deserted, 5),
            Chore(self.remove_tracks, 2),
            Chore(self.reconcile, 20),
            Chore(self.vouch, 10, alone=False),
            Chore(self.finish_deletions, 60),
            Chore(uploads.resume, 5),
            Chore(uploads.expire, 600),
            Chore(self.forget_old, 3600),
        ]

    async def replace_hosts(self) -> None:
        """Rooms whose host has been away for 15 s get another."""
        now = self._services.now()
        for room_id in await room_care.without_host(now):
            with suppress(NotFound):
                async with changing(room_id) as room:
                    await succeed(room, now)
                await announce(self._services, room)

    async def bury_the_dead(self) -> None:
        """The sockets of processes that show no life are out of their rooms."""
        await self._settle(await self._services.presence.reap())

    async def end_memberships(self) -> None:
        """Who has been away for 15 minutes is no longer a member, but of private rooms."""
        now = self._services.now()
        for room_id in await room_care.with_overdue_members(now):
            with suppress(NotFound):
                async with changing(room_id) as room:
                    await room_care.end_overdue(room, now)
                await announce(self._services, room)

    async def stop_the_deserted(self) -> None:
        """Where nobody has been for 5 minutes, nothing plays."""
        for room_id in await room_care.playing_to_nobody(self._services.now()):
            with suppress(NotFound):
                await stop_playback(self._services, room_id, Reason.IDLE)

    async def remove_tracks(self) -> None:
        """Tracks whose deletion was not finished, or is left to us, are taken away."""
        for track_id in await track_removal.marked():
            await attempt(take_away(self._services, track_id), "remove-track")

    async def reconcile(self) -> None:
        """Set right who is connected, where the one to do it was killed, or Redis was emptied.

        Who has no socket is disconnected when that was so in the round before too: after a loss
        of Redis' content, every process has by then said again which sockets it has (`vouch`).
        A process that began alone need not wait for others: after a restart nobody is there.
        """
        wrong: dict[Place, int] = {}
        async for said in room_care.to_be_counted(self._services.now()):
            sockets = await self._services.presence.in_rooms(said)
            wrong |= {place: n for place, n in sockets.items() if bool(n) != said[place]}
        at_once = self._suspects is None and self._began_alone
        known, self._suspects = self._suspects or set(), set(wrong)
        sure = [place for place, n in wrong.items() if n or at_once or place in known]
        for room_id, user_ids in by_room(sure).items():
            await settle(self._services, room_id, user_ids)

    async def vouch(self) -> None:
        """Make Redis count exactly this process' sockets, and put out those of former members."""
        await self._count_again()
        await self._end_strays()
        await self._put_out_strangers()

    async def _count_again(self) -> None:
        """Register what Redis has lost; what has gone meanwhile is taken out again."""
        services = self._services
        counted = await services.presence.registered()
        lost = [caller for caller in self._callers() if caller.sid not in counted]
        sockets = [CountedSocket(c.sid, c.user.id, tuple(c.room_ids)) for c in lost]
        await services.presence.register(sockets)
        for caller, socket in zip(lost, sockets, strict=True):
            if caller.gone:
                await services.presence.disconnect(caller.user.id, caller.sid, socket.room_ids)
            for room_id in set() if caller.gone else set(socket.room_ids) - caller.room_ids:
                await services.presence.leave(room_id, caller.user.id, caller.sid)
        await self._settle(sockets)

    async def _end_strays(self) -> None:
        """Take out what is counted as ours, but was not among our sockets in two rounds.

        Two, because a socket is counted a moment before it is one of ours.
        """
        services = self._services
        strays = await services.presence.registered() - services.callers.keys()
        if ended := strays & self._strays:
            await self._settle(await services.presence.forget(ended))
        self._strays = strays - ended

    async def _put_out_strangers(self) -> None:
        """Sockets in rooms of which their user is no member: the word to put them out was lost."""
        places = [(room, c.user.id) for c in self._callers() for room in c.room_ids]
        for start in range(0, len(places), room_care.BATCH):
            for place in await room_care.no_longer_in(places[start : start + room_care.BATCH]):
                room = await Room.get(id=place[0])
                for caller in self._callers():
                    if caller.user.id == place[1]:
                        await put_out_stranger(caller, room.id, room.channel_id, Departure.LEFT)

    def _callers(self) -> list[Caller]:
        return [caller for caller in self._services.callers.values() if not caller.gone]

    async def _settle(self, sockets: Iterable[CountedSocket]) -> None:
        places = {(room, socket.user_id) for socket in sockets for room in socket.room_ids}
        for room_id, user_ids in by_room(places).items():
            await settle(self._services, room_id, user_ids)

    async def finish_deletions(self) -> None:
        """Accounts that were deleted leave nothing behind, whoever was killed meanwhile."""
        await finish_deletions(self._services)

    async def forget_old(self) -> None:
        """Delete what nobody can use any more."""
        now = self._services.now()
        for row in (Nonce, RoomKick, Session):
            await row.forget_old(now)
        while await forget_unsent(self._services.media, now):
            pass


def by_room(places: Iterable[Place]) -> dict[UUID, list[UUID]]:
    """The users of `places` by their rooms."""
    users: dict[UUID, list[UUID]] = defaultdict(list)
    for room_id, user_id in places:
        users[room_id].append(user_id)
    return users
