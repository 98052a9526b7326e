"""Members of listening rooms: roles, and who is there now."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tortoise import fields

from models.room import Room
from models.row import Row
from models.user import User


class MemberRole(StrEnum):
    """What a member may do in a room."""

    HOST = "host"
    DJ = "dj"
    LISTENER = "listener"


class Member(Row):
    """A user in a room, once, however many sockets they have there.

    `disconnected_at` is null while one of their sockets hears the room.
    """

    room: fields.ForeignKeyRelation[Room] = fields.ForeignKeyField(
        "models.Room", related_name="members", on_delete=fields.CASCADE
    )
    room_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="memberships", on_delete=fields.CASCADE
    )
    user_id: UUID
    role = fields.CharEnumField(MemberRole, default=MemberRole.LISTENER)
    joined_at: datetime = fields.DatetimeField()
    disconnected_at: datetime | None = fields.DatetimeField(null=True, db_index=True)

    class Meta:
        table = "room_members"
        unique_together = (("room_id", "user_id"),)

    @property
    def connected(self) -> bool:
        return self.disconnected_at is None
