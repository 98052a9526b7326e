"""The end of an account, told to all whom it concerns."""

from contextlib import suppress
from uuid import UUID

from handlers.caller import Caller
from handlers.playback_change import tell_queue
from handlers.room_presence import announce
from handlers.services import Services, server_channel, user_channel
from models.account import Deletion, end_friendships, erase
from models.account_traces import (
    forget_in_closed_rooms,
    forget_in_room,
    rename_author,
    rooms_with,
)
from models.attachment import attachments_of, remove_attachments
from models.errors import NotFound
from models.image import images_of, remove_images
from models.playback_stage import on_stage
from models.server import Server
from models.session import Session
from models.user import User
from schemas.base import dump
from schemas.friend import FriendRemoved
from schemas.user import UserReply, UserUpdated


async def end_own_session(caller: Caller) -> None:
    """Disconnect the session of who asked for it, once they have been answered."""
    async with caller.turn:
        caller.services.end_session(caller.session_id, "session_revoked", reconnect=False)


async def clear_away(services: Services, user_id: UUID) -> None:
    """All that is left to do after `delete_account`; what was done already is not done again."""
    user = await User.get(id=user_id)
    await services.presence.mark([user])
    services.tell(server_channel((await Server.default()).id), UserUpdated, user)
    for room_id in await rooms_with(user_id):
        with suppress(NotFound):  # closed meanwhile
            await leave_behind(services, room_id, user_id)
    await forget_in_closed_rooms(user_id)
    await rename_author(user_id, dump(UserReply, user))
    for friend_id in await end_friendships(user_id):
        services.tell(user_channel(friend_id), FriendRemoved, {"user_id": user_id})
    await remove_images(set(await images_of(user_id)), services.media)
    await remove_attachments(set(await attachments_of(user_id)), services.media)
    await erase(user_id, services.now())


async def leave_behind(services: Services, room_id: UUID, user_id: UUID) -> None:
    """Take a deleted user out of a room, whose members hear of it."""
    async with on_stage(room_id, {}) as stage:
        stage.queue_changed = await forget_in_room(stage.room, user_id, services.now())
    await tell_queue(services, stage)
    await announce(services, stage.room)


async def finish_deletions(services: Services) -> None:
    """Look once more through the accounts that were deleted a while ago, and let go of them.

    By then nothing of what they had begun is under way any more. Where a process was killed before
    it had told their sockets, they are told now.
    """
    for deletion in await Deletion.settled(services.now()):
        for session_id in await Session.ids_of(deletion.user_id):
            services.end_session(session_id, "session_revoked", reconnect=False)
        await deletion.make_nameless()
        await clear_away(services, deletion.user_id)
        await deletion.conclude()
