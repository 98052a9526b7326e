"""Members of listening rooms: roles, and who is there now."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Case, Q, When

from models.cursor import Page, decode_cursor, read_page
from models.errors import Forbidden, NotFound
from models.room import ControlMode, Room
from models.row import Row
from models.user import User


class MemberRole(StrEnum):
    """What a member may do in a room."""

    HOST = "host"
    DJ = "dj"
    LISTENER = "listener"


# The highest first.
RANKS = tuple(MemberRole)
STEERING = {
    ControlMode.HOST: {MemberRole.HOST},
    ControlMode.DJS: {MemberRole.HOST, MemberRole.DJ},
    ControlMode.EVERYONE: set(MemberRole),
}


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

    @property
    def is_host(self) -> bool:
        return self.role is MemberRole.HOST

    @property
    def may_steer(self) -> bool:
        """Whether the room's control mode lets them play, pause, skip …; needs `room` fetched."""
        return self.role in STEERING[self.room.control_mode]

    @classmethod
    async def of(cls, user: User, room_id: UUID) -> Self:
        """`user` as a member, with the room.

        A room that they may not see is `NotFound`; one that they see but are not in is `Forbidden`.
        """
        member = await cls.get_or_none(
            room_id=room_id, user_id=user.id, room__closed_at=None
        ).select_related("room")
        if member is None:
            await Room.open_to(user, room_id)
            raise Forbidden("Join the room first.")
        return member

    @classmethod
    async def in_room(cls, room_id: UUID, user_id: UUID) -> Self:
        """That member with their user, else `NotFound`."""
        member = await cls.get_or_none(room_id=room_id, user_id=user_id).select_related("user")
        if member is None:
            raise NotFound("There is no such member.")
        return member

    @classmethod
    async def rooms_of(cls, user_id: UUID, room_ids: Collection[UUID]) -> list[Room]:
        """Those of the rooms that are open, and of which the user is a member."""
        among = cls.filter(user_id=user_id, room_id__in=list(room_ids), room__closed_at=None)
        return [member.room for member in await among.select_related("room")]

    @classmethod
    async def connected_ids(cls, room_id: UUID) -> list[UUID]:
        """The users who are connected now, in the order in which they joined."""
        rows = cls.filter(room_id=room_id, disconnected_at=None).order_by("joined_at", "id")
        return [member.user_id for member in await rows.only("id", "user_id")]

    @classmethod
    async def listed(cls, room_id: UUID, cursor: str | None, limit: int) -> Page[Self]:
        """Members with their users: the host, then djs, then by the time of joining."""
        place = Case(*(When(role=role, then=str(i)) for i, role in enumerate(RANKS)), default="9")
        rows = cls.filter(room_id=room_id).annotate(place=place)
        if cursor:
            rows = rows.filter(_after(cursor))
        # Ids are ordered by time, and made when their member joins.
        in_order = rows.order_by("place", "id").select_related("user")
        return await read_page(in_order, limit, lambda member: (member.role, member.id))


def _after(cursor: str) -> Q:
    role, after = decode_cursor(cursor, MemberRole, UUID)
    lower = RANKS[RANKS.index(role) + 1 :]
    return Q(role__in=lower) | Q(role=role, id__gt=after)
