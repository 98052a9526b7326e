"""Listening rooms: who may enter, who is in charge, and the one lock all changes go through."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from tortoise import fields
from tortoise.transactions import in_transaction

from models.errors import NotFound
from models.local_lock import local_lock
from models.playlist import Playlist
from models.row import Row
from models.user import User


class Visibility(StrEnum):
    PUBLIC = "public"
    FRIENDS = "friends"
    PRIVATE = "private"


class ControlMode(StrEnum):
    """Who may steer the playback."""

    HOST = "host"
    DJS = "djs"
    EVERYONE = "everyone"


class QueueOrder(StrEnum):
    FIFO = "fifo"
    FAIR = "fair"
    VOTES = "votes"


class Repeat(StrEnum):
    OFF = "off"
    TRACK = "track"
    QUEUE = "queue"


class Room(Row):
    """A listening room. Its row's lock is the lock of its members, its queue and its playback."""

    name = fields.CharField(max_length=80)
    name_key = fields.CharField(max_length=80)
    visibility = fields.CharEnumField(Visibility, default=Visibility.PUBLIC)
    host: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "models.User", null=True, related_name="hosted_rooms", on_delete=fields.SET_NULL
    )
    host_id: UUID | None
    control_mode = fields.CharEnumField(ControlMode, default=ControlMode.HOST)
    queue_order = fields.CharEnumField(QueueOrder, default=QueueOrder.FIFO)
    repeat = fields.CharEnumField(Repeat, default=Repeat.OFF)
    autoplay_playlist: fields.ForeignKeyNullableRelation[Playlist] = fields.ForeignKeyField(
        "models.Playlist", null=True, related_name=False, on_delete=fields.SET_NULL
    )
    autoplay_playlist_id: UUID | None
    capacity = fields.IntField(default=200)
    invite_code = fields.CharField(max_length=32, unique=True)
    member_count = fields.IntField(default=0)
    queue_version = fields.BigIntField(default=0)
    # Since when nobody is connected; after five minutes the room stops.
    deserted_at: datetime | None = fields.DatetimeField(null=True)
    closed_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "rooms"
        indexes = (("visibility", "closed_at", "member_count", "id"),)


@asynccontextmanager
async def changing(room_id: UUID) -> AsyncIterator[Room]:
    """The room, alone: a transaction that holds its row's lock. A closed room is `NotFound`.

    The lock within this process comes first, so that those who wait for a busy room
    do not each hold a connection to the database.
    """
    async with local_lock(f"room:{room_id}"), in_transaction():
        room = await Room.select_for_update().get_or_none(id=room_id, closed_at=None)
        if room is None:
            raise NotFound("There is no such room.")
        yield room
