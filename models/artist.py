"""Artists: whose tracks these are."""

from typing import Self
from uuid import UUID

from tortoise import fields

from models.cursor import Page
from models.library import LibraryQuery
from models.row import Row
from models.user import User


class Artist(Row):
    """Someone who makes music. `name_key` makes one artist of "ABBA" and "Abba"."""

    name = fields.CharField(max_length=200)
    name_key = fields.CharField(max_length=200, unique=True)
    genre = fields.CharField(max_length=100, null=True)
    image_url = fields.CharField(max_length=2048, null=True)
    words = fields.TextField(default="", db_default="")
    created_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "models.User", null=True, related_name="artists", on_delete=fields.SET_NULL
    )
    created_by_id: UUID | None

    class Meta:
        table = "artists"

    @classmethod
    async def listed(cls, wanted: LibraryQuery) -> Page[Self]:
        """Artists; the query is a part of their name."""
        rows = cls.all()
        if wanted.key:
            rows = rows.filter(name_key__contains=wanted.key)
        if wanted.artist_id:
            rows = rows.filter(id=wanted.artist_id)
        return await wanted.page(rows)
