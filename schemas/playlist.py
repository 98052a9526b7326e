"""Playlists on the wire."""

from marshmallow import fields

from schemas.base import Broadcast, Paging, Reply, Request
from schemas.fields import Choice, Flag, Id, Integer, Number, Text, Time, Url
from schemas.library import LibraryList
from schemas.track import TrackReply
from schemas.user import UserReply

MAX_ENTRIES = 5000
MAX_DURATION_S = 1e12


class PlaylistReply(Reply):
    """A list of tracks; `duration` in seconds.

    `imageUrl` is the playlist's own or, where it has none, the first cover among its tracks.
    """

    id = Id(required=True)
    name = Text(required=True)
    image_url = Text(required=True, allow_none=True, attribute="picture_url")
    is_public = Flag(required=True)
    allow_duplicates = Flag(required=True)
    owner = fields.Nested(UserReply, required=True)
    track_count = Integer(0, MAX_ENTRIES, required=True)
    duration = Number(0, MAX_DURATION_S, required=True)
    created_at = Time(required=True)
    updated_at = Time(required=True)


class PlaylistItemReply(TrackReply):
    """A track in a playlist, at a `position` from 0. Its `waveform` is empty here."""

    entry_id = Id(required=True)
    position = Integer(0, MAX_ENTRIES, required=True)
    added_at = Time(required=True)


class PlaylistDetails(PlaylistReply):
    """A playlist with its first 100 tracks; `playlist:tracks` gives all."""

    tracks = fields.List(fields.Nested(PlaylistItemReply), required=True)


class PlaylistAdded(PlaylistReply):
    """A playlist after a track was added, as which entry."""

    entry_id = Id(required=True)


class PlaylistUpdated(PlaylistReply, Broadcast):
    """One of the user's playlists is new, or has changed."""

    event = "playlist:updated"


class PlaylistDeleted(Broadcast):
    """One of the user's playlists is no more."""

    event = "playlist:deleted"

    playlist_id = Id(required=True)


class PlaylistGet(Request):
    playlist_id = Id(required=True)


class PlaylistCreate(Request):
    name = Text(1, 100, blank=False, required=True)
    is_public = Flag()
    image_url = Url(allow_none=True)
    allow_duplicates = Flag()
    nonce = Text(1, 64)


class PlaylistUpdate(PlaylistGet):
    name = Text(1, 100, blank=False)
    is_public = Flag()
    image_url = Url(allow_none=True)
    allow_duplicates = Flag()


class PlaylistList(LibraryList):
    """`genre`, `artistId` and `trackId`: playlists with such a track in them."""

    owner_id = Id(load_default=None)
    track_id = Id(load_default=None)
    sort = Choice("name", "newest", "updated", load_default="name")


class PlaylistTracks(Paging):
    playlist_id = Id(required=True)


class PlaylistAddTrack(PlaylistGet):
    """Without a `position` the track goes to the end."""

    track_id = Id(required=True)
    position = Integer(0, 10**6)
    nonce = Text(1, 64)


class PlaylistRemoveTrack(PlaylistGet):
    """Without `entryId` the first entry of that track is meant."""

    track_id = Id(required=True)
    entry_id = Id()


class PlaylistMoveTrack(PlaylistRemoveTrack):
    position = Integer(0, 10**6, required=True)
