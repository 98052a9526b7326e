"""`artist:…`: who made the library's recordings."""

from typing import Any

from handlers.caller import Caller
from handlers.registry import event
from models.artist import Artist
from models.cursor import Page
from models.library import LibraryQuery
from schemas.artist import ArtistReply, LibraryList


@event("artist:list", LibraryList, reply=ArtistReply, many=True, limit="30/10s")
async def list_artists(_caller: Caller, **wanted: Any) -> Page[Artist]:
    """Artists by name or the newest first; `query` is a part of the name."""
    return await Artist.listed(LibraryQuery(**wanted))
