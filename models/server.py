"""Servers: communities with channels. One exists from the start, and everybody is in it."""

from datetime import datetime
from typing import Self
from uuid import UUID

from tortoise import fields
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from models.row import Row
from models.user import User

DEFAULT_NAME = "Community"


class Server(Row):
    """A community. `is_default` holds for one of them, of which every user is a member."""

    name = fields.CharField(max_length=100)
    description = fields.CharField(max_length=1000, null=True)
    icon_url = fields.CharField(max_length=2048, null=True)
    banner_url = fields.CharField(max_length=2048, null=True)
    owner: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "models.User", null=True, related_name="owned_servers", on_delete=fields.SET_NULL
    )
    owner_id: UUID | None
    # True or null: unique among the true ones on every database.
    is_default = fields.BooleanField(null=True, unique=True)
    updated_at: datetime = fields.DatetimeField(auto_now=True)

    class Meta:
        table = "servers"

    @classmethod
    async def default(cls) -> Self:
        """The server that everybody is a member of."""
        return await cls.get(is_default=True)

    @classmethod
    async def make_default(cls) -> None:
        """Make the default server with its channels, where there is none. Safe in a race."""
        from models.channel import Channel, ChannelType  # noqa: PLC0415 - they refer to each other

        if await cls.exists(is_default=True):
            return
        try:
            async with in_transaction():
                server = await cls.create(name=DEFAULT_NAME, is_default=True)
                kinds = (
                    ("general", ChannelType.TEXT),
                    ("announcements", ChannelType.ANNOUNCEMENT),
                    ("General Voice", ChannelType.VOICE),
                )
                for position, (name, kind) in enumerate(kinds):
                    await Channel.create(server=server, name=name, type=kind, position=position)
        except IntegrityError:
            return
