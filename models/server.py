"""Servers: communities with channels. One exists from the start, and everybody is in it."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from tortoise import fields
from tortoise.exceptions import IntegrityError
from tortoise.functions import Count
from tortoise.transactions import in_transaction

from models.cursor import Page, decode_cursor, read_page
from models.errors import NotFound
from models.row import Row
from models.user import User

if TYPE_CHECKING:
    from models.channel import Channel

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
    channels: fields.ReverseRelation["Channel"]

    # How many are in it, and how many channels it has: set by `take_count`.
    member_count: int = 0
    channel_count: int = 0

    class Meta:
        table = "servers"

    @classmethod
    async def default(cls) -> Self:
        """The server that everybody is a member of."""
        return await cls.get(is_default=True)

    @classmethod
    async def visible(cls, server_id: UUID) -> Self:
        """That server, if it is one that the caller is a member of: the default one."""
        server = await cls.get_or_none(id=server_id, is_default=True)
        if server is None:
            raise NotFound("There is no such server.")
        await cls.take_count([server])
        return server

    @classmethod
    async def listed(cls, cursor: str | None, limit: int) -> Page[Self]:
        """The servers that the caller is a member of, by name."""
        servers = cls.filter(is_default=True).order_by("name")
        if cursor:
            (after,) = decode_cursor(cursor, str)
            servers = servers.filter(name__gt=after)
        page = await read_page(servers, limit, lambda server: (server.name,))
        await cls.take_count(page.items)
        return page

    @classmethod
    async def take_count(cls, servers: Sequence[Self]) -> None:
        """Set the counts of `servers`, which are none but the default one: all users are in it."""
        members = await User.filter(deleted_at=None).count() if servers else 0
        ids = [server.id for server in servers]
        counted = cls.filter(id__in=ids).annotate(count=Count("channels")).values("id", "count")
        channels = {row["id"]: row["count"] for row in await counted}
        for server in servers:
            server.member_count, server.channel_count = members, channels.get(server.id, 0)

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
