"""Sockets in rooms: they come, they go, they are put out; and the members hear of it.

Two things say who is connected: a count of sockets in Redis, and `disconnected_at` in the
database, which is what everybody sees. They can disagree only for a moment, by one rule:

  whoever changes one of the two reads both afterwards, and sets the row by the count.

No lock spans both, and none is needed. Let two processes change what they like, in any order, and
look at the last change of all. If it was to the count, its author then reads both in their final
state, and a row that is wrong would be changed once more. If it was to the row, the same. So the
last change leaves both the same. (`arrive` need not read again: the count includes its own socket,
whose end can only come after it.) Who is killed before reading leaves it to `reconcile`.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from handlers.caller import Caller
from handlers.channel import hear
from handlers.playback import listener_left
from handlers.services import Services, room_channel, text_channel, user_channel
from models.errors import NotFound
from models.member import Member
from models.room import Room, changing
from models.room_care import out_of_step
from models.room_door import admit, connect, seat
from models.room_news import Departure, Happened, News
from models.room_state import RoomState
from schemas.base import Broadcast
from schemas.room import HostChanged, MemberUpdated, RoomClosed, RoomUpdated, UserJoined, UserLeft

ROOM = "room:"
ROUNDS = 8  # of two that contradict each other; `reconcile` ends what takes longer


async def arrive(caller: Caller, room_id: UUID, invite_code: str | None) -> None:
    """Let the caller's socket into a room: counted first, then admitted, then it hears the room."""
    manager = caller.services.manager
    topics = topics_of(await Room.open_to(caller.user, room_id, invite_code))
    await hear(manager, topics)
    await manager.recovery.look(caller.sid)
    heard = room_id in caller.room_ids
    caller.room_ids.add(room_id)
    try:
        await caller.services.presence.enter(room_id, caller.user.id, caller.sid)
        async with changing(room_id) as room:
            await admit(room, caller.user, invite_code, caller.now)
    except BaseException:
        if not heard:
            await uncount(caller, room_id)
        raise
    for topic in topics:
        caller.enter(topic)
    await manager.recovery.keep(caller.sid)
    await announce(caller.services, room)


async def come_back(caller: Caller, room_id: UUID) -> None:
    """Count the caller's socket in a room of which its user must still be a member."""
    caller.room_ids.add(room_id)
    await caller.services.presence.enter(room_id, caller.user.id, caller.sid)
    async with changing(room_id) as room:
        await seat(room, caller.user)
        await connect(room, {caller.user.id: True}, caller.now)
    await announce(caller.services, room)


def topics_of(room: Room) -> list[str]:
    """What is heard in a room."""
    return [room_channel(room.id), text_channel(room.channel_id)]


def begin_streams(services: Services, state: RoomState) -> None:
    """Who has this state knows the room's streams up to it: what follows is put in order."""
    room = state.room
    services.manager.begin(f"playback:{room.id}", state.playback.version)
    services.manager.begin(f"queue:{room.id}", room.queue_version)


async def uncount(caller: Caller, room_id: UUID) -> None:
    """The caller's socket is not in the room, or no longer."""
    caller.services.presence.changed([caller.user.id])
    caller.room_ids.discard(room_id)
    try:
        await caller.services.presence.leave(room_id, caller.user.id, caller.sid)
    except BaseException:
        caller.room_ids.add(room_id)  # still counted, until its end or `vouch` takes it out
        raise
    await settle(caller.services, room_id, [caller.user.id])


async def settle(services: Services, room_id: UUID, user_ids: Collection[UUID]) -> None:
    """Set who is connected by the count of sockets, until the two agree."""
    for _ in range(ROUNDS):
        sockets = await services.presence.in_room(room_id, user_ids)
        if not await out_of_step(room_id, sockets):
            return
        here = {user_id: count > 0 for user_id, count in sockets.items()}
        try:
            async with changing(room_id) as room:
                await connect(room, here, services.now())
        except NotFound:
            return
        await announce(services, room)


async def announce(services: Services, room: Room) -> None:
    """Tell the members what has happened in `room`, and do what follows from it elsewhere."""
    await services.presence.mark(news.member.user for news in room.news if news.member)
    for news in room.news:
        tell(services, room, news)
    note_for_friends(services, room)
    if room.closed_at is not None:
        return
    for news in room.news:
        if news.what is Happened.LEFT and news.user_id:
            await listener_left(services, room.id, news.user_id, left=True)
        elif news.member and not news.member.connected:
            await listener_left(services, room.id, news.member.user_id, left=False)


def tell(services: Services, room: Room, news: News) -> None:
    """One piece of news; of a room they arrive everywhere in the order of commit."""
    if news.what is Happened.CLOSED:
        services.manager.control("room_closed", **names(room))
        return
    if news.what is Happened.LEFT:
        # Those who left are told by `put_out`, right before they hear nothing more.
        left = {"user": str(news.user_id), "reason": str(news.reason)}
        services.manager.control("room_left", **names(room), **left)
    broadcast, value = put_in_words(room, news)
    spared = [user_channel(news.user_id)] if news.what is Happened.LEFT and news.user_id else []
    order = (f"room:{room.id}", news.number)
    services.tell(room_channel(room.id), broadcast, value, spared=spared, order=order)


def note_for_friends(services: Services, room: Room) -> None:
    """Friends hear in which room somebody is, if they may."""
    services.presence.changed(news.member.user_id for news in room.news if news.member)
    if any(news.what in {Happened.UPDATED, Happened.HOST_CHANGED} for news in room.news):
        services.presence.room_changed(room.id)


def put_in_words(room: Room, news: News) -> tuple[type[Broadcast], Any]:
    """The event that tells of `news`, and what it says."""
    match news.what:
        case Happened.JOINED:
            return UserJoined, {"room_id": room.id, "member": news.member}
        case Happened.MEMBER_UPDATED:
            return MemberUpdated, {"room_id": room.id, "member": news.member}
        case Happened.HOST_CHANGED:
            return HostChanged, {"room_id": room.id, "host_id": news.user_id}
        case Happened.LEFT:
            return UserLeft, departure(room.id, news.user_id, news.reason)
        case _:
            return RoomUpdated, room


def departure(room_id: UUID, user_id: UUID | None, reason: str | None) -> dict[str, Any]:
    return {"room_id": room_id, "user_id": user_id, "reason": reason}


def names(room: Room) -> dict[str, str]:
    return {"room": str(room.id), "channel": str(room.channel_id)}


class Doors:
    """Puts this process' sockets out of rooms when any process says so."""

    def __init__(self, services: Services) -> None:
        self._services = services
        services.manager.on_control("room_left", self.after_leaving)
        services.manager.on_control("room_closed", self.after_closing)

    async def after_leaving(self, message: dict[str, Any]) -> None:
        """A membership has ended: all sockets of that user go, on whichever process."""
        room_id, user_id = UUID(message["room"]), UUID(message["user"])
        for caller in self._inside(room_id):
            if caller.user.id == user_id:
                reason = Departure(message["reason"])
                await put_out_stranger(caller, room_id, UUID(message["channel"]), reason)

    async def after_closing(self, message: dict[str, Any]) -> None:
        """A room is no more."""
        room_id, channel_id = UUID(message["room"]), UUID(message["channel"])
        callers = self._inside(room_id)
        for caller in callers:
            put_out(caller, room_id, channel_id, RoomClosed, {"room_id": room_id})
        for caller in callers:
            await uncount(caller, room_id)

    def _inside(self, room_id: UUID) -> list[Caller]:
        callers = self._services.callers
        sids = self._services.manager.sids(room_channel(room_id))
        return [callers[sid] for sid in sids if sid in callers]


async def put_out_stranger(
    caller: Caller, room_id: UUID, channel_id: UUID, reason: Departure
) -> None:
    """Put a socket out unless its user has joined again; in turn, so that none joins meanwhile."""
    async with caller.turn:
        member = await Member.exists(room_id=room_id, user_id=caller.user.id)
        if not member:
            await see_off(caller, room_id, channel_id, reason)


async def see_off(caller: Caller, room_id: UUID, channel_id: UUID, reason: Departure) -> None:
    """Put a socket out whose user is no member any more, if it is in."""
    if room_id in caller.room_ids:
        left = departure(room_id, caller.user.id, reason)
        put_out(caller, room_id, channel_id, UserLeft, left)
        await uncount(caller, room_id)


def put_out(
    caller: Caller, room_id: UUID, channel_id: UUID, broadcast: type[Broadcast], value: Any
) -> None:
    """Tell one socket why, and let it hear no more."""
    caller.send(broadcast, value)
    caller.leave(room_channel(room_id))
    caller.leave(text_channel(channel_id))
