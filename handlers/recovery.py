"""A client that was away for a moment comes back: what it may hear is looked up anew."""

from typing import Any
from uuid import UUID

from handlers.caller import Caller
from handlers.channel import hear
from handlers.room_presence import ROOM, come_back, see_off, topics_of, uncount
from models.errors import SoundroomError
from models.member import Member
from models.room import Room
from models.room_news import Departure
from realtime.message import subject
from realtime.recoverable import Recoverable


async def recover(caller: Caller, auth: dict[str, Any]) -> bool:
    """Let the caller go on where its lost socket was; False where anything of that is missing.

    On success it collects what it hears, until `FanOutManager.catch_up`.
    """
    services = caller.services
    recovery = services.manager.recovery
    user_id, session_id = str(caller.user.id), str(caller.session_id)
    record = await recovery.take(auth.get("pid"), user_id, session_id)
    if record is None:
        return False
    rooms = await rooms_in(caller, record)
    topics = [*caller.channels, *(topic for room in rooms for topic in topics_of(room))]
    if not record.topics.keys() <= set(topics):
        return False  # it would believe to be where it is no more
    await hear(services.manager, topics)
    recovery.reopen(caller.sid, record)
    try:
        await recovery.look(caller.sid)
        for topic in topics:
            caller.enter(topic)
        recovered = await go_on(caller, record, auth.get("offset"), rooms)
    except BaseException:
        await give_up(caller, topics)
        await services.presence.disconnect(caller.user.id, caller.sid, ())
        raise
    if not recovered:
        await give_up(caller, topics)
    return recovered


async def rooms_in(caller: Caller, record: Recoverable) -> list[Room]:
    """The rooms that the lost socket heard, as far as its user is still in them."""
    heard = [UUID(subject(topic)) for topic in record.topics if topic.startswith(ROOM)]
    return await Member.rooms_of(caller.user.id, heard)


async def go_on(caller: Caller, record: Recoverable, offset: Any, rooms: list[Room]) -> bool:
    """Read what was missed, and be counted in the rooms again in place of the lost socket."""
    manager, presence = caller.services.manager, caller.services.presence
    if not await manager.recovery.read_missed(caller.sid, record, offset):
        return False
    await presence.connect(caller.user.id, caller.sid)
    try:
        for room in rooms:
            await come_back(caller, room.id)
    except SoundroomError:
        return False  # put out, or closed, at this very moment
    manager.control("replaced", sid=record.sid)
    return True


async def look_again(caller: Caller) -> None:
    """Put the caller out of rooms whose word to do so found no socket, as it was still joining."""
    still = {room.id for room in await Member.rooms_of(caller.user.id, caller.room_ids)}
    for room in await Room.filter(id__in=list(caller.room_ids - still)):
        await see_off(caller, room.id, room.channel_id, Departure.LEFT)


async def give_up(caller: Caller, topics: list[str]) -> None:
    """Begin like any other socket."""
    caller.services.manager.recovery.close(caller.sid)
    for topic in topics:
        caller.leave(topic)
    for room_id in list(caller.room_ids):
        await uncount(caller, room_id)
