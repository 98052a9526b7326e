"""`track:…`: the library's recordings."""

from typing import Any
from uuid import UUID

from handlers.caller import Caller
from handlers.registry import event
from handlers.track_removal import take_away
from models.cursor import Page
from models.library import LibraryQuery
from models.track import Track
from models.track_change import change_track
from models.track_removal import mark
from schemas.track import TrackGet, TrackList, TrackReply, TrackUpdate


@event("track:get", TrackGet, reply=TrackReply)
async def get(_caller: Caller, track_id: UUID) -> Track:
    """One track."""
    return await Track.existing(track_id)


@event("track:list", TrackList, reply=TrackReply, many=True, limit="30/10s")
async def list_tracks(_caller: Caller, **wanted: Any) -> Page[Track]:
    """Tracks by name or otherwise; `query` is of words of their name, their artist and genre."""
    return await Track.listed(LibraryQuery(**wanted))


@event("track:update", TrackUpdate, reply=TrackReply, limit="30/m")
async def update(caller: Caller, track_id: UUID, **changes: Any) -> Track:
    """Change what a track is called, whose it is, its cover; for its uploader and moderators."""
    await change_track(caller.user, track_id, **changes)
    return await Track.existing(track_id)


@event("track:delete", TrackGet, limit="60/m")
async def delete(caller: Caller, track_id: UUID) -> None:
    """Delete a track with its files, for its uploader and moderators.

    It leaves all playlists, favourites and queues; a room that has it on goes on to what follows.
    """
    await mark(caller.user, track_id, caller.now)
    await take_away(caller.services, track_id)
