"""Artists: whose tracks these are."""

from typing import Any, Self, TypeVar
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from models.cursor import Page, decode_cursor, encode_cursor
from models.errors import ValidationFailed
from models.row import Row

AnyRow = TypeVar("AnyRow", bound=Row)


class Artist(Row):
    """Someone who makes music. `name_key` makes one artist of "ABBA" and "Abba"."""

    name = fields.CharField(max_length=200)
    name_key = fields.CharField(max_length=200, unique=True)
    genre = fields.CharField(max_length=100, null=True)
    image_url = fields.CharField(max_length=2048, null=True)

    class Meta:
        table = "artists"

    @classmethod
    async def listed(
        cls,
        *,
        query: str | None,
        genre: str | None,
        artist_id: UUID | None,
        sort: str,
        cursor: str | None,
        limit: int,
    ) -> Page[Self]:
        """Artists; `query` is a part of their name."""
        rows = cls.all()
        if query:
            rows = rows.filter(name_key__contains=query.lower())
        if genre:
            rows = rows.filter(genre__iexact=genre)
        if artist_id:
            rows = rows.filter(id=artist_id)
        return await named_page(rows, sort, cursor, limit)


async def named_page(
    rows: QuerySet[AnyRow], sort: str, cursor: str | None, limit: int
) -> Page[AnyRow]:
    """A page of rows that have a `name_key`; `sort` is `name`, or `newest`: the last made first."""
    rows = rows.order_by("-id") if sort == "newest" else rows.order_by("name_key", "id")
    if cursor:
        rows = rows.filter(_after(cursor, sort))
    found = await rows.limit(limit + 1)
    if len(found) <= limit:
        return Page(found)
    return Page(found[:limit], encode_cursor(*_key(found[limit - 1], sort)))


def _key(row: Any, sort: str) -> tuple[str, ...]:
    return (str(row.id),) if sort == "newest" else (row.name_key, str(row.id))


def _after(cursor: str, sort: str) -> Q:
    *name, last_id = decode_cursor(cursor, *([str] if sort == "newest" else [str, str]))
    try:
        after = UUID(last_id)
    except ValueError:
        raise ValidationFailed.of("cursor", "invalid", "That cursor is none of ours.") from None
    if not name:
        return Q(id__lt=after)
    return Q(name_key__gt=name[0]) | Q(name_key=name[0], id__gt=after)
