"""Putting tracks on: what somebody chose, what follows, and the end of what was on.

All of it happens on a `Stage`, under the room's lock. The item that is on is marked `playing`:
there is one exactly while the room is not stopped.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from models.playback import Cue, NothingToPlay, Playback
from models.playback_record import PlaybackRecord
from models.playback_stage import Stage
from models.playback_status import Reason, Status
from models.playlist import PlaylistTrack
from models.queue import Queue, QueueItem, QueueTurn, QueueVote, SkipVote
from models.queue_order import (
    RANK_GAP,
    Again,
    Ending,
    Finished,
    Following,
    FromAutoplay,
    FromQueue,
    Queued,
    what_follows,
)
from models.track import Track


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something comes on, when, and by whose command (None: by nobody's)."""

    reason: Reason
    now_ms: float
    by: UUID | None = None


async def play(
    stage: Stage, track_id: UUID | None, position: float | None, now_ms: float, by: UUID
) -> None:
    """Put that track on; without one go on after a pause, or begin with what comes first."""
    cause = Cause(Reason.PLAY, now_ms, by)
    if track_id is not None:
        await _play_directly(stage, track_id, position or 0.0, cause)
    elif stage.state.status is Status.STOPPED:
        await _follow(stage, None, cause, position or 0.0)
        if not stage.changed:
            raise NothingToPlay("There is nothing in the queue.", stage.state)
    else:
        lead_ms = await stage.lead_ms()
        stage.state = stage.state.played(now_ms, lead_ms, by, position)


async def skip(stage: Stage, reason: Reason, now_ms: float, by: UUID | None) -> None:
    """Go on to what follows; `NothingToPlay` in a room that is stopped."""
    if stage.state.status is Status.STOPPED:
        raise NothingToPlay("Nothing is on in this room.", stage.state)
    await _follow(stage, Ending.SKIPPED, Cause(reason, now_ms, by))


async def take_out(stage: Stage, track_id: UUID, now_ms: float) -> None:
    """A track is being deleted: it leaves the queue, and where it is on the room goes on."""
    if await QueueItem.filter(room_id=stage.room.id, track_id=track_id, playing=None).delete():
        stage.queue_changed = True
    if stage.state.track_id == track_id:
        await _follow(stage, Ending.REMOVED, Cause(Reason.REMOVED, now_ms))


async def act_if_due(stage: Stage, now_ms: float) -> None:
    """What the server does by itself: open the gate, or go on at the end of a track.

    Who finds nothing due changes nothing: so it happens once, however many notice. After a time in
    which no server ran, the next track begins now.
    """
    if stage.state.is_over(now_ms):
        await _follow(stage, Ending.ENDED, Cause(Reason.ENDED, now_ms))
    elif stage.state.is_due(now_ms):
        stage.state = stage.state.timed_out(now_ms, await stage.lead_ms())


async def take_off(stage: Stage, reason: Reason, by: UUID | None) -> None:
    """Stop; the queue stays."""
    await _clear(stage.room.id)
    stage.state = stage.state.stopped(by, reason)


async def _play_directly(stage: Stage, track_id: UUID, position: float, cause: Cause) -> None:
    """What was on is gone for good, and the queue stays."""
    await Track.held([track_id])
    track = await Track.existing(track_id)
    item_id = await _put_beside_queue(stage, track.id, cause)
    await _load(stage, track, item_id, position, cause)


async def _follow(stage: Stage, ending: Ending | None, cause: Cause, position: float = 0.0) -> None:
    """Put on what follows the track that came to its `ending` (None: nothing was on), or stop."""
    finished = await _finished(stage.state, ending) if ending else None
    queue = await Queue.of(stage.room)
    entry = None if queue.items else await _next_of_playlist(stage)
    autoplay = entry.track_id if entry else None
    following = what_follows(finished, queue.items, stage.room.repeat, autoplay)
    item_id = await _bring_on(stage, following, queue, cause)
    if item_id is None:
        await take_off(stage, cause.reason, cause.by)
        return
    if entry and isinstance(following, FromAutoplay):
        await PlaybackRecord.filter(room_id=stage.room.id).update(autoplayed_id=entry.id)
    item = await QueueItem.get(id=item_id).select_related("track")
    await _load(stage, item.track, item.id, position, cause)


async def _finished(state: Playback, ending: Ending) -> Finished | None:
    """What was on, unless it has been deleted meanwhile: then nothing returns."""
    if state.track_id is None:
        return None
    row = await QueueItem.get_or_none(id=state.queue_item_id)
    item = row.queued() if row and row.from_queue else None
    return Finished(state.track_id, item, ending)


async def _next_of_playlist(stage: Stage) -> PlaylistTrack | None:
    """The entry of the room's playlist after the one that last came on; after its end the first."""
    if stage.room.autoplay_playlist_id is None:
        return None
    record = await PlaybackRecord.get(room_id=stage.room.id).select_related("autoplayed")
    return await PlaylistTrack.following(stage.room.autoplay_playlist_id, record.autoplayed)


async def _bring_on(stage: Stage, following: Following, queue: Queue, cause: Cause) -> UUID | None:
    """Make what follows the item that is on; gives its id, or None for silence."""
    match following:
        case Again(track_id, _):
            return await _begin_again(stage, track_id, cause)
        case FromQueue(item, requeue):
            if requeue:
                await _requeue(requeue, queue)
            return await _take_from_queue(stage, item, cause)
        case FromAutoplay(track_id):
            return await _put_beside_queue(stage, track_id, Cause(cause.reason, cause.now_ms))
        case _:
            return None


async def _begin_again(stage: Stage, track_id: UUID, cause: Cause) -> UUID:
    item_id = stage.state.queue_item_id
    if item_id is None:
        return await _put_beside_queue(stage, track_id, cause)
    await SkipVote.filter(item_id=item_id).delete()  # they were for the time that is over
    return item_id


async def _requeue(item: Queued, queue: Queue) -> None:
    """What was on goes to the end of the queue, without its votes."""
    rank = max(each.rank for each in queue.items) + RANK_GAP
    await QueueItem.filter(id=item.id).update(playing=None, rank=rank)
    await QueueVote.filter(item_id=item.id).delete()
    await SkipVote.filter(item_id=item.id).delete()


async def _take_from_queue(stage: Stage, item: Queued, cause: Cause) -> UUID:
    """`item` leaves the queue for the stage; what is there still is gone."""
    await _clear(stage.room.id)
    await QueueItem.filter(id=item.id).update(playing=True)
    if item.added_by:
        await QueueTurn.note(stage.room.id, item.added_by, cause.now_ms)
    stage.queue_changed = True
    return item.id


async def _put_beside_queue(stage: Stage, track_id: UUID, cause: Cause) -> UUID:
    """A track comes on that was not in the queue, as an item all the same: it can be voted on."""
    await _clear(stage.room.id)
    item = await QueueItem.create(
        room=stage.room,
        track_id=track_id,
        added_by_id=cause.by,
        added_at=datetime.fromtimestamp(cause.now_ms / 1000, UTC),
        rank=0.0,
        playing=True,
        from_queue=False,
    )
    return item.id


async def _clear(room_id: UUID) -> None:
    """The item that is on is no more, and its votes neither."""
    await QueueItem.filter(room_id=room_id, playing=True).delete()


async def _load(stage: Stage, track: Track, item_id: UUID, position: float, cause: Cause) -> None:
    cue = Cue(track.id, track.duration, item_id, position)
    listeners = await stage.listeners()
    stage.state = stage.state.loaded(cue, listeners, cause.now_ms, cause.by, cause.reason)
