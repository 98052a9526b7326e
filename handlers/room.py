"""`room:…`: listening rooms, their members, and who is in charge."""

from typing import Any
from uuid import UUID

from handlers.caller import Caller
from handlers.playback_change import queueing
from handlers.registry import event
from handlers.room_presence import announce, arrive, begin_streams, see_off
from models.cursor import Page
from models.member import Member, MemberRole
from models.room import Room, changing
from models.room_door import dismiss, kick, seat
from models.room_founding import close_room, found_room
from models.room_host import hand_over, require_host, set_role, update
from models.room_news import Departure
from models.room_state import RoomState
from schemas.room import (
    MemberReply,
    RoomCreate,
    RoomCreated,
    RoomDetails,
    RoomGet,
    RoomJoin,
    RoomJoined,
    RoomList,
    RoomMember,
    RoomMembers,
    RoomReply,
    RoomSetRole,
    RoomUpdate,
)


@event("room:create", RoomCreate, reply=RoomCreated, limit="10/m")
async def create(
    caller: Caller, name: str, nonce: str | None = None, **settings: Any
) -> dict[str, Any]:
    """Open a room. The caller is its host, and hears it after `room:join`, like everybody.

    A room whose last member has gone is closed: one that is not private, and that nobody has
    joined, after 15 minutes.
    """
    room = await found_room(caller.user, caller.now, nonce, name=name, **settings)
    return {"room": room, "invite_code": room.invite_code}


@event("room:list", RoomList, reply=RoomReply, many=True, limit="30/10s")
async def list_rooms(
    caller: Caller, limit: int, query: str | None = None, cursor: str | None = None
) -> Page[Room]:
    """The rooms that the caller may join, the fullest first: those with space, and their own.

    Others' are public ones, and their friends' for friends; none of who blocks the caller.
    """
    return await Room.listed(caller.user, query, cursor, limit, caller.now)


@event("room:get", RoomGet, reply=RoomDetails)
async def get(caller: Caller, room_id: UUID) -> Room:
    """One room; its host is also told the invite code."""
    room = await Room.open_to(caller.user, room_id)
    if room.host_id == caller.user.id:
        room.shown_code = room.invite_code
    return room


@event("room:join", RoomJoin, reply=RoomJoined, limit="20/10s")
async def join(caller: Caller, room_id: UUID, invite_code: str | None = None) -> RoomState:
    """Enter a room, hear its events from now on, and get its state. Joining again is no error.

    Private rooms are entered with their invite code, and so are those for friends by others.
    """
    await arrive(caller, room_id, invite_code)
    state = await RoomState.of(caller.user, room_id)
    begin_streams(caller.services, state)
    await caller.services.presence.mark(state.people())
    return state


@event("room:leave", RoomGet, limit="20/10s")
async def leave(caller: Caller, room_id: UUID) -> None:
    """End the caller's membership; all their sockets leave. The last to leave closes the room."""
    async with changing(room_id) as room:
        member = await seat(room, caller.user)
        await dismiss(room, member, Departure.LEFT, caller.now)
    await see_off(caller, room_id, room.channel_id, Departure.LEFT)
    await announce(caller.services, room)


@event("room:members", RoomMembers, reply=MemberReply, many=True, limit="30/10s")
async def members(
    caller: Caller, room_id: UUID, limit: int, cursor: str | None = None
) -> Page[Member]:
    """Who is in a room: the host, then djs, then by the time of joining."""
    await Room.open_to(caller.user, room_id)
    page = await Member.listed(room_id, cursor, limit)
    await caller.services.presence.mark(member.user for member in page.items)
    return page


@event("room:update", RoomUpdate, reply=RoomReply, limit="20/10s")
async def update_room(caller: Caller, room_id: UUID, **changes: Any) -> Room:
    """Change a room's settings; the host. Who is in stays in, also above a new capacity."""
    async with queueing(caller, room_id) as stage:
        await require_host(stage.room, caller.user)
        stage.queue_changed = await update(stage.room, caller.user, **changes)
    await announce(caller.services, stage.room)
    return stage.room


@event("room:close", RoomGet, limit="20/10s")
async def close(caller: Caller, room_id: UUID) -> None:
    """Close a room for good and put everybody out; the host, or a moderator."""
    async with changing(room_id) as room:
        await require_host(room, caller.user, or_moderator=True)
        await close_room(room, caller.now, caller.user.id)
    await announce(caller.services, room)


@event("room:set_role", RoomSetRole, reply=MemberReply, limit="30/10s")
async def change_role(caller: Caller, room_id: UUID, user_id: UUID, role: str) -> Member:
    """Make a member a dj or a listener; the host."""
    async with changing(room_id) as room:
        await require_host(room, caller.user)
        member = await set_role(room, await Member.in_room(room_id, user_id), MemberRole(role))
    await announce(caller.services, room)
    await caller.services.presence.mark([member.user])
    return member


@event("room:kick", RoomMember, limit="30/10s")
async def kick_member(caller: Caller, room_id: UUID, user_id: UUID) -> None:
    """Put a member out; the host, or a moderator. They cannot come back for five minutes.

    The invite code that they know is void from now on.
    """
    async with changing(room_id) as room:
        await require_host(room, caller.user, or_moderator=True)
        await kick(room, await Member.in_room(room_id, user_id), caller.user, caller.now)
    await announce(caller.services, room)


@event("room:transfer_host", RoomMember, reply=RoomReply, limit="20/10s")
async def transfer_host(caller: Caller, room_id: UUID, user_id: UUID) -> Room:
    """Make a connected member the host; the host, who becomes a dj."""
    async with changing(room_id) as room:
        await require_host(room, caller.user)
        await hand_over(room, await Member.in_room(room_id, user_id))
    await announce(caller.services, room)
    return room
