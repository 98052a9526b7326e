"""`user:…`: who I am, who others are."""

from typing import Any
from uuid import UUID

from handlers.caller import Caller
from handlers.friend import tell_parted
from handlers.registry import event
from handlers.services import server_channel, user_channel
from models.block import Block, block, unblock
from models.cursor import Page
from models.listening import friends_at
from models.server import Server
from models.snapshot import Snapshot
from models.user import User
from schemas.base import Paging
from schemas.snapshot import SnapshotReply
from schemas.user import (
    OwnUserReply,
    UserGet,
    UserList,
    UserNamed,
    UserReply,
    UserSetStatus,
    UserUpdated,
    UserUpdateProfile,
)


@event("user:me", reply=OwnUserReply)
async def me(caller: Caller) -> User:
    """The caller, with what only they may see."""
    return await User.get(id=caller.user.id)


@event("user:get", UserGet, reply=UserReply)
async def get(caller: Caller, user_id: UUID | None = None, tag: str | None = None) -> User:
    """One user, by id or by tag."""
    user = await User.visible_to(caller.user.id, user_id=user_id, tag=tag)
    await caller.services.presence.mark([user])
    return user


@event("user:list", UserList, reply=UserReply, many=True, limit="30/10s")
async def list_users(
    caller: Caller, limit: int, query: str | None = None, cursor: str | None = None
) -> Page[User]:
    """Users by name; `query` has beginnings of the words in their username and display name."""
    page = await User.listed(caller.user.id, query, cursor, limit)
    await caller.services.presence.mark(page.items)
    return page


@event("user:snapshot", reply=SnapshotReply, limit="10/10s")
async def snapshot(caller: Caller) -> Snapshot:
    """All that a fresh client draws."""
    return await Snapshot.of(caller.user, caller.services.presence)


@event("user:update_profile", UserUpdateProfile, reply=OwnUserReply, limit="20/m")
async def update_profile(caller: Caller, **changes: Any) -> User:
    """Change the caller's own profile."""
    user = await User.get(id=caller.user.id)
    await user.change(**changes)
    await announce(caller, user)
    return user


@event("user:set_status", UserSetStatus, reply=OwnUserReply, limit="30/m")
async def set_status(caller: Caller, status: str, **changes: Any) -> User:
    """Say how the caller is; `offline` makes them invisible."""
    user = await User.get(id=caller.user.id)
    await user.change(chosen_status=status, **changes)
    await announce(caller, user)
    return user


@event("user:block", UserNamed, limit="30/m")
async def block_user(caller: Caller, user_id: UUID) -> None:
    """Have nothing to do with a user: friendship and requests end, and they cannot find the caller.

    They find neither the caller nor the rooms of which the caller is host, but for those they are
    in or have the invite code of. Nobody tells them.
    """
    if await block(caller.user.id, user_id):
        tell_parted(caller.services, caller.user.id, user_id)
    await tell_of_friends_here(caller, user_id)


@event("user:unblock", UserNamed, limit="30/m")
async def unblock_user(caller: Caller, user_id: UUID) -> None:
    """Block a user no longer; whom the caller does not block is no error."""
    await unblock(caller.user.id, user_id)
    await tell_of_friends_here(caller, user_id)


async def tell_of_friends_here(caller: Caller, user_id: UUID) -> None:
    """What that user sees of their friends in the caller's rooms is another now."""
    for friend_id in await friends_at(caller.user.id, of=user_id):
        caller.services.presence.befriended(friend_id, user_id)


@event("user:blocked", Paging, reply=UserReply, many=True)
async def blocked(caller: Caller, limit: int, cursor: str | None = None) -> Page[User]:
    """Whom the caller blocks, the last blocked first."""
    page = await Block.listed(caller.user.id, cursor, limit)
    await caller.services.presence.mark(page.items)
    return page


async def announce(caller: Caller, user: User) -> None:
    """Tell those who share something with `user`, and the processes that hold their sockets.

    Whom they block hears nothing of it.
    """
    services = caller.services
    services.refresh_user(user.id)
    services.presence.changed([user.id])
    await services.presence.mark([user])
    # Everybody is a member of the default server, and so shares it with everybody.
    community = server_channel((await Server.default()).id)
    spared = [user_channel(blocked) for blocked in await Block.blocked_by(user.id)]
    services.tell(community, UserUpdated, user, spared=spared)
