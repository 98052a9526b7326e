"""`artist:…`: who made the library's recordings."""

from typing import Any
from uuid import UUID

from handlers.caller import Caller
from handlers.registry import event
from models.artist import Artist
from models.cursor import Page
from models.library import LibraryQuery
from models.track_change import change_artist, delete_artist
from schemas.artist import ArtistCreate, ArtistDetails, ArtistGet, ArtistList, ArtistUpdate


@event("artist:list", ArtistList, reply=ArtistDetails, many=True, limit="30/10s")
async def list_artists(_caller: Caller, **wanted: Any) -> Page[Artist]:
    """Artists by name or the newest first; `query` is of words of their name and genre."""
    return await Artist.listed(LibraryQuery(**wanted))


@event("artist:get", ArtistGet, reply=ArtistDetails)
async def get(_caller: Caller, artist_id: UUID) -> Artist:
    """One artist."""
    return await Artist.existing(artist_id)


@event("artist:create", ArtistCreate, reply=ArtistDetails, limit="30/m")
async def create(caller: Caller, nonce: str | None = None, **given: Any) -> Artist:
    """Enter an artist; `conflict` where there is one of that name, without regard to case."""
    return await Artist.make(caller.user, caller.now, nonce, **given)


@event("artist:update", ArtistUpdate, reply=ArtistDetails, limit="30/m")
async def update(caller: Caller, artist_id: UUID, **changes: Any) -> Artist:
    """Change an artist, for who entered it and moderators; its tracks are found by the new name."""
    return await change_artist(caller.user, artist_id, **changes)


@event("artist:delete", ArtistGet, limit="30/m")
async def delete(caller: Caller, artist_id: UUID) -> None:
    """Delete an artist, for who entered it and moderators; `conflict` where it has tracks."""
    await delete_artist(caller.user, artist_id)
