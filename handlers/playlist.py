"""`playlist:…`: users' lists of tracks, for themselves or for all."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from handlers.caller import Caller
from handlers.registry import event
from handlers.services import user_channel
from models.cursor import Page
from models.library import LibraryQuery
from models.nonce import Nonce, NonceUsedError
from models.playlist import Playlist, changing_playlist, holding_playlist
from models.playlist_entries import add, add_payload, move, remove
from models.playlist_view import shown, tracks_of
from models.track import Track
from schemas.playlist import (
    PlaylistAdded,
    PlaylistAddTrack,
    PlaylistCreate,
    PlaylistDeleted,
    PlaylistDetails,
    PlaylistGet,
    PlaylistItemReply,
    PlaylistList,
    PlaylistMoveTrack,
    PlaylistRemoveTrack,
    PlaylistReply,
    PlaylistTracks,
    PlaylistUpdate,
    PlaylistUpdated,
)

FIRST_TRACKS = 100


@event("playlist:list", PlaylistList, reply=PlaylistReply, many=True, limit="30/10s")
async def list_playlists(caller: Caller, **wanted: Any) -> Page[Playlist]:
    """Public playlists and the caller's own; `query` is of words of their name."""
    page = await Playlist.listed(caller.user, LibraryQuery(**wanted))
    await show(caller, page.items)
    return page


@event("playlist:get", PlaylistGet, reply=PlaylistDetails)
async def get(caller: Caller, playlist_id: UUID) -> Playlist:
    """One playlist with its first 100 tracks; another's private one is `not_found`."""
    playlist = await Playlist.open_to(caller.user, playlist_id)
    await show(caller, [playlist])
    playlist.tracks = (await tracks_of(playlist_id, None, FIRST_TRACKS)).items
    return playlist


@event("playlist:tracks", PlaylistTracks, reply=PlaylistItemReply, many=True, limit="30/10s")
async def tracks(
    caller: Caller, playlist_id: UUID, limit: int, cursor: str | None = None
) -> Page[Track]:
    """The tracks of a playlist in their order."""
    await Playlist.open_to(caller.user, playlist_id)
    return await tracks_of(playlist_id, cursor, limit)


@event("playlist:create", PlaylistCreate, reply=PlaylistReply, limit="30/m")
async def create(caller: Caller, nonce: str | None = None, **given: Any) -> Playlist:
    """Make an empty playlist of the caller's own."""
    playlist = await Playlist.make(caller.user, caller.now, nonce, **given)
    return await announce(caller, playlist)


@event("playlist:update", PlaylistUpdate, reply=PlaylistReply, limit="60/m")
async def update(caller: Caller, playlist_id: UUID, **changes: Any) -> Playlist:
    """Change a playlist's settings; its owner, and moderators where it is public.

    `allowDuplicates` cannot be turned off while some track is in it twice: `conflict`.
    """
    async with changing_playlist(caller.user, playlist_id) as playlist:
        await playlist.change(**changes)
    return await announce(caller, playlist)


@event("playlist:delete", PlaylistGet, limit="60/m")
async def delete(caller: Caller, playlist_id: UUID) -> None:
    """Delete a playlist; its owner, and moderators where it is public."""
    async with holding_playlist(caller.user, playlist_id) as playlist:
        await playlist.delete()
    gone = {"playlist_id": playlist_id}
    caller.tell(user_channel(playlist.owner_id), PlaylistDeleted, gone)


@event("playlist:add_track", PlaylistAddTrack, reply=PlaylistAdded)
async def add_track(
    caller: Caller,
    playlist_id: UUID,
    track_id: UUID,
    position: int | None = None,
    nonce: str | None = None,
) -> Playlist:
    """Put a track into a playlist, at `position` (from 0) or at its end.

    `conflict` where it is in it already, unless the playlist allows that, and above 5,000 tracks.
    """
    return await put_in(caller, nonce, playlist_id, track_id, position)


async def put_in(
    caller: Caller, nonce: str | None, playlist_id: UUID, track_id: UUID, position: int | None
) -> Playlist:
    """Add a track, once for each nonce."""
    user, now = caller.user, caller.now
    if nonce and (added := await added_before(caller, nonce, playlist_id, track_id, position)):
        return added
    try:
        async with changing_playlist(user, playlist_id) as playlist:
            added_id = await add(playlist, user, track_id, position, nonce, now)
    except NonceUsedError:
        # Another send with it came first, and has been committed: its result is the answer.
        return await put_in(caller, nonce, playlist_id, track_id, position)
    playlist.entry_id = added_id
    return await announce(caller, playlist)


async def added_before(
    caller: Caller, nonce: str, playlist_id: UUID, track_id: UUID, position: int | None
) -> Playlist | None:
    """The playlist as it is now, where this nonce has already added the track to it."""
    payload = add_payload(playlist_id, track_id, position)
    entry_id = await Nonce.first_result(caller.user.id, nonce, payload, caller.now)
    if entry_id is None:
        return None
    playlist = await Playlist.open_to(caller.user, playlist_id)
    playlist.entry_id = entry_id
    await show(caller, [playlist])
    return playlist


@event("playlist:remove_track", PlaylistRemoveTrack, reply=PlaylistReply)
async def remove_track(
    caller: Caller, playlist_id: UUID, track_id: UUID, entry_id: UUID | None = None
) -> Playlist:
    """Take a track out of a playlist: that entry of it, or its first."""
    async with changing_playlist(caller.user, playlist_id) as playlist:
        await remove(playlist, track_id, entry_id)
    return await announce(caller, playlist)


@event("playlist:move_track", PlaylistMoveTrack, reply=PlaylistReply)
async def move_track(
    caller: Caller, playlist_id: UUID, track_id: UUID, position: int, entry_id: UUID | None = None
) -> Playlist:
    """Bring a track (that entry of it, or its first) to `position` from 0, or to the end."""
    async with changing_playlist(caller.user, playlist_id) as playlist:
        await move(playlist, track_id, position, entry_id)
    return await announce(caller, playlist)


async def show(caller: Caller, playlists: Sequence[Playlist]) -> None:
    """Fetch what is told with playlists: their tracks' sums, their owners and who is connected."""
    await shown(playlists)
    await caller.services.presence.mark(playlist.owner for playlist in playlists)


async def announce(caller: Caller, playlist: Playlist) -> Playlist:
    """Tell the owner's own sockets how it is now."""
    await show(caller, [playlist])
    caller.tell(user_channel(playlist.owner_id), PlaylistUpdated, playlist)
    return playlist
