"""What all rows share: a time-ordered id and the moment of their making.

A row's docstring becomes its table's comment, and the SQLite migrations split statements at every
semicolon: its first line must be without one.
"""

from datetime import datetime
from uuid import UUID

import uuid_utils.compat
from tortoise import fields
from tortoise.models import Model


def new_id() -> UUID:
    """A UUID of version 7: unique, and sorted by the time of its making."""
    return uuid_utils.compat.uuid7()


class Row(Model):
    """A record with an id of version 7."""

    id: UUID = fields.UUIDField(primary_key=True, default=new_id)
    created_at: datetime = fields.DatetimeField(auto_now_add=True)

    class Meta:
        abstract = True
