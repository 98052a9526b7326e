"""Favourites: the tracks that a user likes."""

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Subquery
from tortoise.transactions import in_transaction

from models.cursor import Page
from models.errors import NotFound
from models.library import NEWEST, LibraryQuery, Order
from models.row import Row
from models.track import ABSENT, Track
from models.user import User

ORDERS = {
    "newest": NEWEST,
    "name": Order({"track__name_key": str, "id": UUID}),
    "artist": Order({"track__artist_key": str, "track__name_key": str, "id": UUID}),
    "duration": Order({"track__duration": float, "id": UUID}),
}


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
        indexes = (("user_id", "id"), ("track_id",))

    @classmethod
    async def add(cls, user: User, track_id: UUID) -> Track:
        """The user likes it from now on, or already does."""
        async with in_transaction():
            if not await Track.held([track_id]):
                raise NotFound(ABSENT)
            liked = cls(user=user, track_id=track_id)
            await cls.bulk_create([liked], ignore_conflicts=True)
        return await Track.existing(track_id)

    @classmethod
    async def listed(cls, user: User, wanted: LibraryQuery) -> Page[Track]:
        """The tracks that the user likes, each with since when."""
        found = wanted.among(Track.filter(deleted_at=None))
        if wanted.artist_id:
            found = found.filter(artist_id=wanted.artist_id)
        liked = cls.filter(user_id=user.id, track_id__in=Subquery(found.values("id")))
        page = await wanted.page(liked.select_related("track__artist"), ORDERS)
        for favorite in page.items:
            favorite.track.favorited_at = favorite.created_at
        tracks: list[Any] = [favorite.track for favorite in page.items]
        return Page(tracks, page.next_cursor)
