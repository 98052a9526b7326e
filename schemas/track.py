"""Tracks on the wire."""

from marshmallow import fields

from schemas.artist import ArtistReply
from schemas.base import Reply, Request
from schemas.fields import Choice, Id, Number, Text, Time, Url
from schemas.library import LibraryList


class TrackReply(Reply):
    """A recording; `duration` in seconds, `waveform` 400 peaks from 0 to 1."""

    id = Id(required=True)
    name = Text(required=True)
    genre = Text(required=True, allow_none=True)
    duration = Number(0, 1e9, required=True)
    url = Text(required=True)
    artist = fields.Nested(ArtistReply, required=True, allow_none=True)
    cover_url = Text(required=True, allow_none=True)
    waveform = fields.List(Number(0, 1), required=True)
    uploaded_by = Id(required=True, allow_none=True, attribute="uploaded_by_id")
    created_at = Time(required=True)


class TrackGet(Request):
    track_id = Id(required=True)


class TrackList(LibraryList):
    """`artist` sorts by the artists' names, tracks without one last."""

    uploaded_by = Id(load_default=None)
    sort = Choice("name", "newest", "artist", "duration", load_default="name")


class TrackUpdate(TrackGet):
    name = Text(1, 200, blank=False)
    genre = Text(1, 100, blank=False, allow_none=True)
    artist_id = Id(allow_none=True)
    cover_url = Url(allow_none=True)
