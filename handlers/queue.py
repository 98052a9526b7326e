"""`queue:…`: what a room hears next."""

from typing import Any
from uuid import UUID

from handlers.caller import Caller
from handlers.playback_change import queueing
from handlers.registry import event
from models import queue_change
from models.cursor import Page
from models.errors import ValidationFailed
from models.nonce import NonceUsedError
from models.queue import QueueEntry, queue_of
from models.queue_change import added_before
from models.room import Room
from schemas.queue import (
    QueueAdd,
    QueueAdded,
    QueueGet,
    QueueItemReply,
    QueueMove,
    QueueRemove,
    QueueVoteRequest,
)


@event("queue:list", QueueGet, reply=QueueItemReply, many=True)
async def list_queue(caller: Caller, room_id: UUID) -> Page[QueueEntry]:
    """What waits, in the order in which it will be heard; for all who may see the room.

    `meta.version` is that of `queue:updated`.
    """
    room = await Room.open_to(caller.user, room_id)
    return Page(await queue_of(room), meta={"version": room.queue_version})


@event("queue:add", QueueAdd, reply=QueueAdded)
async def add(
    caller: Caller,
    room_id: UUID,
    track_id: UUID | None = None,
    playlist_id: UUID | None = None,
    nonce: str | None = None,
) -> QueueEntry | dict[str, Any]:
    """Append a track, or all tracks of a playlist; for members. It starts nothing by itself.

    The answer is the item. For a playlist it is the first of them, and all of them are in `items`;
    a playlist goes in as a whole or not at all. A `nonce` goes with a track.
    """
    if track_id and playlist_id is None:
        return await add_track(caller, room_id, track_id, nonce)
    if playlist_id and track_id is None and nonce is None:
        return await add_playlist(caller, room_id, playlist_id)
    message = "Give a trackId (and a nonce), or a playlistId alone."
    raise ValidationFailed.of("trackId", "invalid" if track_id else "required", message)


async def add_track(caller: Caller, room_id: UUID, track_id: UUID, nonce: str | None) -> QueueEntry:
    """Append a track, once for each nonce."""
    user, now = caller.user, caller.now
    if nonce and (added := await added_before(user, room_id, track_id, nonce, now)):
        return added
    try:
        async with queueing(caller, room_id) as stage:
            return await queue_change.add_track(stage, user, track_id, nonce, now)
    except NonceUsedError:
        # Another send with it came first, and has been committed: its result is the answer.
        return await add_track(caller, room_id, track_id, nonce)


async def add_playlist(caller: Caller, room_id: UUID, playlist_id: UUID) -> dict[str, Any]:
    """Append a whole playlist."""
    async with queueing(caller, room_id) as stage:
        items = await queue_change.add_playlist(stage, caller.user, playlist_id, caller.now)
    first = {name: getattr(items[0], name) for name in QueueEntry.__dataclass_fields__}
    return {**first, "items": items}


@event("queue:remove", QueueRemove)
async def remove(caller: Caller, room_id: UUID, item_id: UUID) -> None:
    """Take an item out: one's own, or any by control mode. What is on is skipped instead."""
    async with queueing(caller, room_id) as stage:
        await queue_change.remove(stage, caller.user, item_id)


@event("queue:move", QueueMove)
async def move(caller: Caller, room_id: UUID, item_id: UUID, position: int) -> None:
    """Bring an item to `position` (from 0), as near as the room's order lets it; by control mode.

    In a `fair` queue everybody moves their own items, which change places among each other; where
    the votes decide, an item passes only others with as many.
    """
    async with queueing(caller, room_id) as stage:
        await queue_change.move(stage, caller.user, item_id, position)


@event("queue:clear", QueueGet, limit="20/10s")
async def clear(caller: Caller, room_id: UUID) -> None:
    """Empty the queue; by control mode. What is on stays on."""
    async with queueing(caller, room_id) as stage:
        await queue_change.clear(stage, caller.user)


@event("queue:vote", QueueVoteRequest)
async def vote(caller: Caller, room_id: UUID, item_id: UUID, vote: int) -> None:
    """Vote an item up (1) or down (-1), or take the vote back (0); for members.

    The votes order the queue where the room's `queueOrder` is `votes`; they are kept elsewhere too.
    """
    async with queueing(caller, room_id) as stage:
        await queue_change.vote(stage, caller.user, item_id, vote)
