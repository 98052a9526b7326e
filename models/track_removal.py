"""Deleting a track: first it is there for nobody, then the rooms let go of it, then it is gone.

What is marked is taken away by whoever comes to it: the one who deleted it, or the housekeeping
after a crash, or where many are deleted at once. Two of them at the same time do no harm.
"""

from datetime import datetime
from uuid import UUID

from tortoise.transactions import in_transaction

from models.errors import NotFound
from models.playback_record import PlaybackRecord
from models.queue import QueueItem
from models.track import ABSENT, Track
from models.user import User

AT_ONCE = 100


async def mark(user: User, track_id: UUID, now: datetime) -> None:
    """From the commit on there is no such track, for anybody; see `Track.require_keeper`."""
    async with in_transaction():
        track = await Track.select_for_update().get_or_none(id=track_id, deleted_at=None)
        if track is None:
            raise NotFound(ABSENT)
        track.require_keeper(user)
        track.deleted_at = now
        await track.save(update_fields=["deleted_at"])


async def mark_all(user_id: UUID, now: datetime) -> None:
    """The same for all that a user has uploaded, in the order in which rooms hold several."""
    async with in_transaction():
        theirs = Track.filter(uploaded_by_id=user_id, deleted_at=None).order_by("id")
        ids = [track.id for track in await theirs.select_for_update().only("id")]
        await Track.filter(id__in=ids).update(deleted_at=now)


async def marked() -> list[UUID]:
    """Tracks that are still to be taken away, the first marked first; so many at a time."""
    tracks = Track.exclude(deleted_at=None).order_by("deleted_at").limit(AT_ONCE)
    return [track.id for track in await tracks.only("id")]


async def rooms_with(track_id: UUID) -> set[UUID]:
    """The open rooms in which it is on, or in the queue. None comes to them once it is marked."""
    items = QueueItem.filter(track_id=track_id, room__closed_at=None)
    on = PlaybackRecord.filter(track_id=track_id, room__closed_at=None)
    queued: list[UUID] = [item.room_id for item in await items.only("id", "room_id")]
    return {*queued, *[record.room_id for record in await on.only("room_id")]}


async def erase(track_id: UUID) -> None:
    """Delete what is marked, with its places in playlists and favourites."""
    await Track.filter(id=track_id).exclude(deleted_at=None).delete()
