"""A room's playback as its members see it: the state, with the track that is on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from models.playback import Playback, PlaybackConflict
from models.playback_record import PlaybackRecord
from models.playback_status import Reason, Status
from models.track import Track


@dataclass(frozen=True, slots=True)
class PlaybackView:
    """What `Playback` says, with the track and its artist in place of its id."""

    room_id: UUID
    version: int
    status: Status
    track: Track | None
    queue_item_id: UUID | None
    position: float
    anchor_at: float | None
    rate: float
    waiting_for: tuple[UUID, ...]
    reason: Reason
    changed_by: UUID | None


async def playback_view(state: Playback) -> PlaybackView:
    """`state` with its track fetched."""
    found = Track.get_or_none(id=state.track_id).select_related("artist")
    return PlaybackView(
        room_id=state.room_id,
        version=state.version,
        status=state.status,
        track=await found if state.track_id else None,
        queue_item_id=state.queue_item_id,
        position=state.position,
        anchor_at=state.anchor_at,
        rate=state.rate,
        waiting_for=state.waiting_for,
        reason=state.reason,
        changed_by=state.changed_by,
    )


async def current_playback(room_id: UUID) -> PlaybackView:
    """The room's playback as it is kept now."""
    return await playback_view(await PlaybackRecord.of(room_id))


@asynccontextmanager
async def showing_current() -> AsyncIterator[None]:
    """Let a `PlaybackConflict` carry the playback that it met as its `data`."""
    try:
        yield
    except PlaybackConflict as conflict:
        conflict.data = await playback_view(conflict.current)
        raise
