"""Playlists: tracks in an order, to be queued or to follow when a queue is empty."""

from datetime import datetime
from uuid import UUID

from tortoise import fields

from models.row import Row
from models.track import Track
from models.user import User


class Playlist(Row):
    """A user's list of tracks. A private one does not exist for others."""

    name = fields.CharField(max_length=100)
    image_url = fields.CharField(max_length=2048, null=True)
    is_public = fields.BooleanField(default=False)
    owner: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="playlists", on_delete=fields.CASCADE
    )
    owner_id: UUID
    updated_at: datetime = fields.DatetimeField(auto_now=True)

    class Meta:
        table = "playlists"


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
