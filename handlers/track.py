"""`track:…`: the library's recordings."""

from typing import Any
from uuid import UUID

from handlers.caller import Caller
from handlers.registry import event
from models.cursor import Page
from models.library import LibraryQuery
from models.track import Track
from schemas.artist import LibraryList
from schemas.track import TrackGet, TrackReply


@event("track:get", TrackGet, reply=TrackReply)
async def get(_caller: Caller, track_id: UUID) -> Track:
    """One track."""
    return await Track.existing(track_id)


@event("track:list", LibraryList, reply=TrackReply, many=True, limit="30/10s")
async def list_tracks(_caller: Caller, **wanted: Any) -> Page[Track]:
    """Tracks by name or the newest first; `query` is a part of the name or of the artist's."""
    return await Track.listed(LibraryQuery(**wanted))
