"""Listening rooms: who may enter, who is in charge, and the one lock all changes go through."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.expressions import F, Q, Subquery
from tortoise.transactions import in_transaction

from models.block import Block
from models.cursor import Page, decode_cursor, foreign_cursor, read_page
from models.errors import NotFound
from models.friend import Friendship
from models.local_lock import local_lock
from models.playlist import Playlist
from models.room_news import Departure, Happened, News
from models.row import Row
from models.user import User

MAX_NAME = 80
MAX_CAPACITY = 1000
ABSENT = "There is no such room."


class Visibility(StrEnum):
    """Who may find a room and enter it; `friends` are the host's.

    Members and whoever has the invite code always may, and nobody else whom the host blocks.
    """

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


def new_invite_code() -> str:
    """72 random bits, to be copied by people."""
    return secrets.token_urlsafe(9)


class Room(Row):
    """A listening room. Its row's lock is the lock of its members, its queue and its playback."""

    name = fields.CharField(max_length=MAX_NAME)
    name_key = fields.CharField(max_length=MAX_NAME)
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
    invite_code = fields.CharField(max_length=32, unique=True, default=new_invite_code)
    member_count = fields.IntField(default=0)
    # The id of its text channel, whose row refers to this one.
    channel_id: UUID = fields.UUIDField()
    # The number of its newest `News`.
    news_count = fields.BigIntField(default=0)
    queue_version = fields.BigIntField(default=0)
    # Since when nobody is connected; after five minutes the room stops.
    deserted_at: datetime | None = fields.DatetimeField(null=True)
    closed_at: datetime | None = fields.DatetimeField(null=True)

    # What has happened since the lock was taken: see `changing`.
    news: list[News]
    # The invite code, where it is shown to who asks.
    shown_code: str

    class Meta:
        table = "rooms"
        indexes = (
            ("visibility", "closed_at", "member_count", "id"),
            ("closed_at", "deserted_at"),
        )

    @classmethod
    async def open_to(cls, user: User, room_id: UUID, invite_code: str | None = None) -> Self:
        """The room, if `user` may see it; one that is hidden or closed is `NotFound`."""
        room = await cls.get_or_none(id=room_id, closed_at=None)
        if room is None or not await room.is_open_to(user, invite_code):
            raise NotFound(ABSENT)
        return room

    async def is_open_to(self, user: User, invite_code: str | None = None) -> bool:
        """Whether `user` may see it and enter it: they may find it, are in it, or were invited."""
        from models.member import Member  # noqa: PLC0415 - they refer to each other

        if invite_code and secrets.compare_digest(invite_code.encode(), self.invite_code.encode()):
            return True
        if await type(self).exists(_found_by(user.id), id=self.id):
            return True
        return await Member.exists(room_id=self.id, user_id=user.id)

    @classmethod
    async def listed(
        cls, user: User, query: str | None, cursor: str | None, limit: int, now: datetime
    ) -> Page[Self]:
        """The rooms that `user` may join, the fullest first; `query` is a part of the name."""
        from models.member import Member  # noqa: PLC0415 - they refer to each other
        from models.room_kick import RoomKick  # noqa: PLC0415

        mine = await Member.filter(user_id=user.id).values_list("room_id", flat=True)
        barred = await RoomKick.rooms_barred_to(user.id, now)
        has_space = Q(member_count__lt=F("capacity"))
        joinable = _found_by(user.id) & has_space & ~Q(id__in=barred)
        rows = cls.filter(joinable | Q(id__in=mine), closed_at=None)
        if query:
            rows = rows.filter(name_key__contains=query.lower())
        if cursor:
            rows = rows.filter(_after(cursor))
        fullest_first = rows.order_by("-member_count", "-id")
        return await read_page(fullest_first, limit, lambda room: (room.member_count, room.id))

    def note(
        self,
        what: Happened,
        *,
        member: Any = None,
        user_id: UUID | None = None,
        reason: Departure | None = None,
    ) -> None:
        """Remember, within `changing`, what the members are to be told after it."""
        self.news_count += 1
        self.news.append(News(what, self.news_count, member, user_id, reason))


def _found_by(user_id: UUID) -> Q:
    """The rooms that a user may find without being in them."""
    friends = Subquery(Friendship.filter(user_id=user_id).values("friend_id"))
    of_friends = Q(visibility=Visibility.FRIENDS, host_id__in=friends)
    blocked = Q(host_id__isnull=False, host_id__in=Block.blockers_of(user_id))
    return (Q(visibility=Visibility.PUBLIC) | of_friends) & ~blocked


def _after(cursor: str) -> Q:
    count, last_id = decode_cursor(cursor, int, UUID)
    if not 0 <= count <= MAX_CAPACITY:
        raise foreign_cursor()
    return Q(member_count__lt=count) | Q(member_count=count, id__lt=last_id)


@asynccontextmanager
async def changing(room_id: UUID) -> AsyncIterator[Room]:
    """The room, alone: a transaction that holds its row's lock. A closed room is `NotFound`.

    The lock within this process comes first, so that those who wait for a busy room
    do not each hold a connection to the database. What the block notes (`room.news`) is numbered
    in the order of commit, and is to be told after it.
    """
    async with local_lock(f"room:{room_id}"), in_transaction():
        room = await Room.select_for_update().get_or_none(id=room_id, closed_at=None)
        if room is None:
            raise NotFound(ABSENT)
        room.news = []
        yield room
        if room.news:
            await room.save(update_fields=["news_count"])
