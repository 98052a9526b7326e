"""Channels: where messages go, each with a count of its events."""

from enum import StrEnum
from typing import TYPE_CHECKING, Self
from uuid import UUID

from tortoise import fields

from models.errors import NotFound
from models.row import Row
from models.server import Server
from models.user import User

if TYPE_CHECKING:
    from models.room import Room


class ChannelType(StrEnum):
    TEXT = "text"
    VOICE = "voice"
    ANNOUNCEMENT = "announcement"
    DIRECT = "direct"


READABLE = (ChannelType.TEXT, ChannelType.ANNOUNCEMENT, ChannelType.DIRECT)


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

    class Meta:
        table = "channels"

    @classmethod
    async def of_server(cls, server_id: UUID) -> list[Self]:
        """A server's channels in their order."""
        return await cls.filter(server_id=server_id).order_by("position", "id")

    @classmethod
    async def general(cls) -> Self:
        """The default server's `#general`."""
        return await cls.get(
            server__is_default=True, name="general", type=ChannelType.TEXT
        )

    @classmethod
    async def open_to(cls, user: User, channel_id: UUID | None) -> Self:
        """A channel that `user` may read: one of the default server's, or of a room they are in.

        Without an id it is `#general`. Anything else is `NotFound`.
        """
        if channel_id is None:
            return await cls.general()
        channel = await cls.get_or_none(id=channel_id).select_related("server")
        if channel is None or not await channel.is_open_to(user):
            raise NotFound("There is no such channel.")
        return channel

    async def is_open_to(self, user: User) -> bool:
        """Whether `user` may read it now."""
        from models.member import Member  # noqa: PLC0415 - they refer to each other

        if self.room_id is not None:
            return await Member.exists(room_id=self.room_id, user_id=user.id)
        return self.server is not None and bool(self.server.is_default)
