"""Tracks on the wire."""

from marshmallow import fields

from schemas.artist import ArtistReply
from schemas.base import Reply, Request
from schemas.fields import Id, Number, Text, Time


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
