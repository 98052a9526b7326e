"""Channels: where messages go, each with a count of its events."""

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from tortoise import fields

from models.batch import Batch
from models.errors import Conflict, Forbidden, NotFound
from models.row import Row
from models.server import Server
from models.sql import Bulk, rows
from models.user import User

if TYPE_CHECKING:
    from models.room import Room


class ChannelType(StrEnum):
    TEXT = "text"
    VOICE = "voice"
    ANNOUNCEMENT = "announcement"
    DIRECT = "direct"


# Of `channels`, those that a user may read: the default server's, and of a room they are in.
# Joins, because for an EXISTS beside an OR PostgreSQL reads all members of all rooms.
READABLE = """
    LEFT JOIN servers ON servers.id = channels.server_id
    LEFT JOIN rooms ON rooms.id = channels.room_id AND rooms.closed_at IS NULL
    LEFT JOIN room_members
        ON room_members.room_id = rooms.id AND room_members.user_id = {user}
    WHERE (servers.is_default OR room_members.id IS NOT NULL)
"""
# Which channel everybody asks for by its id or, without one, as #general; and who may read it. The
# way of many messages leads through here: one query for all that wait, none to be put together.
OPEN = Bulk(
    f"""
    SELECT given.place, channels.* FROM {{given}}
    JOIN channels ON channels.id = COALESCE(given.channel_id, (
        SELECT general.id FROM channels AS general JOIN servers ON servers.id = general.server_id
        WHERE servers.is_default AND general.type = 'text' AND general.name = 'general'
        ORDER BY general.position, general.id LIMIT 1))
    {READABLE.format(user="given.user_id")}
    """,  # noqa: S608 - of our own parts
    user_id="uuid",
    channel_id="uuid",
)
OF_DEFAULT_SERVER = """
    SELECT servers.id AS server_id, channels.id
    FROM servers LEFT JOIN channels ON channels.server_id = servers.id
    WHERE servers.is_default ORDER BY channels.position, channels.id
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
    async def of_server(cls, server_id: UUID) -> list["Channel"]:
        """A server's channels in their order."""
        return await cls.filter(server_id=server_id).order_by("position", "id")

    @classmethod
    async def of_everybody(cls) -> tuple[UUID, list[UUID]]:
        """The ids of the default server and of its channels; shared by all who ask at one time."""
        return await READING.do(None)

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
        (channel,) = await cls.each_open_to([(user.id, channel_id)])
        if channel is None:
            raise NotFound("There is no such channel.")
        return channel

    @classmethod
    async def each_open_to(cls, asked: Sequence[tuple[UUID, UUID | None]]) -> list[Self | None]:
        """The same for many at once, each a user's id with a channel's; None where not open."""
        found: list[Self | None] = [None] * len(asked)
        channels: dict[Any, Self] = {}
        for row in await OPEN.rows(asked):
            if row["id"] not in channels:
                channels[row["id"]] = cls._init_from_db(**row)
            found[row["place"] - 1] = channels[row["id"]]
        return found

    def check_writer(self, user: User) -> None:
        """Let through who may write here, of those who may read."""
        if self.type is ChannelType.VOICE:
            raise Conflict("This channel is for voices. Messages go to a text channel.")
        if self.type is ChannelType.ANNOUNCEMENT and not user.moderates:
            raise Forbidden("Only moderators can write in this channel.")


async def _of_everybody(asked: Sequence[None]) -> list[tuple[UUID, list[UUID]]]:
    found = await rows(OF_DEFAULT_SERVER)
    server_id = UUID(str(found[0]["server_id"]))
    channel_ids = [UUID(str(row["id"])) for row in found if row["id"]]
    return [(server_id, channel_ids)] * len(asked)


READING = Batch("channels", _of_everybody)
