"""`favorite:…`: the tracks that the caller likes."""

from typing import Any
from uuid import UUID

from handlers.caller import Caller
from handlers.registry import event
from models.cursor import Page
from models.favorite import Favorite
from models.library import LibraryQuery
from models.track import Track
from schemas.favorite import FavoriteList, FavoriteReply, FavoriteTrack
from schemas.track import TrackReply


@event("favorite:add", FavoriteTrack, reply=TrackReply)
async def add(caller: Caller, track_id: UUID) -> Track:
    """Like a track; to like it again is no error."""
    return await Favorite.add(caller.user, track_id)


@event("favorite:remove", FavoriteTrack)
async def remove(caller: Caller, track_id: UUID) -> None:
    """Like a track no more; what is no favourite is no error."""
    await Favorite.filter(user_id=caller.user.id, track_id=track_id).delete()


@event("favorite:list", FavoriteList, reply=FavoriteReply, many=True, limit="30/10s")
async def list_favorites(caller: Caller, **wanted: Any) -> Page[Track]:
    """The tracks that the caller likes, the last liked first or otherwise."""
    return await Favorite.listed(caller.user, LibraryQuery(**wanted))
