"""Favourites: the tracks that a user likes."""

from uuid import UUID

from tortoise import fields

from models.row import Row
from models.track import Track
from models.user import User


class Favorite(Row):
    """A user likes a track."""

    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="favorites", on_delete=fields.CASCADE
    )
    user_id: UUID
    track: fields.ForeignKeyRelation[Track] = fields.ForeignKeyField(
        "models.Track", related_name="favorites", on_delete=fields.CASCADE
    )
    track_id: UUID

    class Meta:
        table = "favorites"
        unique_together = (("user_id", "track_id"),)
