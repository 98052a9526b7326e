"""What all rows share: a time-ordered id and the moment of their making.

A row's docstring becomes its table's comment, and the SQLite migrations split statements at every
semicolon: its first line must be without one.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import uuid_utils.compat
from tortoise import fields
from tortoise.models import Model
from tortoise.queryset import QuerySet


def new_id() -> UUID:
    """A UUID of version 7: unique, and sorted by the time of its making."""
    return uuid_utils.compat.uuid7()


async def ids_of(rows: QuerySet[Any], column: str = "id") -> list[UUID]:
    """The ids that `rows` have in a column, in their order: SQLite gives them as text."""
    return [UUID(str(row_id)) for row_id in await rows.values_list(column, flat=True)]


class Row(Model):
    """A record with an id of version 7."""

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    created_at: datetime = fields.DatetimeField(auto_now_add=True)

    class Meta:
        abstract = True

    @classmethod
    async def known(cls, ids: set[UUID]) -> set[UUID]:
        """Those of the ids of which there is a row."""
        return set(await ids_of(cls.filter(id__in=ids)))
