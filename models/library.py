"""What of the library is asked for: the filters, the order and the page of a list."""

from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from models.cursor import Page, decode_cursor, read_page
from models.row import Row

AnyRow = TypeVar("AnyRow", bound=Row)


@dataclass(frozen=True, slots=True)
class LibraryQuery:
    """`sort` is `name`, or `newest`: the last made first. The rows have `name_key` and `genre`."""

    limit: int
    sort: str
    query: str | None = None
    genre: str | None = None
    artist_id: UUID | None = None
    cursor: str | None = None

    @property
    def key(self) -> str | None:
        """What names are searched by, without regard to case."""
        return self.query and self.query.lower()

    async def page(self, rows: QuerySet[AnyRow]) -> Page[AnyRow]:
        """The page of `rows` of that genre, in that order."""
        if self.genre:
            rows = rows.filter(genre__iexact=self.genre)
        if self.sort == "newest":
            if self.cursor:
                (last_id,) = decode_cursor(self.cursor, UUID)
                rows = rows.filter(id__lt=last_id)
            return await read_page(rows.order_by("-id"), self.limit, lambda row: (row.id,))
        if self.cursor:
            name, last_id = decode_cursor(self.cursor, str, UUID)
            rows = rows.filter(Q(name_key__gt=name) | Q(name_key=name, id__gt=last_id))
        by_name = rows.order_by("name_key", "id")
        return await read_page(by_name, self.limit, name_of)


def name_of(row: Any) -> tuple[str, UUID]:
    return row.name_key, row.id
