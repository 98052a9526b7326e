"""Playlists: tracks in an order, to be queued or to follow when a queue is empty."""

from datetime import datetime
from typing import Self
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q

from models.errors import NotFound
from models.row import Row
from models.track import Track
from models.user import User


class Playlist(Row):
    """A user's list of tracks. A private one does not exist for others."""

    name = fields.CharField(max_length=100)
    image_url = fields.CharField(max_length=2048, null=True)
    is_public = fields.BooleanField(default=False)
    allow_duplicates = fields.BooleanField(default=False, db_default=False)
    name_key = fields.CharField(max_length=100, default="", db_default="")
    words = fields.TextField(default="", db_default="")
    owner: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="playlists", on_delete=fields.CASCADE
    )
    owner_id: UUID
    updated_at: datetime = fields.DatetimeField(auto_now=True)

    class Meta:
        table = "playlists"

    @classmethod
    async def open_to(cls, user: User, playlist_id: UUID) -> Self:
        """A playlist that is public or the user's own, else `NotFound`."""
        visible = Q(is_public=True) | Q(owner_id=user.id)
        playlist = await cls.get_or_none(visible, id=playlist_id)
        if playlist is None:
            raise NotFound("There is no such playlist.")
        return playlist

    async def track_ids(self, limit: int) -> list[UUID]:
        """The first `limit` tracks, in their order."""
        entries = PlaylistTrack.filter(playlist_id=self.id).order_by("rank", "id").limit(limit)
        return [entry.track_id for entry in await entries]


class PlaylistTrack(Row):
    """A track's place in a playlist."""

    playlist: fields.ForeignKeyRelation[Playlist] = fields.ForeignKeyField(
        "models.Playlist", related_name="entries", on_delete=fields.CASCADE
    )
    playlist_id: UUID
    track: fields.ForeignKeyRelation[Track] = fields.ForeignKeyField(
        "models.Track", related_name="entries", on_delete=fields.CASCADE
    )
    track_id: UUID
    rank = fields.FloatField()

    class Meta:
        table = "playlist_tracks"
        indexes = (("playlist_id", "rank"),)

    @classmethod
    async def following(cls, playlist_id: UUID, last: Self | None) -> Self | None:
        """The entry after `last`; the first where that is none of this playlist's, or its end."""
        entries = cls.filter(playlist_id=playlist_id).order_by("rank", "id")
        if last and last.playlist_id == playlist_id:
            later = Q(rank__gt=last.rank) | Q(rank=last.rank, id__gt=last.id)
            if entry := await entries.filter(later).first():
                return entry
        return await entries.first()
