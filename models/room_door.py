"""Who comes into a room, who goes, and who is there; all of it within `changing`."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from models.errors import Conflict, Forbidden, NotFound
from models.member import Member
from models.room import ABSENT, Room, new_invite_code
from models.room_founding import close_room
from models.room_host import pass_on
from models.room_kick import RoomKick
from models.room_news import Departure, Happened
from models.user import User


async def admit(room: Room, user: User, invite_code: str | None, now: datetime) -> Member:
    """Let `user` in, connected from now on; who is a member already is always let in."""
    member = await Member.get_or_none(room_id=room.id, user_id=user.id)
    if member is None:
        await _check_admission(room, user, invite_code, now)
        member = await Member.create(room=room, user=user, joined_at=now)
        room.member_count += 1
        room.note(Happened.JOINED, member=member)
    elif not member.connected:
        member.disconnected_at = None
        await member.save(update_fields=["disconnected_at"])
        room.note(Happened.MEMBER_UPDATED, member=member)
    member.user = user
    room.deserted_at = None
    await room.save(update_fields=["member_count", "deserted_at"])
    return member


async def _check_admission(room: Room, user: User, invite_code: str | None, now: datetime) -> None:
    if not await room.is_open_to(user, invite_code):
        raise NotFound(ABSENT)
    if await RoomKick.bars(room.id, user.id, now):
        raise Forbidden("You were removed from this room. Please come back later.")
    if room.member_count >= room.capacity:
        raise Conflict(f"{room.name} is full.")


async def dismiss(room: Room, member: Member, reason: Departure, now: datetime) -> None:
    """End a membership. A host is succeeded at once; a room without any member is closed.

    Nobody could find an empty room but by chance, and nobody would be in charge of it. As
    memberships of private rooms do not time out, those close only when all have left.
    """
    await member.delete()
    room.member_count -= 1
    await room.save(update_fields=["member_count"])
    room.note(Happened.LEFT, user_id=member.user_id, reason=reason)
    if not await Member.exists(room_id=room.id):
        await close_room(room, now, member.user_id)
        return
    if member.is_host:
        await pass_on(room)
    await note_desertion(room, now)


async def seat(room: Room, user: User) -> Member:
    """`user` as a member, else `Forbidden`, or `NotFound` where they may not see the room."""
    member = await Member.get_or_none(room_id=room.id, user_id=user.id)
    if member is None and not await room.is_open_to(user):
        raise NotFound(ABSENT)
    if member is None:
        raise Forbidden("Join the room first.")
    return member


async def kick(room: Room, member: Member, by: User, now: datetime) -> None:
    """Remove a member and keep them out for a while; the invite code that they know is void."""
    if member.user_id == by.id:
        raise Conflict("To go yourself, leave the room.")
    await RoomKick.bar(room.id, member.user_id, now)
    room.invite_code = new_invite_code()
    await room.save(update_fields=["invite_code"])
    await dismiss(room, member, Departure.KICKED, now)


async def connect(room: Room, here: Mapping[UUID, bool], now: datetime) -> list[Member]:
    """Set which of the users are connected; gives those for whom that is new, with `user`."""
    rows = Member.filter(room_id=room.id, user_id__in=list(here)).select_related("user")
    changed = [member for member in await rows if member.connected != here[member.user_id]]
    for there in (True, False):
        ids = [member.id for member in changed if here[member.user_id] is there]
        if ids:
            await Member.filter(id__in=ids).update(disconnected_at=None if there else now)
    for member in changed:
        member.disconnected_at = None if here[member.user_id] else now
        room.note(Happened.MEMBER_UPDATED, member=member)
    if changed:
        await note_desertion(room, now)
    return changed


async def note_desertion(room: Room, now: datetime) -> None:
    """Keep since when nobody is connected."""
    peopled = await Member.exists(room_id=room.id, disconnected_at=None)
    room.deserted_at = None if peopled else (room.deserted_at or now)
    await room.save(update_fields=["deserted_at"])
