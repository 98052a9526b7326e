"""How a room comes into being, and how it ends."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.transactions import in_transaction

from models.channel import Channel, ChannelType
from models.errors import Conflict
from models.member import Member, MemberRole
from models.nonce import Nonce, NonceUsedError
from models.playback_record import PlaybackRecord
from models.room import MAX_NAME, Room
from models.room_news import Happened
from models.row import new_id
from models.user import User

MAX_HOSTED = 50


async def found_room(
    host: User, now: datetime, nonce: str | None, *, name: str, **settings: Any
) -> Room:
    """Make a room with its channel, its playback and its host; once for each `nonce`.

    The host is a member from the start, and connected when a socket of theirs joins.
    """
    payload = {"name": name, **settings}
    if nonce and (made := await Nonce.first_result(host.id, nonce, payload, now)):
        return await Room.get(id=made)
    if await Room.filter(host_id=host.id, closed_at=None).count() >= MAX_HOSTED:
        raise Conflict(f"You host {MAX_HOSTED} rooms already. Please close one first.")
    try:
        async with in_transaction():
            room = await _create(host, now, name=name, **settings)
            if nonce:
                await Nonce.use(host.id, nonce, payload, room.id, now)
    except NonceUsedError:
        return await found_room(host, now, nonce, **payload)
    return room


async def _create(host: User, now: datetime, *, name: str, **settings: Any) -> Room:
    room = await Room.create(
        name=name,
        name_key=name_key(name),
        host=host,
        channel_id=new_id(),
        member_count=1,
        deserted_at=now,
        **settings,
    )
    await Channel.create(id=room.channel_id, room=room, type=ChannelType.TEXT, name=name)
    await PlaybackRecord.create(room=room)
    role = MemberRole.HOST
    await Member.create(room=room, user=host, role=role, joined_at=now, disconnected_at=now)
    return room


def name_key(name: str) -> str:
    """What a room's name is searched by. A few letters grow when they are made small."""
    return name.lower()[:MAX_NAME]


async def close_room(room: Room, now: datetime, by: UUID | None) -> None:
    """End `room` for good: nothing plays, nobody is in it; within `changing`."""
    await PlaybackRecord.keep((await PlaybackRecord.of(room.id)).stopped(by))
    await Member.filter(room_id=room.id).delete()
    room.closed_at, room.member_count = now, 0
    await room.save(update_fields=["closed_at", "member_count"])
    room.note(Happened.CLOSED)
