"""Channels: where messages go, each with a count of its events."""

from collections.abc import Collection
from enum import StrEnum
from typing import TYPE_CHECKING, Self
from uuid import UUID

from tortoise import fields

from models.errors import Conflict, Forbidden, NotFound
from models.row import Row
from models.server import Server
from models.sql import rows
from models.user import User

if TYPE_CHECKING:
    from models.room import Room


class ChannelType(StrEnum):
    TEXT = "text"
    VOICE = "voice"
    ANNOUNCEMENT = "announcement"
    DIRECT = "direct"


# The way of every message leads through here: one query, and none that has to be put together.
OPEN = """
    SELECT channels.* FROM channels LEFT JOIN servers ON servers.id = channels.server_id
    WHERE (servers.is_default OR EXISTS (
        SELECT 1 FROM room_members JOIN rooms ON rooms.id = room_members.room_id
        WHERE rooms.id = channels.room_id AND rooms.closed_at IS NULL
        AND room_members.user_id = $1))
"""
BY_ID = f"{OPEN} AND channels.id = $2"
GENERAL = f"""{OPEN} AND servers.is_default AND channels.type = 'text'
    AND channels.name = 'general' ORDER BY channels.position, channels.id LIMIT 1
"""


class Channel(Row):
    """A channel of a server or of a room. `last_seq` numbers its events in the order of commit."""

    server: fields.ForeignKeyNullableRelation[Server] = fields.ForeignKeyField(
        "models.Server", null=True, related_name="channels", on_delete=fields.CASCADE
    )
    server_id: UUID | None
    room: fields.OneToOneNullableRelation["Room"] = fields.OneToOneField(
        "models.Room", null=True, related_name="channel", on_delete=fields.CASCADE
    )
    room_id: UUID | None
    type = fields.CharEnumField(ChannelType)
    name = fields.CharField(max_length=100)
    topic = fields.CharField(max_length=1024, null=True)
    position = fields.IntField(default=0)
    user_limit = fields.IntField(null=True)
    bitrate = fields.IntField(null=True)
    slow_mode = fields.IntField(default=0)
    last_seq = fields.BigIntField(default=0)

    # How many of its messages somebody has not read: set by `models.snapshot`, for them.
    unread: int = 0

    class Meta:
        table = "channels"

    @classmethod
    async def of_server(cls, server_id: UUID) -> list[Self]:
        """A server's channels in their order."""
        return await cls.filter(server_id=server_id).order_by("position", "id")

    @classmethod
    async def last_seqs(cls, channel_ids: Collection[UUID]) -> dict[UUID, int]:
        """The number of each channel's newest event; those that are no more are left out."""
        if not channel_ids:
            return {}
        found = cls.filter(id__in=list(channel_ids)).values_list("id", "last_seq")
        return dict(await found)

    @classmethod
    async def open_to(cls, user: User, channel_id: UUID | None) -> Self:
        """A channel that `user` may read: one of the default server's, or of a room they are in.

        Without an id it is `#general`. Anything else is `NotFound`.
        """
        if channel_id is None:
            found = await rows(GENERAL, user.id)
        else:
            found = await rows(BY_ID, user.id, channel_id)
        if not found:
            raise NotFound("There is no such channel.")
        return cls._init_from_db(**found[0])

    def check_writer(self, user: User) -> None:
        """Let through who may write here, of those who may read."""
        if self.type is ChannelType.VOICE:
            raise Conflict("This channel is for voices. Messages go to a text channel.")
        if self.type is ChannelType.ANNOUNCEMENT and not user.moderates:
            raise Forbidden("Only moderators can write in this channel.")
