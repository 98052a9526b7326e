"""`user:…`: who I am, who others are."""

from typing import Any
from uuid import UUID

from handlers.caller import Caller
from handlers.registry import event
from handlers.services import server_channel
from models.cursor import Page
from models.errors import ValidationFailed
from models.server import Server
from models.snapshot import Snapshot
from models.user import User
from schemas.snapshot import SnapshotReply
from schemas.user import (
    OwnUserReply,
    UserGet,
    UserList,
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
    if (user_id is None) == (tag is None):
        raise ValidationFailed.of("userId", "required", "Give either userId or tag.")
    user = await User.visible_to(caller.user.id, user_id=user_id, tag=tag)
    await caller.services.presence.mark([user])
    return user


@event("user:list", UserList, reply=UserReply, many=True, limit="30/10s")
async def list_users(
    caller: Caller, limit: int, query: str | None = None, cursor: str | None = None
) -> Page[User]:
    """Users by name."""
    page = await User.listed(query, cursor, limit)
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


async def announce(caller: Caller, user: User) -> None:
    """Tell those who share something with `user`, and the processes that hold their sockets."""
    services = caller.services
    services.refresh_user(user.id)
    await services.presence.mark([user])
    # Everybody is a member of the default server, and so shares it with everybody.
    caller.tell(server_channel((await Server.default()).id), UserUpdated, user)
