"""Blocks: for whom a user does not exist."""

from uuid import UUID

from tortoise import fields

from models.row import Row
from models.user import User


class Block(Row):
    """A user wants to have nothing to do with another."""

    blocker: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="blocks", on_delete=fields.CASCADE
    )
    blocker_id: UUID
    blocked: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="blocked_by", on_delete=fields.CASCADE
    )
    blocked_id: UUID

    class Meta:
        table = "blocks"
        unique_together = (("blocker_id", "blocked_id"),)
