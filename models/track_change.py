"""Changes of what tracks and artists are called, and of the words that tracks are found by.

A track's words hold its artist's name. So whoever writes a track locks its artist first, and a
renamed artist writes those of all its tracks.
"""

from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from models.artist import Artist
from models.errors import Conflict, NotFound
from models.sql import Bulk
from models.track import ABSENT, Track, described
from models.user import User

AT_ONCE = 2000
REINDEX = Bulk(
    """
    UPDATE tracks SET artist_key = given.artist_key, words = given.words
    FROM {given} WHERE tracks.id = given.id
    """,
    id="uuid",
    artist_key="text",
    words="text",
)


async def create_track(artist_id: UUID | None, **values: Any) -> Track:
    """A new track of that artist, who is still there."""
    async with in_transaction():
        artist = await Artist.held(artist_id) if artist_id else None
        values |= described(values["name"], values.get("genre"), artist)
        return await Track.create(**values, artist=artist)


async def change_track(user: User, track_id: UUID, **changes: Any) -> None:
    """Change a track, for whom `Track.require_keeper` lets, and what it is found by."""
    seen = await Track.existing(track_id)
    seen.require_keeper(user)
    artist_id = changes.get("artist_id", seen.artist_id)
    async with in_transaction():
        artist = await Artist.held(artist_id) if artist_id else None
        track = await Track.select_for_update().get_or_none(id=track_id, deleted_at=None)
        if track is None:
            raise NotFound(ABSENT)
        if "artist_id" not in changes and track.artist_id != artist_id:
            raise Conflict("Somebody else has just changed that track. Please look again.")
        track.update_from_dict(changes)
        values = described(track.name.strip(), track.genre, artist)
        track.update_from_dict(values)
        await track.save(update_fields=[*(changes | values)])


async def change_artist(user: User, artist_id: UUID, **changes: Any) -> Artist:
    """Change an artist, for whom `Artist.require_keeper` lets, and what its tracks are found by."""
    async with in_transaction():
        artist = await Artist.held(artist_id)
        artist.require_keeper(user)
        before = artist.name
        await artist.change(**changes)
        if artist.name != before:
            await _reindex(artist)
        return artist


async def delete_artist(user: User, artist_id: UUID) -> None:
    """Delete an artist without tracks; those that are being deleted no longer count."""
    try:
        async with in_transaction():
            artist = await Artist.held(artist_id)
            artist.require_keeper(user)
            being_deleted = Track.filter(artist_id=artist_id).exclude(deleted_at=None)
            await being_deleted.update(artist_id=None)
            await artist.delete()
    except IntegrityError:
        raise Conflict("That artist has tracks.") from None


async def _reindex(artist: Artist) -> None:
    """Write anew what the artist's tracks are found and sorted by, many in one statement."""
    # Locked in the order in which rooms hold them, so that nobody waits for each other.
    rows = Track.filter(artist_id=artist.id).order_by("id").select_for_update()
    tracks = await rows.only("id", "name", "genre")
    for start in range(0, len(tracks), AT_ONCE):
        some = tracks[start : start + AT_ONCE]
        anew = [(track.id, described(track.name, track.genre, artist)) for track in some]
        await REINDEX.rows([[track_id, new["artist_key"], new["words"]] for track_id, new in anew])
