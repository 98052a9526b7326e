"""What of the library is asked for: the filters, the order and the page of a list."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from typing import Any, TypeVar
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from models.cursor import Page, decode_cursor, foreign_cursor, read_page
from models.row import Row
from models.search import matching

AnyRow = TypeVar("AnyRow", bound=Row)


@dataclass(frozen=True, slots=True)
class Order:
    """A sort order: the columns by which rows follow each other, the last of them unique.

    A column may be another row's, as in `track__duration`.
    """

    columns: Mapping[str, type]
    descending: bool = False

    def after(self, cursor: str) -> Q:
        """The rows beyond the one that `cursor` names, whether it is there still or not."""
        kinds = self.columns.values()
        texts = decode_cursor(cursor, *map(_on_the_wire, kinds))
        pairs = zip(texts, kinds, strict=True)
        return self.beyond(*(_moment(text) if kind is datetime else text for text, kind in pairs))

    def beyond(self, *values: Any) -> Q:
        """The rows beyond one with these values in the columns."""
        way = "lt" if self.descending else "gt"
        *others, (unique, value) = zip(self.columns, values, strict=True)
        beyond = Q(**{f"{unique}__{way}": value})
        for column, value in reversed(others):
            beyond = Q(**{f"{column}__{way}": value}) | (Q(**{column: value}) & beyond)
            # Says nothing new, but lets the database begin to read its index there.
            beyond &= Q(**{f"{column}__{way}e": value})
        return beyond

    @property
    def terms(self) -> list[str]:
        """The columns as `order_by` takes them."""
        return [f"-{column}" if self.descending else column for column in self.columns]

    def key(self, row: Any) -> tuple[Any, ...]:
        """What the cursor says of `row`."""
        values = (reduce(getattr, column.split("__"), row) for column in self.columns)
        return tuple(v.isoformat() if isinstance(v, datetime) else v for v in values)


NEWEST = Order({"id": UUID}, descending=True)


@dataclass(frozen=True, slots=True)
class LibraryQuery:
    """`query` asks for words' beginnings; `sort` is one of the orders that the list has."""

    limit: int
    sort: str
    query: str | None = None
    genre: str | None = None
    artist_id: UUID | None = None
    uploaded_by: UUID | None = None
    owner_id: UUID | None = None
    track_id: UUID | None = None
    cursor: str | None = None

    def among(self, rows: QuerySet[AnyRow]) -> QuerySet[AnyRow]:
        """Those of `rows` that match; they have `words`, in which their genre is."""
        # Its words alone do not say that it is that genre, but the index knows them.
        rows = matching(rows, f"{self.query or ''} {self.genre or ''}")
        return rows.filter(genre__iexact=self.genre) if self.genre else rows

    async def page(self, rows: QuerySet[AnyRow], orders: Mapping[str, Order]) -> Page[AnyRow]:
        """The page of `rows` in the order that was asked for."""
        order = orders[self.sort]
        if self.cursor:
            rows = rows.filter(order.after(self.cursor))
        return await read_page(rows.order_by(*order.terms), self.limit, order.key)


def _on_the_wire(kind: type) -> type:
    return str if kind is datetime else kind


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise foreign_cursor() from None
