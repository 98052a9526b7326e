"""Tracks: recordings that were uploaded, and can be played."""

from typing import Any
from uuid import UUID

from tortoise import fields

from models.artist import Artist
from models.row import Row
from models.user import User


class Track(Row):
    """A recording. `duration` in seconds, `waveform` 400 peaks from 0 to 1."""

    name = fields.CharField(max_length=200)
    name_key = fields.CharField(max_length=200, db_index=True)
    genre = fields.CharField(max_length=100, null=True)
    duration = fields.FloatField()
    url = fields.CharField(max_length=255)
    mime_type = fields.CharField(max_length=64)
    cover_url = fields.CharField(max_length=255, null=True)
    waveform: Any = fields.JSONField(default=list)
    artist: fields.ForeignKeyNullableRelation[Artist] = fields.ForeignKeyField(
        "models.Artist", null=True, related_name="tracks", on_delete=fields.RESTRICT
    )
    artist_id: UUID | None
    uploaded_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "models.User", null=True, related_name="tracks", on_delete=fields.SET_NULL
    )
    uploaded_by_id: UUID | None

    class Meta:
        table = "tracks"
