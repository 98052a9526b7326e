"""Changes of a room's queue, each on a `Stage`: adding, removing, moving, clearing, voting."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from models.errors import Conflict, Forbidden, NotFound
from models.nonce import Nonce
from models.playback_stage import Stage
from models.playlist import Playlist
from models.queue import Queue, QueueEntry, QueueItem, QueueVote
from models.queue_order import moved, rank_between
from models.room import QueueOrder
from models.track import ABSENT, Track
from models.user import User

MAX_ITEMS = 500
GONE = "There is no such item in the queue."


async def add_track(
    stage: Stage, user: User, track_id: UUID, nonce: str | None, now: datetime
) -> QueueEntry:
    """Append a track; once for each `nonce` (`NonceUsedError`: see `added_before`)."""
    await stage.member(user)
    (item,) = await _append(stage, user, [track_id], now)
    if nonce:
        await Nonce.use(user.id, nonce, _payload(stage.room.id, track_id), item.id, now)
    return await _entry(item)


async def added_before(
    user: User, room_id: UUID, track_id: UUID, nonce: str, now: datetime
) -> QueueEntry | None:
    """What a send with this nonce added within 24 hours, as it was then, though it be gone now."""
    payload = _payload(room_id, track_id)
    item_id = await Nonce.first_result(user.id, nonce, payload, now)
    if item_id is None:
        return None
    used = await Nonce.get(user_id=user.id, nonce=nonce)
    item = QueueItem(id=item_id, track_id=track_id, added_by_id=user.id, added_at=used.used_at)
    return await _entry(item)


async def add_playlist(
    stage: Stage, user: User, playlist_id: UUID, now: datetime
) -> list[QueueEntry]:
    """Append all tracks of a playlist that the user may see, in its order."""
    await stage.member(user)
    playlist = await Playlist.open_to(user, playlist_id)
    track_ids = await playlist.track_ids(MAX_ITEMS + 1)
    if not track_ids:
        raise Conflict("That playlist is empty.")
    items = await _append(stage, user, track_ids, now)
    tracks = await Track.without_waveform(set(track_ids))
    return [_as_entry(item, tracks[item.track_id]) for item in items]


async def remove(stage: Stage, user: User, item_id: UUID) -> None:
    """Take an item out: one's own, or any for who steers the room."""
    item = await _changeable(stage, user, item_id, own=True)
    await item.delete()
    stage.queue_changed = True


async def move(stage: Stage, user: User, item_id: UUID, position: int) -> None:
    """Move an item towards `position` (0: the first), as far as the room's order lets it go.

    Who steers the room moves any; in a `fair` queue everyone moves their own, which changes places
    only with others of their own.
    """
    own = stage.room.queue_order is QueueOrder.FAIR
    item = await _changeable(stage, user, item_id, own=own)
    queue = await Queue.of(stage.room)
    queued = next((each for each in queue.items if each.id == item.id), None)
    if queued is None:  # its track has just been deleted
        raise NotFound(GONE)
    ranks = moved(queue.items, queued, position, queue.order, queue.last_turns)
    for row in (rows := [queue.rows[row_id] for row_id in ranks]):
        row.rank = ranks[row.id]
    if rows:
        await QueueItem.bulk_update(rows, fields=["rank"])
        stage.queue_changed = True


async def clear(stage: Stage, user: User) -> None:
    """Empty the queue; what is on plays on."""
    await stage.require_steering(user)
    if await QueueItem.filter(room_id=stage.room.id, playing=None).delete():
        stage.queue_changed = True


async def vote(stage: Stage, user: User, item_id: UUID, value: int) -> None:
    """Say what a member thinks of an item: 1, -1, or 0 for no opinion."""
    await stage.member(user)
    item = await _waiting(stage, item_id)
    mine = await QueueVote.get_or_none(item_id=item.id, user_id=user.id)
    if value == (mine.value if mine else 0):
        return
    if mine:
        await mine.delete()
    if value:
        await QueueVote.create(item_id=item.id, user_id=user.id, value=value)
    stage.queue_changed = True


async def _append(
    stage: Stage, user: User, track_ids: Sequence[UUID], now: datetime
) -> list[QueueItem]:
    """New items behind all others, all or none."""
    if len(await Track.held(set(track_ids))) < len(set(track_ids)):
        raise NotFound(ABSENT)
    ranks = await QueueItem.filter(room_id=stage.room.id, playing=None).values_list(
        "rank", flat=True
    )
    if len(ranks) + len(track_ids) > MAX_ITEMS:
        raise Conflict(f"A queue takes at most {MAX_ITEMS} tracks.")
    last: Any = max(ranks, default=None)
    items = []
    for track_id in track_ids:
        last = rank_between(last, None)
        room = stage.room
        items.append(
            QueueItem(room=room, track_id=track_id, added_by=user, added_at=now, rank=last)
        )
    await QueueItem.bulk_create(items)
    stage.queue_changed = True
    return items


async def _changeable(stage: Stage, user: User, item_id: UUID, *, own: bool) -> QueueItem:
    """An item that `user` may change: their own, where `own` suffices, else by control mode."""
    member = await stage.member(user)
    item = await _waiting(stage, item_id)
    if not (member.may_steer or (own and item.added_by_id == user.id)):
        raise Forbidden("You may not change that item.")
    return item


async def _waiting(stage: Stage, item_id: UUID) -> QueueItem:
    """That item of the queue, else `NotFound`; also for the one that is on."""
    item = await QueueItem.waiting_in(stage.room.id).get_or_none(id=item_id)
    if item is None:
        raise NotFound(GONE)
    return item


async def _entry(item: QueueItem) -> QueueEntry:
    tracks = await Track.without_waveform([item.track_id])
    if item.track_id not in tracks:
        raise NotFound(ABSENT)
    return _as_entry(item, tracks[item.track_id])


def _as_entry(item: QueueItem, track: Track) -> QueueEntry:
    return QueueEntry(item.id, track, item.added_by_id, 0, item.added_at)


def _payload(room_id: UUID, track_id: UUID) -> dict[str, Any]:
    return {"room_id": room_id, "track_id": track_id}
