"""Who was removed from a room, and may not come back yet."""

from datetime import datetime, timedelta
from uuid import UUID

from tortoise import fields

from models.room import Room
from models.row import Row
from models.user import User

LASTS = timedelta(minutes=5)


class RoomKick(Row):
    """A user who was kicked: for five minutes they stay out, so that no client just tries again."""

    room: fields.ForeignKeyRelation[Room] = fields.ForeignKeyField(
        "models.Room", related_name=False, on_delete=fields.CASCADE
    )
    room_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name=False, on_delete=fields.CASCADE
    )
    user_id: UUID
    until: datetime = fields.DatetimeField(db_index=True)

    class Meta:
        table = "room_kicks"
        indexes = (("user_id", "room_id"),)

    @classmethod
    async def bar(cls, room_id: UUID, user_id: UUID, now: datetime) -> None:
        """Keep `user_id` out from now on, for a while."""
        await cls.create(room_id=room_id, user_id=user_id, until=now + LASTS)

    @classmethod
    async def bars(cls, room_id: UUID, user_id: UUID, now: datetime) -> bool:
        """Whether `user_id` must stay out of the room now."""
        return await cls.exists(room_id=room_id, user_id=user_id, until__gt=now)

    @classmethod
    async def rooms_barred_to(cls, user_id: UUID, now: datetime) -> list[UUID]:
        """The rooms that `user_id` must stay out of now."""
        barred = cls.filter(user_id=user_id, until__gt=now)
        return [kick.room_id for kick in await barred.only("id", "room_id")]

    @classmethod
    async def forget_old(cls, now: datetime) -> int:
        """Delete what no longer bars anybody; says how many."""
        return await cls.filter(until__lte=now).delete()
