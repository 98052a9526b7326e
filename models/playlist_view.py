"""Playlists as they are shown: with what is told of their tracks, and the tracks themselves."""

from collections.abc import Sequence
from copy import copy
from uuid import UUID

from models.cursor import Page, read_page
from models.playlist import PLACES, Playlist, PlaylistTrack
from models.sql import Bulk
from models.track import Track
from models.user import User

# The first of a playlist's entries with a cover is numbered 1 among those with one.
SUMS = Bulk(
    """
    SELECT playlist_id, count(*) AS tracks, sum(duration) AS duration,
        max(CASE WHEN cover_place = 1 THEN cover_url END) AS cover_url
    FROM (
        SELECT e.playlist_id, t.duration, t.cover_url, CASE WHEN t.cover_url IS NOT NULL THEN
            row_number() OVER (
                PARTITION BY e.playlist_id, t.cover_url IS NULL ORDER BY e.rank, e.id
            ) END AS cover_place
        FROM {given} JOIN playlist_tracks e ON e.playlist_id = given.id
            JOIN tracks t ON t.id = e.track_id
        WHERE t.deleted_at IS NULL
    ) AS entries
    GROUP BY playlist_id
    """,
    id="uuid",
)


async def shown(playlists: Sequence[Playlist]) -> None:
    """Set what is told of the tracks and who is the owner, in two queries for all of them."""
    if not playlists:
        return
    found = await SUMS.rows([[playlist.id] for playlist in playlists])
    sums = {UUID(str(row["playlist_id"])): row for row in found}
    owners = await User.in_bulk({playlist.owner_id for playlist in playlists}, "id")
    for playlist in playlists:
        of = sums.get(playlist.id, {})
        playlist.track_count, playlist.duration = of.get("tracks", 0), of.get("duration", 0.0)
        playlist.picture_url = playlist.image_url or of.get("cover_url")
        playlist.owner = owners[playlist.owner_id]


async def tracks_of(playlist_id: UUID, cursor: str | None, limit: int) -> Page[Track]:
    """A page of a playlist's tracks in their order, each as its entry; their waveforms are empty.

    `position` is where they are now, whatever has come or gone before them since the last page.
    """
    entries = PlaylistTrack.in_order(playlist_id)
    before = 0
    if cursor:
        rest = entries.filter(PLACES.after(cursor))
        before = await entries.count() - await rest.count()
        entries = rest
    page = await read_page(entries, limit, PLACES.key)
    tracks = await Track.without_waveform({entry.track_id for entry in page.items})
    there = [entry for entry in page.items if entry.track_id in tracks]
    placed = enumerate(there, before)
    items = [as_entry(tracks[entry.track_id], entry, place) for place, entry in placed]
    return Page(items, page.next_cursor)


def as_entry(track: Track, entry: PlaylistTrack, position: int) -> Track:
    """The track at that place; a copy, for it may be there more than once."""
    placed = copy(track)
    placed.entry_id, placed.position, placed.added_at = entry.id, position, entry.created_at
    return placed
