"""Tracks: recordings that were uploaded, and can be played."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q

from models.artist import Artist
from models.cursor import Page
from models.errors import NotFound
from models.library import LibraryQuery
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
    words = fields.TextField(default="", db_default="")
    # From then on it is there for nobody; the rooms that have it are being told.
    deleted_at: datetime | None = fields.DatetimeField(null=True, db_index=True)

    class Meta:
        table = "tracks"

    @classmethod
    async def existing(cls, track_id: UUID) -> Self:
        """The track with its artist, else `NotFound`."""
        track = await cls.get_or_none(id=track_id).select_related("artist")
        if track is None:
            raise NotFound("There is no such track.")
        return track

    @classmethod
    async def listed(cls, wanted: LibraryQuery) -> Page[Self]:
        """Tracks with their artists; the query is a part of their name or of their artist's."""
        rows = cls.all().select_related("artist")
        if key := wanted.key:
            rows = rows.filter(Q(name_key__contains=key) | Q(artist__name_key__contains=key))
        if wanted.artist_id:
            rows = rows.filter(artist_id=wanted.artist_id)
        return await wanted.page(rows)

    @classmethod
    async def without_waveform(cls, track_ids: Collection[UUID]) -> dict[UUID, Self]:
        """Those tracks by id with their artists, their waveforms not read: a long list is light."""
        light = cls._meta.db_fields - {"waveform"}
        tracks = await cls.filter(id__in=list(track_ids)).only(*light).prefetch_related("artist")
        for track in tracks:
            track.waveform = []
        return {track.id: track for track in tracks}
