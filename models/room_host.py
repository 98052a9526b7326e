"""Who is in charge of a room: roles, handing over, succession; all of it within `changing`."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from models.errors import Conflict, Forbidden, NotFound
from models.member import RANKS, Member, MemberRole
from models.playlist import Playlist
from models.room import ABSENT, Room
from models.room_founding import name_key
from models.room_news import Happened
from models.user import User

HOST_MAY_BE_AWAY = timedelta(seconds=15)


async def require_host(room: Room, user: User, *, or_moderator: bool = False) -> None:
    """`NotFound` for whom the room is hidden from, `Forbidden` for all but its host.

    With `or_moderator` those who moderate the whole application may too, in any room.
    """
    if room.host_id == user.id or (or_moderator and user.moderates):
        return
    if not await room.is_open_to(user):
        raise NotFound(ABSENT)
    raise Forbidden("Only the host can do that.")


async def update(room: Room, user: User, **changes: Any) -> bool:
    """Change the room's settings; says whether that puts the queue in another order.

    A playlist must be public or the caller's own.
    """
    reorders: bool = changes.get("queue_order", room.queue_order) != room.queue_order
    if playlist_id := changes.get("autoplay_playlist_id"):
        await Playlist.open_to(user, playlist_id)
    if name := changes.get("name"):
        changes["name_key"] = name_key(name)
    room.update_from_dict(changes)
    if changes:
        await room.save(update_fields=list(changes))
        room.note(Happened.UPDATED)
    return reorders


async def set_role(room: Room, member: Member, role: MemberRole) -> Member:
    """Make a member a dj or a listener; the host's role only changes by handing it over."""
    if member.is_host:
        raise Conflict("The host stays host until someone else is made host.")
    if member.role is not role:
        await _set_role(room, member, role)
    return member


async def hand_over(room: Room, heir: Member) -> None:
    """Make a connected member the host. The old one stays as a dj."""
    if heir.is_host:
        return
    if not heir.connected:
        raise Conflict("They are not here now.")
    await _crown(room, heir)


async def pass_on(room: Room) -> None:
    """Give a room whose host has gone for good its next one, preferably someone who is there."""
    members = await Member.filter(room_id=room.id).select_related("user")
    await _crown(room, min(members, key=lambda member: (not member.connected, *_claim(member))))


async def succeed(room: Room, now: datetime) -> None:
    """Replace a host without a socket for 15 s (or without an account) by a connected member.

    The highest role comes first, then the longest presence. The old host becomes a dj, and gets
    the room back only by `hand_over`. Decides anew under the lock: of two processes that noticed
    it, one changes something.
    """
    away_since = now - HOST_MAY_BE_AWAY
    host = await Member.get_or_none(room_id=room.id, role=MemberRole.HOST)
    if host and (host.disconnected_at is None or host.disconnected_at > away_since):
        return
    connected = await Member.filter(room_id=room.id, disconnected_at=None).select_related("user")
    if connected:
        await _crown(room, min(connected, key=_claim))


def _claim(member: Member) -> tuple[int, datetime, UUID]:
    return RANKS.index(member.role), member.joined_at, member.id


async def _crown(room: Room, heir: Member) -> None:
    old = await Member.get_or_none(room_id=room.id, role=MemberRole.HOST).select_related("user")
    room.host_id = heir.user_id
    await room.save(update_fields=["host_id"])
    room.note(Happened.HOST_CHANGED, user_id=heir.user_id)
    if old:
        await _set_role(room, old, MemberRole.DJ)
    await _set_role(room, heir, MemberRole.HOST)


async def _set_role(room: Room, member: Member, role: MemberRole) -> None:
    member.role = role
    await member.save(update_fields=["role"])
    room.note(Happened.MEMBER_UPDATED, member=member)
